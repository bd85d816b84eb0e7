"""A film as the window shows it: decoded by a confined child, so that no file reaches the window itself."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blur.desktop.engine import command
from blur.errors import CrashedError, DamagedError
from blur.media.showing import END, HEAD, WRONG
from blur.text import printable

_LONGEST = 2000
"""Bytes of a complaint."""


class Film:
    """An open clip or photo whose frames are named by their position; see open_film."""

    def __init__(self, child: subprocess.Popen[bytes], name: str) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self._orders, self._answers = child.stdin, child.stdout
        self._name = name

    def frames(self, start: int, fit: tuple[int, int]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Yields frames from ``start`` on, none larger than ``fit``, as Preview.frames does.

        Raises DamagedError where one cannot be shown, CrashedError where the child is gone.
        """
        self.order([start, fit])
        while (found := self.answer(fit)) is not None:
            yield found
            self.order(None)

    def order(self, what: Any) -> None:
        with suppress(OSError):  # a child that is gone shows when it does not answer
            self._orders.write(json.dumps(what).encode() + b"\n")
            self._orders.flush()

    def answer(self, fit: tuple[int, int]) -> tuple[int, NDArray[np.uint8]] | None:
        """A frame and its position, or None behind the last one."""
        index, width, height = HEAD.unpack(self._read(HEAD.size))
        if index == WRONG:
            raise DamagedError(printable(self._read(min(width, _LONGEST)).decode(errors="replace")))
        if index == END:
            return None
        if index < 0 or not 0 < width <= fit[0] or not 0 < height <= fit[1]:
            raise self._gone()
        return index, np.frombuffer(self._read(4 * width * height), np.uint8).reshape(height, width, 4)

    def _read(self, size: int) -> bytes:
        found = self._answers.read(size)
        if len(found) < size:
            raise self._gone()
        return found

    def _gone(self) -> CrashedError:
        return CrashedError(f"{self._name} cannot be shown here")


@contextmanager
def open_film(path: Path, times: Sequence[Fraction]) -> Iterator[Film]:
    """Opens a video or a photo for showing, as open_preview does, in a process of its own.

    Raises:
        DamagedError: it cannot be opened as a clip.
        CrashedError: the process is gone.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*command(), "window-film"], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
    ) as run:
        try:
            film = Film(run, printable(path.name))
            film.order([str(path.absolute()), [time.as_integer_ratio() for time in times]])
            film.answer((0, 0))
            yield film
        finally:
            run.kill()  # it holds nothing that could be lost
