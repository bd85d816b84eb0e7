"""Playing a finished clip frame by frame, and showing its original for as long as a key is held."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from time import monotonic

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from blur.desktop.frames import Frames, Wish

TICK = 8
"""Milliseconds between two looks for a frame that is due."""
LATE = 0.3
"""Seconds after which a film that cannot keep up goes on slower instead of skipping."""


class Player(QObject):
    """Shows frames of the result, named by their position; of the original only between hold and release.

    Signals:
        shown: position, picture, and whether it is the original's.
        running: whether the film runs.
        failed: what cannot be shown.
    """

    shown = Signal(int, QImage, bool)
    running = Signal(bool)
    failed = Signal(str)

    def __init__(self, result: Path, source: Path, times: Sequence[Fraction], parent: QObject) -> None:
        super().__init__(parent)
        self.index = 0
        self.playing = False
        self.holding = False
        self._result, self._source = result, source
        self._times = [float(time) for time in times]
        self._fit = (16, 16)
        self._number = 0
        self._start: float | None = None
        self._frames = Frames(times, self)
        self._frames.single.connect(self._single)
        self._frames.failed.connect(self._failed)
        self._timer = QTimer(self, interval=TICK)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def set_fit(self, fit: tuple[int, int]) -> None:
        """How many pixels a frame may have on the screen."""
        if fit != self._fit:
            self._fit = fit
            self._again()

    def seek(self, index: int) -> None:
        self.index = min(max(index, 0), len(self._times) - 1)
        self._again()

    def step(self, frames: int) -> None:
        self.pause()
        self.seek(self.index + frames)

    def skip(self, seconds: float) -> None:
        """To the frame that is shown so many seconds later, or earlier."""
        self.seek(bisect_right(self._times, self._times[self.index] + seconds + 1e-6) - 1)

    def toggle(self) -> None:
        if self.playing:
            self.pause()
        elif not self.holding:
            self._play()

    def pause(self) -> None:
        if self.playing:
            self.playing = False
            self._timer.stop()
            self.running.emit(False)

    def hold_original(self, held: bool) -> None:
        """Shows the original while ``held``; the film stops for it."""
        if held != self.holding:
            self.pause()
            self.holding = held
            self._again()

    def close(self) -> None:
        self._timer.stop()
        self._frames.close()

    def _play(self) -> None:
        if self.index >= len(self._times) - 1:
            self.index = 0
        self.playing = True
        self._again()
        self._timer.start()
        self.running.emit(True)

    def _again(self) -> None:
        self._start = None
        path = self._source if self.holding else self._result
        self._number = self._frames.ask(Wish(path, self.index, self._fit, running=self.playing))

    def _tick(self) -> None:
        now = monotonic()
        if self._start is None:
            self._start = now - self._times[self.index]
        at = now - self._start
        taken = self._frames.due(bisect_right(self._times, at) - 1)
        if taken is not None:
            self.index = taken[0]
            self.shown.emit(taken[0], taken[1], False)
        if at - self._times[self.index] > LATE:
            self._start = now - self._times[self.index]
        if self._frames.ended:
            self.pause()

    def _single(self, number: int, index: int, picture: QImage) -> None:
        # An answer that comes after the key was let go must not show the original.
        if number == self._number:
            self.shown.emit(index, picture, self.holding)

    def _failed(self, message: str) -> None:
        self.pause()
        self.failed.emit(message)
