"""Exact time: integer ticks of a rational time base, never floats."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


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
