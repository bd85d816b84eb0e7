"""The slider between the result and its original: it springs back, so the original never stays in sight."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QSlider

from blur.desktop.words import say


class Peek(QSlider):
    """Holds a share of the original in sight, from 0 to 100, for as long as it is held itself.

    It takes no keys: they have one of their own, which lasts as long as it is held down.
    """

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(0, 100)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(say("review.peek"))
        self.setToolTip(say("review.peek_tip"))

    def let_go(self) -> None:
        self.setSliderDown(False)
        self.setValue(0)

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
