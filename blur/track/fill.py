"""Filling a chain of sightings: a box for every frame in which its face may be.

Between two sightings the face is followed forwards from the earlier and backwards from the later;
where the two ways disagree, both are covered. Before the first and after the last sighting it is
held for a while; who walked is covered where they would have walked on, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from blur.geometry import Boxes, areas, centres, grown, overlaps_of_pairs, sizes
from blur.track.link import Chain, Sighting, way_back, way_on
from blur.track.observe import Observations

REACH = 1.45
SHARE = 0.9
"""A mask hides another place too if a box ``REACH`` times its face's holds this share of that place."""

STEP = 0.35
"""Who moves by this share of their face's shorter side between two sightings, beside the camera, walks."""
AWAY = Fraction(4)
"""Seconds, beside those for which a face is held, that the camera may have turned away from it."""
WALK_ON = Fraction(1, 2)
"""Seconds for which who walks is expected to walk on. Measured: a whole second masks twice as much away from
faces as half of one does, for a fifth more faces covered."""


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Where something is, frame by frame: ``frames`` of shape (N,), rising, ``boxes`` of shape (N, 4)."""

    frames: NDArray[np.int64]
    boxes: Boxes


def fill(seen: Observations, chain: Chain, before: int, after: int) -> tuple[Path, Path, Path]:
    """The way of a chain's face, and the other places where it may have been.

    The first path has every frame from ``before`` ticks before the first sighting to ``after`` ticks
    after the last one, within the scene; ticks in which the face is out of the picture do not count, up
    to ``AWAY``. The others have some of these frames, or none: where the face would be by other accounts
    that do not agree with the first.
    """
    start, end = (seen.looks[sighting.look].frame for sighting in (chain[0], chain[-1]))
    first, last = seen.scenes[np.searchsorted(seen.scenes[:, 1], start)]
    away = seen.time_base.ticks(AWAY)
    first = max(first, np.searchsorted(seen.pts, seen.pts[start] - before - away))
    last = min(last, np.searchsorted(seen.pts, seen.pts[end] + after + away, side="right") - 1)
    earlier, later = np.arange(first, start), np.arange(end, last + 1)
    back, on = way_back(seen, chain[0], earlier), way_on(seen, chain[-1], later)
    gone = len(earlier) - _lasts(seen, earlier[::-1], back[::-1], start, before)
    rest = _lasts(seen, later, on, end, after)
    pieces = [
        _held(seen, chain[:2], earlier[gone:], back[gone:]),
        *(_between(seen, one, next_one) for one, next_one in pairwise(chain)),
        _held(seen, chain[:-3:-1], later[:rest], on[:rest]),
    ]
    frames, main, *others = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    first_other, second_other = (_apart(frames, main, other) for other in others)
    return Path(frames, main), first_other, second_other


def _lasts(seen: Observations, frames: NDArray[np.int64], boxes: Boxes, since: int, hold: int) -> int:
    """How many frames, going away from ``since``, pass until their boxes were in sight for ``hold`` ticks."""
    in_sight = (boxes[:, 2:] > 0).all(axis=1) & (boxes[:, :2] < (seen.width, seen.height)).all(axis=1)
    ticks = np.abs(np.diff(seen.pts[frames], prepend=seen.pts[since]))
    return int(np.searchsorted(np.cumsum(ticks * in_sight), hold, side="right"))


def hides(boxes: Boxes, others: Boxes) -> NDArray[np.bool_]:
    """Whether the mask of each box, as small as masks are, hides the other of the same row; shape (N,)."""
    return overlaps_of_pairs(grown(boxes, REACH), others) >= SHARE * areas(others)


def _apart(frames: NDArray[np.int64], main: Boxes, other: Boxes) -> Path:
    kept = ~hides(main, other)
    return Path(frames[kept], other[kept])


def _held(
    seen: Observations, end: Chain, frames: NDArray[np.int64], followed: Boxes
) -> tuple[NDArray[np.int64], Boxes, Boxes, Boxes]:
    """Frames beyond a chain's end: the way that was followed, the camera's and the walker's.

    Args:
        end: the sighting at the chain's end, and the one beside it if there is one.
        frames: shape (N,).
        followed: shape (N, 4).
    """
    sighting = end[0]
    look = seen.looks[sighting.look]
    box = look.boxes[sighting.face]
    by_camera = seen.carry(box, look.frame, frames)
    if len(end) == 1:
        return frames, followed, by_camera, followed
    other = seen.looks[end[1].look]
    came = seen.carry(other.boxes[end[1].face], other.frame, np.array([look.frame]))
    step = (centres(box[None]) - centres(came))[0]
    if np.linalg.norm(step) < STEP * sizes(box[None]).min():
        return frames, followed, by_camera, followed
    since, most = seen.pts[frames] - seen.pts[look.frame], seen.time_base.ticks(WALK_ON)
    share = since.clip(-most, most) / (seen.pts[look.frame] - seen.pts[other.frame])
    walked = (box + np.tile(step, 2) * share[:, None]).astype(np.float32)
    return frames, followed, by_camera, seen.carry(walked, look.frame, frames)


def _between(
    seen: Observations, earlier: Sighting, later: Sighting
) -> tuple[NDArray[np.int64], Boxes, Boxes, Boxes]:
    """Frames from the earlier sighting's to before the later's, the way between, and the two ways."""
    start, end = seen.looks[earlier.look].frame, seen.looks[later.look].frame
    frames = np.arange(start, end)
    share = ((frames - start) / (end - start)).astype(np.float32)[:, None]
    forwards, backwards = way_on(seen, earlier, frames), way_back(seen, later, frames)
    return frames, forwards * (1 - share) + backwards * share, forwards, backwards
