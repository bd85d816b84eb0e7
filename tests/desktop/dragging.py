# ruff: noqa: ARG002, N802, T201 - Qt names what it calls, and this is a program that prints
"""A program that drags a file into the window by Qt's own machinery, from press to drop, without a screen.

usage: QT_QPA_PLATFORM=minimal python dragging.py CLIP STATE X Y [ENGINE...]

It drops at X, Y, prints how the clip ended, and closes the window. Of Qt's platforms without a screen,
"minimal" is the one that can drag.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QMimeData, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from blur.desktop.app import application
from blur.desktop.engine import command
from blur.desktop.state import State
from blur.desktop.window import Window

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Source(QWidget):
    """What is pulled at it is the clip; once it is under way, ``drop`` is called."""

    def __init__(self, clip: Path, drop: Callable[[], None]) -> None:
        super().__init__()
        self.setGeometry(1200, 10, 80, 80)
        self._clip, self._drop = clip, drop

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        drag, data = QDrag(self), QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self._clip))])
        drag.setMimeData(data)
        QTimer.singleShot(0, self._drop)  # in the loop of the drag: sooner, it would drop nothing
        drag.exec(Qt.DropAction.CopyAction)


def main(clip: Path, state: Path, place: QPoint, engine: list[str]) -> None:
    app = application("en")
    window = Window(State(state), lambda: engine or command())

    def drop() -> None:
        target = window.windowHandle()
        QTest.mouseMove(target, QPoint(5, 5))
        QTest.mouseMove(target, place)
        print("over", window.home.drop.property("over"), flush=True)
        QTest.mouseRelease(target, LEFT, NONE, place)

    def close() -> None:
        items = window.queue.items.values()
        if items and not any(item.busy for item in items):
            print(*(item.status for item in items), window.home.drop.property("over"), flush=True)
            window.close_unasked()
            app.quit()

    source = Source(clip, drop)
    for each in (window, source):
        each.show()
    app.processEvents()
    clock = QTimer(app, interval=100)
    clock.timeout.connect(close)
    clock.start()
    QTest.mousePress(source.windowHandle(), LEFT, NONE, QPoint(40, 40))
    QTest.mouseMove(source.windowHandle(), QPoint(45, 45))
    app.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), QPoint(int(sys.argv[3]), int(sys.argv[4])), sys.argv[5:])
