"""How closely a second look is taken: in which frames, and with which eyes.

None of its looks is one that made the plan: other frames, mirrored or turned, or another detector. BlazeFace
has no part in it: it took necks below masks and hands for faces, six times in thirty looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from blur.plan.model import Pts
from blur.settings import Preset
from blur.timing import TimeBase


@dataclass(frozen=True, slots=True)
class View:
    """One way of looking at a frame.

    Attributes:
        detector: its name.
        scale: size of the look, as part of a full look.
        turn: degrees, counter-clockwise, by which the picture is turned for it.
        mirrored: whether left and right are changed for it.
    """

    detector: str
    scale: float
    turn: int = 0
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class Depth:
    """Seconds from one look to the next, and the views that looks are made of, in turn.

    What one size misses another finds, and a face is there for more than one look; so each look has
    only some of the views. ``alone`` is the interval where the looks that made the plan are not known:
    as many looks as both together.
    """

    interval: Fraction
    looks: tuple[tuple[View, ...], ...]
    alone: Fraction = Fraction(1, 6)


_OTHER, _MIRRORED = View("retinaface", 1.0), View("centerface", 0.7, mirrored=True)
_CLOSE = (
    (
        View("centerface", 1.0, mirrored=True),
        View("centerface", 0.5, mirrored=True),
        View("centerface", 0.5, turn=35),
    ),
    (View("retinaface", 1.0), View("centerface", 0.5, mirrored=True), View("centerface", 0.5, turn=-35)),
)

DEPTHS: dict[Preset, Depth] = {
    # What makes its plan looks seldom and small: none of these looks goes without the stronger detector.
    "fast": Depth(Fraction(3, 10), ((_MIRRORED,), (_MIRRORED, _OTHER))),
    "balanced": Depth(Fraction(3, 10), ((_OTHER,), (_MIRRORED,))),
    "thorough": Depth(Fraction(1, 6), _CLOSE),
}
QUARTERS = (2, 1, 3)
"""How far from one known look to the next each turn looks, in quarters of the way."""


def frames_to_look_at(
    pts: Pts, time_base: TimeBase, interval: Fraction, known: Sequence[int] = (), turn: int = 0
) -> NDArray[np.int64]:
    """The frames for a second look, rising.

    Args:
        pts: shape (F,), of every frame, at least one.
        interval: seconds from one look to the next, at least.
        known: frames that were looked at before. Looks are taken half-way between two of these,
            where the plan had to guess most.
        turn: counts the looks at one clip; the second is nearer to the earlier one of these, the third
            nearer to the later one.
    """
    quarters = QUARTERS[turn % len(QUARTERS)]
    between = [a + max((b - a) * quarters // 4, 1) for a, b in pairwise(known) if b - a > 1]
    choice = between or range(len(pts))
    ticks = time_base.ticks(interval)
    chosen = [choice[0]]
    for frame in choice:
        if pts[frame] - pts[chosen[-1]] >= ticks:
            chosen.append(frame)
    if chosen[-1] != choice[-1]:
        chosen.append(choice[-1])  # what comes into the picture last has been seen least
    return np.array(chosen, np.int64)
