"""Where two plans for one clip differ."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from blur.plan.model import Plan, Track


def same_clip(a: Plan, b: Plan) -> bool:
    """Whether two plans are for the same frames of the same size."""
    size = a.width, a.height, a.time_base
    return size == (b.width, b.height, b.time_base) and np.array_equal(a.pts, b.pts)


def changed_frames(old: Plan, new: Plan) -> NDArray[np.bool_]:
    """Which frames are covered otherwise by one plan than by the other, shape (F,).

    Both are for the same clip. The order of regions, and how often one is there, makes no difference.
    """
    kept = {id(track) for track in old.tracks} & {id(track) for track in new.tracks}
    before, after = (_rows(track for track in plan.tracks if id(track) not in kept) for plan in (old, new))
    rows, count = np.unique(np.concatenate([before, after]), axis=0, return_counts=True)
    return np.isin(new.pts, rows[count == 1, 0])


def _rows(tracks: Iterable[Track]) -> NDArray[np.int64]:
    """A row for each region that is covered in a frame: its time and its place, shape (N, 5), each once."""
    rows = [np.column_stack([track.pts, track.regions]) for track in tracks]
    return np.unique(np.concatenate([np.empty((0, 5), np.int64), *rows]), axis=0)
