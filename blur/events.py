"""What a run tells while it works: one stream that every face of Blur reads.

A step of the work is a generator that yields events and returns its result, so that steps chain
with ``result = yield from step(...)``. The command line, ``--json`` and the desktop read the same
events. Every event is plain data.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeAlias, TypeVar, get_args

SCHEMA = "blur-events/1"

Stage: TypeAlias = Literal["probe", "analyse", "plan", "render", "check", "publish"]
Verdict: TypeAlias = Literal["failed", "look", "published", "skipped"]


@dataclass(frozen=True, slots=True)
class Started:
    """A stage begins. ``total`` is the expected number of frames, None where it is not known."""

    clip: str
    stage: Stage
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` frames of the stage are finished."""

    clip: str
    stage: Stage
    done: int
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know: sound removed, frames to look at. ``code`` is stable."""

    clip: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The clip ended in an error; nothing of it was published."""

    clip: str
    error: str
    message: str
    hint: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The clip is done. ``output`` is the published file's name, None for a dry run."""

    clip: str
    output: str | None
    frames: int
    tracks: int
    seconds: float
    exit_code: int


@dataclass(frozen=True, slots=True)
class Tally:
    """A clip of several has ended. Of ``total``, ``done`` have; ``failed`` and ``look`` are among these."""

    clip: str
    done: int
    total: int
    failed: int
    look: int


@dataclass(frozen=True, slots=True)
class Row:
    """How one of several clips ended.

    Attributes:
        verdict: ``failed``, ``look`` (published, but a person should look), ``published`` or ``skipped``.
        why: what a person should know first, ``""`` where there is nothing.
    """

    clip: str
    verdict: Verdict
    output: str | None
    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Summary:
    """How all clips of several ended, what a person should look at first. ``left`` were not begun."""

    clip: str
    rows: tuple[Row, ...]
    left: int


Event: TypeAlias = Started | Progress | Notice | Failed | Finished | Tally | Summary

Result = TypeVar("Result")
Steps: TypeAlias = Generator[Event, None, Result]
"""A step of the work: yields events, returns its result."""


_KINDS = {kind.__name__.lower(): kind for kind in get_args(Event)}


def from_json(told: dict[str, Any]) -> Event:
    """The event of which ``told`` is the JSON. Raises KeyError or TypeError where it is of none."""
    fields = {name: value for name, value in told.items() if name not in ("schema", "event")}
    event: Event = _KINDS[told["event"]](**fields)
    return event


def tapped(steps: Steps[Result], tap: Callable[[Event], Event]) -> Steps[Result]:
    """The same steps, with what ``tap`` makes of each event in its place."""
    with closing(steps):
        while True:
            try:
                event = next(steps)
            except StopIteration as stop:
                result: Result = stop.value
                return result
            yield tap(event)


def named(steps: Steps[Result], clip: str) -> Steps[Result]:
    """The same steps, told of ``clip`` and of no other name."""
    return tapped(steps, lambda event: replace(event, clip=clip))


def as_json(event: Event) -> dict[str, Any]:
    """The event as one JSON object, with the schema's and the event's name."""
    return {"schema": SCHEMA, "event": type(event).__name__.lower(), **asdict(event)}
