"""Filling a chain of sightings: a box for every frame in which its face may be.

Between two sightings the face is followed forwards from the earlier and backwards from the later;
where the two ways disagree, both are covered. Before the first and after the last sighting it is
held for a while.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from blur.geometry import Boxes, areas, grown, overlaps_of_pairs
from blur.track.link import Chain, Sighting, way_back, way_on
from blur.track.observe import Observations

REACH = 1.45
SHARE = 0.9
"""A mask hides another place too if a box ``REACH`` times its face's holds this share of that place."""


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Where something is, frame by frame: ``frames`` of shape (N,), rising, ``boxes`` of shape (N, 4)."""

    frames: NDArray[np.int64]
    boxes: Boxes


def fill(seen: Observations, chain: Chain, hold: int) -> tuple[Path, Path, Path]:
    """The way of a chain's face, and the other places where it may have been.

    The first path has every frame from ``hold`` ticks before the first sighting to ``hold`` ticks
    after the last one, within the scene. The others have some of these frames, or none: where the
    face would be by other accounts that do not agree with the first.
    """
    start, end = (seen.looks[sighting.look].frame for sighting in (chain[0], chain[-1]))
    first, last = seen.scenes[np.searchsorted(seen.scenes[:, 1], start)]
    first = max(first, np.searchsorted(seen.pts, seen.pts[start] - hold))
    last = min(last, np.searchsorted(seen.pts, seen.pts[end] + hold, side="right") - 1)
    before, after = np.arange(first, start), np.arange(end, last + 1)
    pieces = [
        _held(before, way_back(seen, chain[0], before), _by_camera(seen, chain[0], before)),
        *(_between(seen, earlier, later) for earlier, later in pairwise(chain)),
        _held(after, way_on(seen, chain[-1], after), _by_camera(seen, chain[-1], after)),
    ]
    frames, main, *others = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    first_other, second_other = (_apart(frames, main, other) for other in others)
    return Path(frames, main), first_other, second_other


def hides(boxes: Boxes, others: Boxes) -> NDArray[np.bool_]:
    """Whether the mask of each box, as small as masks are, hides the other of the same row; shape (N,)."""
    return overlaps_of_pairs(grown(boxes, REACH), others) >= SHARE * areas(others)


def _apart(frames: NDArray[np.int64], main: Boxes, other: Boxes) -> Path:
    kept = ~hides(main, other)
    return Path(frames[kept], other[kept])


def _held(
    frames: NDArray[np.int64], followed: Boxes, by_camera: Boxes
) -> tuple[NDArray[np.int64], Boxes, Boxes, Boxes]:
    return frames, followed, by_camera, followed


def _between(
    seen: Observations, earlier: Sighting, later: Sighting
) -> tuple[NDArray[np.int64], Boxes, Boxes, Boxes]:
    """Frames from the earlier sighting's to before the later's, the way between, and the two ways."""
    start, end = seen.looks[earlier.look].frame, seen.looks[later.look].frame
    frames = np.arange(start, end)
    share = ((frames - start) / (end - start)).astype(np.float32)[:, None]
    forwards, backwards = way_on(seen, earlier, frames), way_back(seen, later, frames)
    return frames, forwards * (1 - share) + backwards * share, forwards, backwards


def _by_camera(seen: Observations, sighting: Sighting, frames: NDArray[np.int64]) -> Boxes:
    look = seen.looks[sighting.look]
    return seen.carry(look.boxes[sighting.face], look.frame, frames)
