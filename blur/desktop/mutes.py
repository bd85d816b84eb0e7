"""Spans of a clip's sound that are to be muted, as whole milliseconds from its first frame."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import TypeAlias

Mutes: TypeAlias = tuple[tuple[int, int], ...]
"""From when to when, both in milliseconds, in order; no two of them meet."""


def muted(mutes: Mutes, one: Fraction, other: Fraction) -> Mutes:
    """With the span between two times, in seconds, which grows together with those that it meets."""
    first, last = floor(min(one, other) * 1000), ceil(max(one, other) * 1000)
    apart = [span for span in mutes if span[1] < first or span[0] > last]
    met = [span for span in mutes if span not in apart]
    joined = min([first, *(span[0] for span in met)]), max([last, *(span[1] for span in met)])
    return tuple(sorted([*apart, joined]))


def heard(mutes: Mutes, at: Fraction) -> Mutes:
    """Without the span in which the time ``at``, in seconds, lies."""
    return tuple(span for span in mutes if not is_muted((span,), at))


def is_muted(mutes: Mutes, at: Fraction) -> bool:
    """Whether the time ``at``, in seconds, lies in one of the spans."""
    return any(first <= at * 1000 <= last for first, last in mutes)


def as_option(mutes: Mutes) -> str:
    """As the engine's option --mute reads them."""
    return ",".join("-".join(f"{ms // 1000}.{ms % 1000:03d}" for ms in span) for span in mutes)
