"""Small pictures of finished clips. They are taken from the result, so no face is ever in them uncovered."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal
from PySide6.QtGui import QImage

from blur.desktop.film import open_film
from blur.desktop.frames import as_image
from blur.errors import BlurError

SIZE = (240, 160)


class Thumbnails(QObject):
    """Takes pictures in a thread.

    Signals:
        taken: the key of a clip, and its picture.
    """

    taken = Signal(str, QImage)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)

    def take(self, key: str, result: Path) -> None:
        """Takes a picture of a published file; nothing happens where it cannot be shown."""
        self._pool.start(QRunnable.create(lambda: self._take(key, result)))

    def wait(self) -> None:
        self._pool.waitForDone()

    def _take(self, key: str, result: Path) -> None:
        try:
            with open_film(result, (Fraction(0),)) as film:
                _, pixels = next(film.frames(0, SIZE))
        except (BlurError, OSError, StopIteration):
            return
        self.taken.emit(key, as_image(pixels))
