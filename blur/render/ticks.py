"""How an output counts time: its frames' times, and nothing of the camera's own clock."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from blur.plan.model import Plan, Pts
from blur.settings import Settings
from blur.timing import TimeBase

_WHOLE = (12, 15, 24, 25, 30, 48, 50, 60, 90, 100, 120, 240)
_RATES = (*map(Fraction, _WHOLE), *(Fraction(1000 * rate, 1001) for rate in (24, 30, 48, 60, 120, 240)))


@dataclass(frozen=True, slots=True, eq=False)
class Ticks:
    """Makers' clocks tick 600, 19,200 or 90,000 times a second; an output's as rarely as its times allow.

    Attributes:
        pts: shape (F,): the frames' times since the first, in ticks of ``time_base``.
        rate: frames a second where all, or nearly all, are a tick apart; else None.
    """

    pts: Pts
    time_base: TimeBase
    rate: Fraction | None


def ticks_for(plan: Plan, settings: Settings) -> Ticks:
    """The ticks for all frames of a plan; parts of a clip are written by those of the whole.

    Times stay exact. Where the camera's trace is to be reduced, they may move by half a tick, for
    the unrest and the drift of a clock can tell it from others.
    """
    exact = ticks_of(plan)
    return evened(exact) if settings.camera_trace == "reduce" else exact


def ticks_of(plan: Plan) -> Ticks:
    """The longest ticks that count a plan's times exactly."""
    since = plan.pts - plan.pts[:1]
    step = int(np.gcd.reduce(since)) or 1
    length = step * plan.time_base.fraction
    even = len(since) > 1 and bool((np.diff(since) == step).all())
    return Ticks(since // step, TimeBase.of(length), 1 / length if even else None)


def evened(ticks: Ticks) -> Ticks:
    """The nearest times by a usual frame rate; as they were where two frames would then meet."""
    if len(ticks.pts) < 2:
        return ticks
    apart = np.diff(ticks.pts)
    unbroken = apart[apart < 1.5 * np.median(apart)]
    usual = Fraction(int(unbroken.sum()), len(unbroken)) * ticks.time_base.fraction
    rate = min(_RATES, key=lambda rate: abs(rate * usual - 1))
    share = rate * ticks.time_base.fraction
    pts = np.array([round(when * share) for when in ticks.pts.tolist()], np.int64)
    return Ticks(pts, TimeBase.of(1 / rate), rate) if (np.diff(pts) > 0).all() else ticks
