"""What a run gives up, from the first line of the program to the last clip."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from blur.events import Event, Notice, Steps
from blur.sandbox.confine import Reach, can_publish, confine
from blur.sandbox.inforce import Lock
from blur.sandbox.worker import Piece, Worker

OPEN_NETWORK = "This system cannot bar Blur from the network. Disconnect it while Blur runs."
NO_CONFINEMENT = "This kernel cannot bar Blur from your other files. Open only clips that you trust."
UNCONFINED = "--no-confine: a hostile clip could reach your other files. Open only clips that you trust."


class Lane(Protocol):
    """Works on one piece after another: begin(), then hear() until that ends with the exit code."""

    def begin(self, index: int) -> None: ...

    def hear(self) -> list[Event | int]: ...


class Here:
    """A lane in this process."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        self._steps: Steps[int] | None = None

    def begin(self, index: int) -> None:
        self._steps = self._pieces[index]()

    def hear(self) -> list[Event | int]:
        if self._steps is None:
            return []
        try:
            return [next(self._steps)]
        except StopIteration as stop:
            return [int(stop.value)]

    def close(self) -> None:
        if self._steps is not None:
            self._steps.close()


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Made once, when the program starts.

    Attributes:
        network: who refuses connections.
        confined: whether clips are read by a child that can touch nothing but them and their outputs.
    """

    network: Lock
    confined: bool = True

    @property
    def narrow(self) -> bool:
        """Whether drafts need private folders, since no other place may be written to."""
        return sys.platform == "linux" and self.confined and can_publish()

    @property
    def divides(self) -> bool:
        """Whether pieces run in processes of their own, so that several can run at once."""
        return sys.platform == "linux"

    @contextmanager
    def hold(
        self,
        pieces: Sequence[Piece],
        reach: Reach,
        private: Mapping[Path, Path],
        prepare: Callable[[], None] = lambda: None,
        *,
        told: bool = False,
    ) -> Iterator[Lane]:
        """Gives what runs pieces, one after another. The folders of ``reach`` must be there.

        ``private`` are folders for drafts inside those in which is published. ``prepare`` is called in
        the process that works, before all else. ``told`` is whether the user knows what this system lacks.

        On Linux that is a child; elsewhere it is this process, since macOS breaks children that were
        not started anew and Windows has none.
        """
        made: Here | Worker
        if not self.divides:
            prepare()
            made = Here(pieces)
        else:
            made = Worker(pieces, partial(self._settle, reach, private, prepare), told=told)
        with closing(made) as lane:
            yield lane

    def _settle(self, reach: Reach, private: Mapping[Path, Path], prepare: Callable[[], None]) -> list[Event]:
        prepare()
        from blur.sandbox.limits import hold

        hold(childless=not reach.starts)
        notices: list[Event] = []
        if self.network == "none":
            notices.append(Notice("", "network-open", OPEN_NETWORK))
        if not self.confined:
            notices.append(Notice("", "not-confined", UNCONFINED))
        elif not confine(reach, private):
            notices.append(Notice("", "not-confined", NO_CONFINEMENT))
        return notices
