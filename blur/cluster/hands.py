"""What a worker does with a clip: fetch it, have a sealed child work on it, send the result."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import blur
from blur.cluster.desk import BLOCK, sha256
from blur.cluster.piece import Order, Piece
from blur.cluster.workplace import wipe
from blur.errors import EXIT_LOOK, EXIT_OK, BlurError, MissingError, OutputError

if TYPE_CHECKING:
    from distributed import Worker

QUIET = 0.3
"""Seconds in which progress is told once."""
PATIENCE = 10.0
"""Seconds that a child has for clearing up."""
EXTENSION = "blur"
_DESERVED = range(6)
"""Exit codes that a clip has deserved, and no machine."""


class LostError(Exception):
    """The work on a clip came to nothing here; dask has it begun anew."""


def work(order: Order) -> None:
    """The task that dask carries: a clip, on the worker that this runs on."""
    from distributed import get_worker

    hands: Hands = get_worker().extensions[EXTENSION]
    hands.work(order)


class Hands:
    """An extension of dask's worker. Its children end with it.

    Attributes:
        place: the private folder in which clips lie.
        unfit: why this machine cannot work at all, once that has shown.
    """

    def __init__(self, place: Path, media: Path | None) -> None:
        self.place = place
        self.unfit: BlurError | None = None
        self._media = media
        self._children: set[subprocess.Popen[bytes]] = set()
        self._worker: Worker | None = None
        self._lock = Lock()
        self._long: dict[str, int] = {}

    def attach(self, worker: Worker) -> Hands:
        """Lends itself to a worker of dask's, one after another."""
        self._worker = worker
        return self

    def close(self) -> None:
        """The worker is over, and so is what it had in hand."""
        for child in list(self._children):
            child.terminate()

    def tidy(self) -> None:
        """Wipes the long clips that nobody works on."""
        with self._lock:
            for content in [each for each, users in self._long.items() if not users]:
                del self._long[content]
                wipe(self.place / content)

    def work(self, order: Order) -> None:
        """Raises LostError where it came to nothing; the run is told of everything else."""
        attempt = secrets.token_hex(8)
        asked = {"number": order.number, "attempt": attempt}
        if self._ask("tell", **asked, events=[]) == "stop":
            return
        with self._folder(attempt) as folder, self._source(order, folder / "in") as source:
            target = folder / "out" / f"out{order.kind}"
            piece = Piece(
                order.step,
                str(source),
                str(target),
                order.settings,
                order.length,
                order.stretch,
                self._parts(order.seen, folder / "seen", ""),
                self._parts(order.plan, folder / "plan", ""),
                self._parts(order.made, folder / "made", order.kind),
            )
            code = self._child(order, attempt, piece)
            content = ""
            if code in (EXIT_OK, EXIT_LOOK):
                content = sha256(target)
                self._send(order, attempt, target)
        if self._ask("done", **asked, code=code, content=content) == "again":
            raise LostError("the result was lost on its way")

    @contextmanager
    def _folder(self, attempt: str) -> Iterator[Path]:
        folder = self.place / attempt
        try:
            for name in ("in", "out", "seen", "plan", "made"):
                (folder / name).mkdir(parents=True)
            yield folder
        finally:
            wipe(folder)

    @contextmanager
    def _source(self, order: Order, folder: Path) -> Iterator[Path]:
        """The clip: as it lies in the shared folder, where its content is the same, else as it is sent."""
        shared = None if self._media is None else self._media / order.below
        if shared is not None and _is(shared, order):
            yield shared
        elif order.step == "whole" and not order.made:
            path = folder / Path(order.name).name
            self._fetch(order.content, path)
            yield path
        else:
            with self._held(order) as path:
                yield path

    @contextmanager
    def _held(self, order: Order) -> Iterator[Path]:
        """A long clip: sent once for all its stretches, and held until another one is."""
        if order.content not in self._long:
            self.tidy()
        with self._lock:
            if order.content not in self._long:
                folder = self.place / order.content
                folder.mkdir()
                try:
                    self._fetch(order.content, folder / Path(order.name).name)
                except BaseException:
                    wipe(folder)
                    raise
                self._long[order.content] = 0
            self._long[order.content] += 1
        try:
            yield next((self.place / order.content).iterdir())
        finally:
            with self._lock:
                self._long[order.content] -= 1

    def _parts(self, contents: Sequence[str], folder: Path, kind: str) -> list[str]:
        """Fetches what was made of the clip's parts, in order, into files that end so."""
        paths = [folder / f"{number}{kind}" for number in range(len(contents))]
        for content, path in zip(contents, paths, strict=True):
            self._fetch(content, path)
        return [str(path) for path in paths]

    def _fetch(self, content: str, path: Path) -> None:
        digest = hashlib.sha256()
        with path.open("xb") as file:
            while block := self._ask("read", content=content, offset=file.tell()):
                file.write(block)
                digest.update(block)
        if digest.hexdigest() != content:
            raise LostError("the file has changed, or is not given out any more")

    def _child(self, order: Order, attempt: str, piece: Piece) -> int:
        """Has the sealed child work on the piece, passes on what it tells, and returns its exit code."""
        command = [sys.executable, str(Path(blur.__file__).parent.parent / "cli.py"), "cluster", "clip"]
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._children.add(child)
        try:
            failed = self._hear(child, order, attempt, piece.told())
            code = child.wait(PATIENCE)
        finally:
            self._children.discard(child)
            _end(child)
        for kind in (MissingError, OutputError):
            if failed is not None and code == kind.exit_code:
                self._give_up(kind(failed["message"], failed["hint"]))
        if code not in _DESERVED:
            raise LostError("the child was ended")
        return code

    def _give_up(self, why: BlurError) -> None:
        """No clip has deserved this; the next would fare no better here."""
        self.unfit = why
        if self._worker is not None:
            self._worker.loop.add_callback(self._worker.close, reason="unfit")

    def _hear(
        self, child: subprocess.Popen[bytes], order: Order, attempt: str, said: bytes
    ) -> dict[str, Any] | None:
        """Passes on events, progress only now and then; returns the one that tells of a failure."""
        assert child.stdin is not None
        assert child.stdout is not None
        with suppress(BrokenPipeError), child.stdin:
            child.stdin.write(said)
        failed, last = None, 0.0
        for line in child.stdout:
            event = json.loads(line)
            if event["event"] == "failed":
                failed = event
            if event["event"] == "progress" and time.monotonic() - last < QUIET:
                continue
            last = time.monotonic()
            event.pop("schema", None)
            if self._ask("tell", number=order.number, attempt=attempt, events=[event]) == "stop":
                raise LostError("somebody else has done it")
        return failed

    def _send(self, order: Order, attempt: str, target: Path) -> None:
        with target.open("rb") as file:
            while block := file.read(BLOCK):
                offset = file.tell() - len(block)
                asked = {"number": order.number, "attempt": attempt, "offset": offset, "block": block}
                if self._ask("write", **asked) == "stop":
                    return

    def _ask(self, what: str, **told: Any) -> Any:
        """Asks the run. Raises LostError where it is gone."""
        worker = self._worker
        assert worker is not None
        ask = getattr(worker.scheduler, f"blur_{what}")
        try:
            return asyncio.run_coroutine_threadsafe(ask(**told), worker.loop.asyncio_loop).result()
        except OSError as error:
            raise LostError("the connection is lost") from error


def _is(path: Path, order: Order) -> bool:
    """Whether a file holds an order's clip."""
    try:
        return path.stat().st_size == order.size and sha256(path) == order.content
    except OSError:
        return False


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ends a child, which clears up first. Raises nothing."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if child.stdout is not None:
        child.stdout.close()
