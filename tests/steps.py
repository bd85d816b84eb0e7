"""Running a step to its end."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from blur.events import Event

Result = TypeVar("Result")


def run(steps: Generator[Event, None, Result]) -> tuple[list[Event], Result]:
    """The events of a step and what it returns."""
    events = []
    while True:
        try:
            events.append(next(steps))
        except StopIteration as stop:
            return events, stop.value


def result(steps: Generator[Event, None, Result]) -> Result:
    """What a step returns."""
    return run(steps)[1]
