"""Where the run with the footage and its workers meet: bytes of clips go out, events and results come in.

Workers ask; they are never asked. A clip may be worked on twice, where a worker was taken for lost: the
first whole result counts, and whoever comes later is told to stop.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from blur.batch.run import failure
from blur.cluster.identity import Identity
from blur.errors import EXIT_LOOK, EXIT_OK, BlurError, CrashedError
from blur.events import Event, Failed, Finished, Notice, from_json
from blur.media.draft import Draft
from blur.text import printable

if TYPE_CHECKING:
    from distributed.scheduler import Scheduler

BLOCK = 4 << 20
"""Bytes of a clip that go out or come in at once."""

Answer: TypeAlias = Literal["go on", "stop", "again"]


@dataclass(frozen=True, slots=True)
class Ended:
    """The work on an order is over. ``draft`` is what is to be published, None where there is nothing."""

    code: int
    finished: Finished | None = None
    draft: Draft | None = None

    def discard(self) -> None:
        """Removes what was not published."""
        if self.draft is not None:
            self.draft.__exit__(None, None, None)


Heard: TypeAlias = tuple[int, Event | Ended]


@dataclass(slots=True)
class _Hand:
    """An order in hand: where its result grows, and whether what it tells is shown.

    ``attempts`` are those that have begun, the last of which is shown.
    """

    target: Path
    force: bool
    shown: bool
    attempts: list[str] = field(default_factory=list)
    drafts: dict[str, Draft] = field(default_factory=dict)
    finished: dict[str, Finished] = field(default_factory=dict)


class Desk:
    """Used by two threads: dask's calls what it attaches, the run's calls the rest."""

    def __init__(self, identity: Identity) -> None:
        self.heard: SimpleQueue[Heard] = SimpleQueue()
        self._identity = identity
        self._hands: dict[int, _Hand] = {}
        self._offers: dict[str, list[Path]] = {}

    def offer(self, content: str, path: Path) -> None:
        """Workers may read a file from here on, by the sha256 of its bytes, until it is withdrawn."""
        self._offers.setdefault(content, []).append(path)

    def withdraw(self, content: str) -> None:
        """Takes back one offer of a file; there may be others of files with the same bytes."""
        self._offers[content].pop()

    def take(self, number: int, target: Path, *, force: bool = False, shown: bool = True) -> None:
        """An order is given out from here on. Of one that is not shown, only a failure is told."""
        self._hands[number] = _Hand(target, force, shown)

    def drop(self, number: int, kept: Draft | None = None) -> bool:
        """An order is over: all its drafts but one go. False where it was over before."""
        hand = self._hands.pop(number, None)
        if hand is None:
            return False
        for draft in hand.drafts.values():
            if draft is not kept:
                draft.__exit__(None, None, None)
        return True

    def close(self) -> None:
        """Nothing is given out any more, and no draft stays."""
        for number in list(self._hands):
            self.drop(number)
        while not self.heard.empty():
            told = self.heard.get()[1]
            if isinstance(told, Ended):
                told.discard()

    def attach(self, scheduler: Scheduler) -> None:
        """Lets workers ask for what stands below by its name."""
        handlers: dict[str, Callable[..., Any]] = {
            "blur_welcome": self.welcome,
            "blur_read": self.read,
            "blur_tell": self.tell,
            "blur_write": self.write,
            "blur_done": self.done,
        }
        scheduler.handlers.update(handlers)

    def welcome(self, comm: Any, identity: dict[str, object]) -> dict[str, str | None]:
        """Why a worker is refused, None where it is not, and the address that it is seen under."""
        why = self._identity.against(identity)
        if why is not None:
            host = printable(comm.peer_address.removeprefix("tls://").rpartition(":")[0])
            self.heard.put((-1, Notice("", "worker-refused", f"The worker at {host} is refused: {why}.")))
        return {"refused": why, "seen": comm.peer_address}

    def read(self, content: str, offset: int) -> bytes:
        """A block of a file that is offered; empty at its end, and where it is not offered or gone."""
        with suppress(OSError, LookupError), self._offers[content][-1].open("rb") as file:
            file.seek(offset)
            return file.read(BLOCK)
        return b""

    def tell(self, number: int, attempt: str, events: list[dict[str, Any]]) -> Answer:
        """What a worker's child told. Of several attempts the one that began last is shown."""
        hand = self._hands.get(number)
        if hand is None:
            return "stop"
        if attempt not in hand.attempts:
            hand.attempts.append(attempt)
        for told in events:
            event = from_json({key: printable(v) if isinstance(v, str) else v for key, v in told.items()})
            if isinstance(event, Finished):
                hand.finished[attempt] = replace(event, output=printable(hand.target.name))
            elif attempt == hand.attempts[-1] and (hand.shown or isinstance(event, Failed)):
                self.heard.put((number, event))
        return "go on"

    def write(self, number: int, attempt: str, offset: int, block: bytes) -> Answer:
        """A block of a result. It grows in a draft beside its place."""
        hand = self._hands.get(number)
        if hand is None:
            return "stop"
        try:
            if attempt not in hand.drafts:
                hand.drafts[attempt] = Draft(hand.target, force=hand.force).__enter__()
            with hand.drafts[attempt].path.open("r+b") as file:
                file.seek(offset)
                file.write(block)
        except (BlurError, OSError) as error:
            self._fail(number, error)
            return "stop"
        return "go on"

    async def done(self, number: int, attempt: str, code: int, content: str) -> Answer:
        """An attempt is over. The first whose result is whole is the clip's."""
        hand = self._hands.get(number)
        if hand is None:
            return "stop"
        draft = hand.drafts.get(attempt)
        if code in (EXIT_OK, EXIT_LOOK):
            if draft is None or await asyncio.to_thread(sha256, draft.path) != content:
                return "again"
        else:
            draft = None
        if self.drop(number, kept=draft):
            self.heard.put((number, Ended(code, hand.finished.get(attempt), draft)))
        return "stop"

    def lose(self, number: int) -> None:
        """An order that brought down, or lost, one worker after another."""
        self._fail(number, CrashedError("no worker could finish it", "Try it on this machine: blur CLIP."))

    def _fail(self, number: int, error: Exception) -> None:
        if self.drop(number):
            failed: Failed = failure("", error)
            self.heard.put((number, failed))
            self.heard.put((number, Ended(failed.exit_code)))


def sha256(path: Path) -> str:
    """Of a file's bytes, in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
