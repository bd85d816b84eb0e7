"""Several clips at once, in one process each, and one process that hears them all."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from blur.errors import CrashedError
from blur.events import Event
from blur.sandbox.sandbox import Lane
from blur.sandbox.worker import Worker

PER_CLIP = 3 << 29
"""Bytes of memory that have to be free for each clip: three times what 1280x720 takes, and 7680x4320 takes
2 GiB (docs/design.md)."""
ONE_WISH = 0.5
"""Seconds in which two signals are the same wish to stop: a terminal and a starter may each send one."""


def side_by_side(clips: int) -> int:
    """How many clips to work on at once: one for each processor, as long as the memory holds them."""
    return max(1, min(clips, _processors(), _free() // PER_CLIP))


def work(
    lanes: Sequence[Lane],
    order: Iterator[int],
    crashed: Callable[[int, int, CrashedError], list[Event | int]],
) -> Iterator[tuple[int, Event | int]]:
    """What each piece tells, with its number; its exit code last.

    Args:
        lanes: each takes the next piece as soon as it is free.
        order: the numbers of the pieces; it is asked for one only when a lane is free.
        crashed: clears up after the process of a lane died of a piece; gives what is to be told of it, as
            hear() does.
    """
    busy: dict[int, int] = {}
    more = True
    while True:
        for number, lane in enumerate(lanes):
            if more and number not in busy:
                index = next(order, None)
                if index is None:
                    more = False
                else:
                    busy[number] = index
                    lane.begin(index)
        if not busy:
            return
        for number in _speaking(lanes, list(busy)):
            index = busy[number]
            try:
                heard = lanes[number].hear()
            except CrashedError as error:
                heard = crashed(number, index, error)
            if heard and isinstance(heard[-1], int):
                del busy[number]
            for told in heard:
                yield index, told


def _speaking(lanes: Sequence[Lane], busy: list[int]) -> list[int]:
    """The busy lanes that have something to say; a lane in this process always has."""
    children = [lane for lane in (lanes[number] for number in busy) if isinstance(lane, Worker)]
    ready = select.select(children, [], [])[0] if len(children) == len(busy) else lanes
    return [number for number in busy if lanes[number] in ready]


class _Presses:
    """Hears Ctrl-C, and lets whoever heard it so before know of it."""

    def __init__(self, before: object) -> None:
        self.first: float | None = None
        self._around = before if isinstance(before, _Presses) else None

    def __call__(self, *_: object) -> None:
        now = time.monotonic()
        if self._around is not None and self._around.first is None:
            self._around.first = now
        if self.first is None:
            self.first = now
        elif now - self.first > ONE_WISH:
            raise KeyboardInterrupt


@contextmanager
def patient() -> Iterator[Callable[[], bool]]:
    """Gives whether Ctrl-C was pressed. The first lets work go on; the second raises KeyboardInterrupt."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before == signal.SIG_IGN:
        yield lambda: False
        return
    presses = _Presses(before)
    signal.signal(signal.SIGINT, presses)
    try:
        yield lambda: presses.first is not None
    finally:
        signal.signal(signal.SIGINT, before)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _free() -> int:
    """Bytes of memory that are free; on systems that do not tell, enough for one clip."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError, IndexError):
        return PER_CLIP
