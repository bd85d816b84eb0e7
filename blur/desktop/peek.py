"""The slider between the result and its original: it springs back, so the original never stays in sight."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QSlider

from blur.desktop.words import say

STEPS = {
    Qt.Key.Key_Right: 5,
    Qt.Key.Key_Up: 5,
    Qt.Key.Key_Left: -5,
    Qt.Key.Key_Down: -5,
    Qt.Key.Key_End: 100,
    Qt.Key.Key_Home: -100,
}
"""How much more of the original a key shows, each time that the system repeats it."""


class Peek(QSlider):
    """Holds a share of the original in sight, from 0 to 100, for as long as it is held itself.

    It is held by the mouse, or by a key while it has the focus.
    """

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(0, 100)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(say("review.peek"))
        self.setToolTip(say("review.peek_tip"))
        self._keys: set[int] = set()
        """Those that hold it."""

    def let_go(self) -> None:
        self._keys.clear()
        self.setSliderDown(False)
        self.setValue(0)

    def event(self, event: QEvent) -> bool:
        # Its keys would go to the next frame otherwise.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _step(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _step(event)
        if not step:
            event.ignore()
            return
        self._keys.add(event.key())
        self.setSliderDown(True)
        self.setValue(self.value() + step)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat() or event.key() not in self._keys:
            event.ignore()
            return
        self._keys.discard(event.key())
        if not self._keys:
            self.let_go()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.let_go()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._follow(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._follow(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.let_go()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def _follow(self, event: QMouseEvent) -> None:
        self.setValue(round(100 * event.position().x() / max(self.width(), 1)))


def _step(event: QKeyEvent) -> int:
    """What a key does here; 0 for nothing."""
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return 0 if held else STEPS.get(Qt.Key(event.key()), 0)
