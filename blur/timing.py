"""Exact time: integer ticks of a rational time base, never floats."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

Span: TypeAlias = tuple[Fraction, Fraction]
"""From when to when, in seconds."""

_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d*)?)")


@dataclass(frozen=True, slots=True)
class TimeBase:
    """The length of one tick in seconds, as a fraction.

    All pts of one clip count ticks of one time base, so they compare and subtract as integers.
    """

    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        if self.numerator <= 0 or self.denominator <= 0:
            raise ValueError(f"not a time base: {self.numerator}/{self.denominator}")

    @classmethod
    def of(cls, value: Fraction) -> TimeBase:
        return cls(value.numerator, value.denominator)

    @property
    def fraction(self) -> Fraction:
        return Fraction(self.numerator, self.denominator)

    def seconds(self, ticks: int) -> Fraction:
        """Ticks as exact seconds."""
        return ticks * self.fraction

    def ticks(self, seconds: Fraction) -> int:
        """Seconds as the number of whole ticks that they hold, rounded up."""
        return -int(-seconds // self.fraction)


def clock(seconds: Fraction) -> str:
    """Seconds as people read them, ``m:ss.t`` or ``h:mm:ss.t``; for messages only."""
    tenths = int(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    tail = (
        f"{minutes:02d}:{rest // 10:02d}.{rest % 10}" if hours else f"{minutes}:{rest // 10:02d}.{rest % 10}"
    )
    return f"{hours}:{tail}" if hours else tail


def spans(text: str) -> tuple[Span, ...]:
    """Spans as people write them: ``0:12.5-0:14, 63-64.25``, with hours, minutes or seconds alone.

    Raises:
        ValueError: it is none, or a span ends before it begins; the message says which.
    """
    found = []
    for part in text.split(","):
        ends = [_CLOCK.fullmatch(end.strip()) for end in part.split("-")]
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            raise ValueError(part.strip())
        first, last = (_seconds(*end.groups()) for end in ends if end is not None)
        if last <= first:
            raise ValueError(part.strip())
        found.append((first, last))
    return tuple(found)


def _seconds(hours: str | None, minutes: str | None, seconds: str) -> Fraction:
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + Fraction(seconds)
