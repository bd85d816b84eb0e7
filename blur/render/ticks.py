"""How an output counts time: its frames' times exactly, and nothing of the camera's own clock."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from blur.plan.model import Plan, Pts
from blur.timing import TimeBase


@dataclass(frozen=True, slots=True, eq=False)
class Ticks:
    """Makers' clocks tick 600, 19,200 or 90,000 times a second; this one as rarely as the times allow.

    Attributes:
        pts: shape (F,): the frames' times since the first, in ticks of ``time_base``.
        step: a tick, in ticks of the plan.
        rate: frames a second where all are as far apart, else None.
    """

    pts: Pts
    time_base: TimeBase
    step: int
    rate: Fraction | None


def ticks_of(plan: Plan) -> Ticks:
    """The ticks for all frames of a plan; parts of a clip are written by those of the whole."""
    since = plan.pts - plan.pts[:1]
    step = int(np.gcd.reduce(since)) or 1
    length = step * plan.time_base.fraction
    even = len(since) > 1 and bool((np.diff(since) == step).all())
    return Ticks(since // step, TimeBase.of(length), step, 1 / length if even else None)
