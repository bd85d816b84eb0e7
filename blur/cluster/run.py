"""A batch that is given out to workers, by the run that has the footage and publishes what they make."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from queue import Empty

from blur.batch.journal import as_text
from blur.batch.run import Named, failure
from blur.cluster import quiet
from blur.cluster.address import Address
from blur.cluster.desk import Desk, Ended, sha256
from blur.cluster.identity import Identity
from blur.cluster.keys import FILES
from blur.cluster.piece import Order
from blur.cluster.scheduler import Running, scheduler_at
from blur.cluster.seal import narrow
from blur.errors import BlurError, ExistsError, UnreadableError, UsageError
from blur.events import Event, Notice
from blur.media.plain import has_an_end
from blur.media.workplace import private_folder, sweep
from blur.outputs import made_folder
from blur.settings import Settings
from blur.text import printable

EVERY = 0.2
"""Seconds after which it is asked whether the user wants to stop."""
NOBODY = -1
"""In place of a clip's number, for what is told of none."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where and how a batch is given out; called with its clips, it yields what workers tell of them.

    Attributes:
        place: this machine's own address.
        keys: the folder ``run`` of what ``blur cluster keys`` made.
        root: the folder that workers may see too.
        writes: folders that this run writes to beside those of the outputs.
    """

    place: Address
    keys: Path
    root: Path
    settings: Settings
    force: bool
    writes: tuple[Path, ...]

    def __call__(
        self, jobs: Sequence[Named], order: Iterator[int], stopped: Callable[[], bool]
    ) -> Iterator[tuple[int, Event | int]]:
        """The events of clips, with their numbers, the exit code last; of none, with NOBODY.

        Clips are given out only as workers are free, so that a stop leaves the rest untouched, and a slow
        worker holds up no clip but its own. Raises UsageError where keys do not hold or nothing can listen
        at the address, and MissingError.
        """
        with ExitStack() as stack:
            folders = list(dict.fromkeys(job.target.parent for _, job in jobs))
            tops = [_there(folder) for folder in folders]
            for folder in folders:
                stack.enter_context(made_folder(folder))
                stack.callback(sweep, folder)
            own = stack.enter_context(private_folder(folders[0]))
            reads = [job.source for _, job in jobs] + [self.keys.absolute() / name for name in FILES]
            said = narrow(self.place, "answer", own, reads, [*folders, *self.writes], tops)
            quiet.load()
            giving = stack.enter_context(_Giving(self, jobs, own))
            yield NOBODY, Notice("", "cluster", f"{said} Waiting for workers.")
            yield from giving.all(order, stopped)


class _Giving(ExitStack):
    """A batch being given out."""

    def __init__(self, cluster: Cluster, jobs: Sequence[Named], own: Path) -> None:
        super().__init__()
        self._cluster, self._jobs = cluster, jobs
        self._slots = 0
        identity = Identity.own()
        self._resource = identity.resource
        self._desk = Desk(identity)
        self.callback(self._desk.close)
        try:
            make = partial(scheduler_at, cluster.place, cluster.keys, own, self._desk, self._count)
            self._running = self.enter_context(Running(make))
        except OSError as error:
            raise UsageError(
                f"nothing can answer at {cluster.place}: {error.strerror or error}",
                "Name this machine's own address, and a port that is free.",
            ) from error

    def all(self, order: Iterator[int], stopped: Callable[[], bool]) -> Iterator[tuple[int, Event | int]]:
        busy: set[int] = set()
        following = next(order, None)
        while busy or (following is not None and not stopped()):
            while following is not None and len(busy) < self._slots and not stopped():
                if failed := self._begin(following):
                    yield from self._named(following, failed)
                else:
                    busy.add(following)
                following = next(order, None)
            try:
                index, told = self._desk.heard.get(timeout=EVERY)
            except Empty:
                continue
            if isinstance(told, Ended):
                busy.discard(index)
                self._running.forget(index)
                yield from self._named(index, _published(told))
            else:
                yield from self._named(index, [told])

    def _begin(self, index: int) -> list[Event | int]:
        """Gives a clip out; what is to be told where that cannot be."""
        cluster, (_, job) = self._cluster, self._jobs[index]
        try:
            if not has_an_end(job.source):
                raise UnreadableError("it is empty, or no file")
            if not cluster.force and os.path.lexists(job.target):
                raise ExistsError(f"{printable(job.target.name)} exists already")
            content, size = sha256(job.source), job.source.stat().st_size
        except (OSError, ValueError) as error:
            return _failed(UnreadableError(f"it cannot be read: {getattr(error, 'strerror', None) or error}"))
        except BlurError as error:
            return _failed(error)
        self._desk.take(index, job, content, force=cluster.force)
        order = Order(
            index,
            job.source.name,
            os.path.relpath(job.source, cluster.root),
            content,
            size,
            job.target.suffix,
            as_text(cluster.settings, force=False),
        )
        self._running.submit(order, self._resource, self._desk.lose)
        return []

    def _count(self, slots: int) -> None:
        self._slots = slots
        said = f"Clips that workers take at a time: {slots}." if slots else "No worker is there; waiting."
        self._desk.heard.put((NOBODY, Notice("", "workers", said)))

    def _named(self, index: int, told: Sequence[Event | int]) -> Iterator[tuple[int, Event | int]]:
        for each in told:
            if index == NOBODY or isinstance(each, int):
                yield index, each
            else:
                yield index, replace(each, clip=self._jobs[index][0])


def _there(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _published(ended: Ended) -> list[Event | int]:
    """Publishes a result, if there is one; what is to be told of it."""
    if ended.draft is None:
        return [ended.code]
    with ExitStack() as stack:
        stack.push(ended.draft)
        try:
            ended.draft.publish()
        except BlurError as error:
            return _failed(error)
    return [ended.code] if ended.finished is None else [ended.finished, ended.code]


def _failed(error: Exception) -> list[Event | int]:
    failed = failure("", error)
    return [failed, failed.exit_code]
