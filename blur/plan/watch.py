"""Which seconds of an output a person should watch."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from blur.timing import clock

if TYPE_CHECKING:
    from blur.plan.model import Doubt, Plan

LOOK_WEIGHT = 900
"""Doubts that weigh this much, in thousandths, are for a person to look at."""
LEAST = Fraction(1)
"""Seconds below which nothing can be judged: what is shorter is watched with what is around it."""
WORTH = Fraction(1, 10), Fraction(3)
"""Lesser doubts are told up to this share of the clip, and up to so many seconds at least."""
SPANS_SHOWN = 12
WHERE = (
    ("upper left", "top", "upper right"),
    ("left", "middle", "right"),
    ("lower left", "bottom", "lower right"),
)
"""Names of places in a picture, by rows."""

Span: TypeAlias = tuple[int, int]
"""First and last pts."""
_first, _last = itemgetter(0), itemgetter(1)


def grave(plan: Plan) -> list[Doubt]:
    """The doubts that are for a person to look at, the gravest first."""
    return [doubt for doubt in plan.doubts if doubt.weight >= LOOK_WEIGHT]


def worth_watching(plan: Plan) -> list[Doubt]:
    """The gravest doubts, as many as can be watched in little time; the first one in any case."""
    first, last = int(plan.pts[0]), int(plan.pts[-1])
    share, least = WORTH
    most = max(int(share * (last - first)), plan.time_base.ticks(least))
    chosen: list[Doubt] = []
    spans: list[Span] = []
    length = 0
    for doubt in plan.doubts:  # there may be a hundred thousand
        start, end = around = _around(plan, doubt)
        here = slice(bisect_left(spans, start, key=_last), bisect_right(spans, end, key=_first))
        met = _merged([*spans[here], around])
        longer = length - _length(spans[here]) + _length(met)
        if not chosen or longer <= most:
            chosen.append(doubt)
            spans[here], length = met, longer
    return chosen


def these_seconds(plan: Plan, doubts: Sequence[Doubt]) -> str:
    """How long and when to watch: ``these 9 seconds: 0:03.0 to 0:07.5, 0:20.0 to 0:24.5``."""
    spans = joined(plan, doubts)
    seconds = max(1, round(plan.time_base.seconds(_length(spans))))
    return f"{'this second' if seconds == 1 else f'these {seconds} seconds'}: {_shown(plan, spans)}"


def spans(plan: Plan, doubts: Sequence[Doubt]) -> str:
    """The doubts' own times as a player shows them, in order."""
    return _shown(plan, _merged([(doubt.first, doubt.last) for doubt in doubts]))


def joined(plan: Plan, doubts: Sequence[Doubt]) -> list[Span]:
    """When the doubts are to be watched, in order, those that meet as one."""
    return _merged([_around(plan, doubt) for doubt in doubts])


def whereabouts(plan: Plan, doubt: Doubt) -> str:
    """Where in the picture a doubt is, in thirds of it, as in WHERE; empty where that is not known."""
    if doubt.region is None:
        return ""
    x0, y0, x1, y1 = doubt.region
    across = min(max(3 * (x0 + x1) // (2 * plan.width), 0), 2)
    down = min(max(3 * (y0 + y1) // (2 * plan.height), 0), 2)
    return WHERE[down][across]


def _around(plan: Plan, doubt: Doubt) -> Span:
    """A doubt's time with what is around it, within the clip."""
    first, last, least = int(plan.pts[0]), int(plan.pts[-1]), plan.time_base.ticks(LEAST)
    more = max(least - (doubt.last - doubt.first), 0) // 2
    start, end = max(doubt.first - more, first), min(doubt.last + more, last)
    return min(start, last), max(end, first)  # a plan from elsewhere may doubt what lies outside of the clip


def _merged(times: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(times):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _length(times: Sequence[Span]) -> int:
    return sum(end - start for start, end in times)


def _shown(plan: Plan, times: Sequence[Span]) -> str:
    def at(pts: int) -> str:
        return clock(plan.time_base.seconds(max(pts - int(plan.pts[0]), 0)))

    shown_as = [(at(start), at(end)) for start, end in times]
    shown = [first if first == last else f"{first} to {last}" for first, last in shown_as[:SPANS_SHOWN]]
    rest = len(shown_as) - len(shown)
    return ", ".join(shown) + (f" and at {rest} more places" if rest else "")
