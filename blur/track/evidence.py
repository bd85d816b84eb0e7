"""How much looks like a face what several looks saw, or did not see, at one place.

Clutter looks like a face once, at one size and from one side. A face goes on looking a little like one, if
too little to be followed by itself. `benchmarks/search.py` prints what that is worth.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from blur.geometry import Boxes
from blur.track.link import Chain, unlikeness, way_back, way_on
from blur.track.observe import Look, Observations

WITHIN = Fraction(1)
"""Seconds before a chain's first and after its last sighting for which looks are asked. Farther away, faces
that walk are elsewhere."""
NOTHING = 0.015
"""What a look counts for that saw nothing there: half the score of the faintest hint."""


def evidence(seen: Observations, chain: Chain) -> float:
    """The geometric mean of the best scores at a chain's place in all looks from first to last, 0 to 1.

    Looks that were taken up to ``WITHIN`` before and after it in its scene count, too, where the place
    is in the picture.
    """
    scores = [float(seen.looks[one.look].scores[one.face]) for one in chain]
    for index, box in _expected(seen, chain):
        middle = (box[:2] + box[2:]) / 2
        if (middle >= 0).all() and (middle < (seen.width, seen.height)).all():
            scores.append(_best(seen.looks[index], box[None]))
    return float(np.exp(np.mean(np.log(np.maximum(scores, NOTHING)))))


def _expected(seen: Observations, chain: Chain) -> Iterator[tuple[int, Boxes]]:
    """The looks that are asked, beside those with a sighting, and where it would be in each, shape (4,)."""
    known = [one.look for one in chain]
    asked = _asked(seen, known).tolist()
    for before, group in groupby(asked, key=lambda index: bisect_right(known, index) - 1):
        looks = list(group)
        frames = seen.looked_at[looks]
        boxes = way_on(seen, chain[before], frames) if before >= 0 else way_back(seen, chain[0], frames)
        yield from zip(looks, boxes, strict=True)


def _asked(seen: Observations, known: Sequence[int]) -> NDArray[np.int64]:
    start, end = seen.looked_at[known[0]], seen.looked_at[known[-1]]
    first, last = seen.scenes[np.searchsorted(seen.scenes[:, 1], start)]
    reach = seen.time_base.ticks(WITHIN)
    first = max(first, np.searchsorted(seen.pts, seen.pts[start] - reach))
    last = min(last, np.searchsorted(seen.pts, seen.pts[end] + reach, side="right") - 1)
    inside = np.arange(*np.searchsorted(seen.looked_at, (first, last + 1)), dtype=np.int64)
    return np.setdiff1d(inside, known)


def _best(look: Look, place: Boxes) -> float:
    """The best score in a look of what can be at a place, shape (1, 4)."""
    boxes = np.concatenate([look.boxes, look.hints.boxes])
    scores = np.concatenate([look.scores, look.hints.scores])
    return float(scores[np.isfinite(unlikeness(place, boxes)[0])].max(initial=0.0))
