"""What a run gives up, from the first line of the program to the last clip."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from blur.events import Event, Notice, Steps
from blur.sandbox.confine import Reach, can_publish, confine
from blur.sandbox.offline import Lock
from blur.sandbox.worker import Piece, Worker

OPEN_NETWORK = "This system cannot bar Blur from the network. Disconnect it while Blur runs."
NO_CONFINEMENT = "This kernel cannot bar Blur from your other files. Open only clips that you trust."
UNCONFINED = "--no-confine: a hostile clip could reach your other files. Open only clips that you trust."


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

    @contextmanager
    def hold(
        self, pieces: Sequence[Piece], reach: Reach, private: Mapping[Path, Path]
    ) -> Iterator[Callable[[int], Steps[int]]]:
        """Gives what runs a piece, by its number. The folders of ``reach`` must be there.

        ``private`` are folders for drafts inside those in which is published.

        On Linux it runs in a child; elsewhere in this process, since macOS breaks children that were
        not started anew and Windows has none.
        """
        if sys.platform != "linux":
            yield lambda index: pieces[index]()
            return
        with closing(Worker(pieces, partial(self._settle, reach, private))) as worker:
            yield worker.run

    def _settle(self, reach: Reach, private: Mapping[Path, Path]) -> list[Event]:
        from blur.sandbox.limits import hold

        hold()
        notices: list[Event] = []
        if self.network == "none":
            notices.append(Notice("", "network-open", OPEN_NETWORK))
        if not self.confined:
            notices.append(Notice("", "not-confined", UNCONFINED))
        elif not confine(reach, private):
            notices.append(Notice("", "not-confined", NO_CONFINEMENT))
        return notices
