"""A batch being given out: which clip goes next, what becomes of results, what is told of both.

Of a clip that may be long it is first asked where it can be cut. A long one is looked at in stretches by
whoever is free, planned by one, covered in stretches again, and made whole and checked by one.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any

from blur.batch.commands import Named
from blur.batch.journal import as_text
from blur.batch.run import Told, failure
from blur.cluster.desk import Desk, Ended, sha256
from blur.cluster.identity import Identity
from blur.cluster.piece import Order, Step
from blur.cluster.scheduler import Running, scheduler_at
from blur.cluster.stretches import LENGTH, Stretch, stretches
from blur.errors import BlurError, ExistsError, UnreadableError, UsageError
from blur.events import Event, Notice, Started
from blur.media.photo_kind import PHOTO_KINDS
from blur.media.plain import has_an_end
from blur.text import printable

if TYPE_CHECKING:
    from blur.cluster.run import Cluster

EVERY = 0.2
"""Seconds after which it is asked whether the user wants to stop."""
NOBODY = -1
"""In place of a clip's number, for what is told of none."""
PART = ".part"
MAYBE_LONG = 64 << 20
"""Bytes of a clip from which it is asked where it can be cut: half a minute to two of a phone's video."""


@dataclass(slots=True)
class _InHand:
    """A clip in hand: its orders that are out, and what has come of its stretches, by the sha256 of it."""

    content: str
    size: int
    out: dict[int, Order] = field(default_factory=dict)
    stretches: list[Stretch] = field(default_factory=list)
    seen: dict[int, str] = field(default_factory=dict)
    plan: dict[int, str] = field(default_factory=dict)
    made: dict[int, str] = field(default_factory=dict)

    def parts(self, *of: dict[int, str]) -> list[tuple[str, ...]]:
        """Results in the order of their places."""
        return [tuple(content for _, content in sorted(each.items())) for each in of]


class Giving(ExitStack):
    """Gives out clips and publishes what comes back, as long as it is open."""

    def __init__(self, cluster: Cluster, jobs: Sequence[Named], own: Path) -> None:
        super().__init__()
        self._cluster, self._jobs, self._own = cluster, jobs, own
        self._slots = self._number = 0
        self._clips: dict[int, _InHand] = {}
        self._of: dict[int, int] = {}
        self._ready: deque[tuple[int, Order]] = deque()
        identity = Identity.own()
        self._resource = identity.resource
        self._desk = Desk(identity)
        self.callback(self._desk.close)
        make = partial(scheduler_at, cluster.place, cluster.keys, own, self._desk, self._count)
        try:
            self._running = self.enter_context(Running(make))
        except OSError as error:
            raise UsageError(
                f"nothing can answer at {cluster.place}: {error.strerror or error}",
                "Name this machine's own address, and a port that is free.",
            ) from error

    def all(self, order: Iterator[int], stopped: Callable[[], bool]) -> Told:
        """Gives out clips in order, and yields what is told of them, until all ended or it is stopped."""
        following = next(order, None)
        while self._clips or (following is not None and not stopped()):
            while len(self._of) < self._slots:
                if self._ready:
                    self._send(*self._ready.popleft())
                elif following is not None and not stopped():
                    yield from self._named(following, self._begin(following))
                    following = next(order, None)
                else:
                    break
            with suppress(Empty):
                number, told = self._desk.heard.get(timeout=EVERY)
                index = self._of.get(number, NOBODY)
                if isinstance(told, Ended):
                    yield from self._named(index, self._end(index, number, told))
                elif index != NOBODY or number == NOBODY:  # else it was said just as its clip ended
                    yield from self._named(index, [told])

    def _begin(self, index: int) -> list[Event | int]:
        """Takes a clip in hand; what is to be told where that cannot be."""
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
        self._desk.offer(content, job.source)
        self._clips[index] = _InHand(content, size)
        photo = job.target.suffix.lower() in PHOTO_KINDS
        maybe_long = size >= MAYBE_LONG and not photo and cluster.settings.on_damage == "refuse"
        self._order(index, "probe" if maybe_long else "whole")
        return []

    def _order(self, index: int, step: Step, **more: Any) -> None:
        """Has an order for a clip sent as soon as a worker is free."""
        clip, (_, job) = self._clips[index], self._jobs[index]
        self._number += 1
        order = Order(
            number=self._number,
            step=step,
            name=job.source.name,
            below=os.path.relpath(job.source, self._cluster.root),
            content=clip.content,
            size=clip.size,
            kind=job.target.suffix if step in ("whole", "cover") else PART,
            settings=as_text(self._cluster.settings, force=False),
            length=LENGTH,
            **more,
        )
        self._ready.append((index, order))

    def _send(self, index: int, order: Order) -> None:
        self._clips[index].out[order.number] = order
        self._of[order.number] = index
        whole = order.step == "whole"
        target = self._jobs[index][1].target if whole else self._part(order)
        self._desk.take(order.number, target, force=whole and self._cluster.force, shown=whole)
        self._running.submit(order, self._resource, self._desk.lose)

    def _part(self, order: Order) -> Path:
        return self._own / f"{order.number}{order.kind}"

    def _end(self, index: int, number: int, ended: Ended) -> list[Event | int]:
        """An order is over; what is to be told of it, the exit code last where the clip is over too."""
        if index == NOBODY:
            ended.discard()
            return []
        order = self._clips[index].out.pop(number)
        del self._of[number]
        self._running.forget(number)
        if order.step == "whole" or ended.draft is None:
            self._close(index)
            return _published(ended)
        told = _published(replace(ended, finished=None))
        if told != [ended.code]:
            self._close(index)
            return told
        return self._go_on(index, order)

    def _go_on(self, index: int, order: Order) -> list[Event | int]:
        """What a part of a clip's work leads to."""
        clip, path = self._clips[index], self._part(order)
        if order.step == "probe":
            cut = json.loads(path.read_bytes())
            path.unlink()
            if not cut:
                self._order(index, "whole")
                return []
            clip.stretches = stretches(cut)
            self._order_stretches(index, "look")
            said = f"It is long: workers share it in {len(clip.stretches)} stretches."
            return [Notice("", "stretches", said), Started("", "analyse")]
        results = {"look": clip.seen, "plan": clip.plan, "cover": clip.made}[order.step]
        results[order.place] = sha256(path)
        self._desk.offer(results[order.place], path)
        if order.step == "plan":
            self._order_stretches(index, "cover", plan=tuple(clip.plan.values()))
            return [Started("", "render")]
        if len(results) == len(clip.stretches):
            seen, plan, made = clip.parts(clip.seen, clip.plan, clip.made)
            if order.step == "look":
                self._order(index, "plan", seen=seen)
                return [Started("", "plan")]
            self._order(index, "whole", seen=seen, plan=plan, made=made)
        return []

    def _order_stretches(self, index: int, step: Step, **more: Any) -> None:
        for place, stretch in enumerate(self._clips[index].stretches):
            self._order(index, step, place=place, stretch=stretch, **more)

    def _close(self, index: int) -> None:
        """A clip is over: whoever works on a part of it need not, and nothing that was seen of it stays."""
        clip = self._clips.pop(index)
        for number in clip.out:
            self._desk.drop(number)
            self._running.forget(number)
            del self._of[number]
        self._ready = deque(each for each in self._ready if each[0] != index)
        for content in (clip.content, *clip.seen.values(), *clip.plan.values(), *clip.made.values()):
            self._desk.withdraw(content)

    def _count(self, slots: int) -> None:
        self._slots = slots
        said = f"Clips that workers take at a time: {slots}." if slots else "No worker is there; waiting."
        self._desk.heard.put((NOBODY, Notice("", "workers", said)))

    def _named(self, index: int, told: Sequence[Event | int]) -> Told:
        for each in told:
            if index == NOBODY or isinstance(each, int):
                yield index, each
            else:
                yield index, replace(each, clip=self._jobs[index][0])


def _published(ended: Ended) -> list[Event | int]:
    """Gives a result its name, if there is one; what is to be told of it."""
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
