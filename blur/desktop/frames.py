"""Frames for the review page: decoded in a thread, one by one or as a running film."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from blur.desktop.film import Film, open_film
from blur.errors import BlurError

AHEAD = 6
"""Frames that are decoded before they are shown."""


def as_image(pixels: NDArray[np.uint8]) -> QImage:
    """The pixels as Qt's own copy."""
    height, width = pixels.shape[:2]
    return QImage(
        np.ascontiguousarray(pixels).data, width, height, width * 4, QImage.Format.Format_RGB32
    ).copy()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be shown: which film, from which frame on, how large, and whether it runs."""

    path: Path
    index: int
    fit: tuple[int, int]
    running: bool = False
    number: int = 0


class Frames(QObject):
    """Decodes what is wished for; the newest wish counts, and a film runs no more than AHEAD frames ahead.

    Signals:
        single: the number of a wish, the position of its frame, and the picture.
        failed: what is wrong with the film.
    """

    single = Signal(int, int, QImage)
    failed = Signal(str)

    def __init__(self, times: Sequence[Fraction], parent: QObject) -> None:
        super().__init__(parent)
        self._times = times
        self._change = threading.Condition()
        self._wish: Wish | None = None
        self._number = 0
        self._closed = False
        self._ready: deque[tuple[int, QImage]] = deque()
        self._ended = False
        self._thread = threading.Thread(target=self._work, name="blur-frames", daemon=True)
        self._thread.start()

    def ask(self, wish: Wish) -> int:
        """Wishes for something else, and returns the wish's number; its answer bears it."""
        with self._change:
            self._number += 1
            self._wish = replace(wish, number=self._number)
            self._ready.clear()
            self._ended = False
            self._change.notify_all()
            return self._number

    def due(self, index: int) -> tuple[int, QImage] | None:
        """Takes the running film's newest frame that is not after ``index``, and drops earlier ones."""
        with self._change:
            taken = None
            while self._ready and self._ready[0][0] <= index:
                taken = self._ready.popleft()
            self._change.notify_all()
            return taken

    @property
    def ended(self) -> bool:
        """Whether the running film is at its end and everything of it was taken."""
        with self._change:
            return self._ended and not self._ready

    def close(self) -> None:
        with self._change:
            self._closed = True
            self._change.notify_all()
        self._thread.join()

    def _work(self) -> None:
        wish: Wish | None = None
        with ExitStack() as films:
            opened: dict[Path, Film] = {}
            while (wish := self._next(wish)) is not None:
                try:
                    if wish.path not in opened:
                        opened[wish.path] = films.enter_context(open_film(wish.path, self._times))
                    self._answer(wish, opened[wish.path].frames(wish.index, wish.fit))
                except (BlurError, OSError) as error:
                    if not self._closed:
                        self.failed.emit(str(error))

    def _next(self, last: Wish | None) -> Wish | None:
        with self._change:
            self._change.wait_for(lambda: self._closed or (self._wish is not None and self._wish is not last))
            return None if self._closed else self._wish

    def _answer(self, wish: Wish, frames: Iterator[tuple[int, NDArray[np.uint8]]]) -> None:
        for index, pixels in frames:
            image = as_image(pixels)
            if not wish.running:
                if not self._closed:
                    self.single.emit(wish.number, index, image)
                return
            if not self._put(wish, index, image):
                return
        with self._change:
            self._ended = self._wish is wish

    def _put(self, wish: Wish, index: int, image: QImage) -> bool:
        """Adds a frame of a running film; False where something else is wished for by now."""
        with self._change:
            self._change.wait_for(lambda: self._closed or self._wish is not wish or len(self._ready) < AHEAD)
            if self._closed or self._wish is not wish:
                return False
            self._ready.append((index, image))
            return True
