"""From what was seen in a photo to what is covered in it: everything, since there is no second frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blur.geometry import Boxes, areas, grown, overlaps
from blur.plan.build import MARGIN
from blur.plan.model import Plan, Track
from blur.settings import Settings
from blur.timing import TimeBase

SAME = 0.3
"""Boxes of one face share more than this of the smaller one."""


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """All that any detector saw in a photo.

    Attributes:
        width, height: of the upright photo, in pixels.
        boxes: shape (N, 4).
        scores: shape (N,), 0 to 1.
    """

    width: int
    height: int
    boxes: Boxes
    scores: NDArray[np.float32]


def build_photo_plan(seen: Sightings, settings: Settings) -> Plan:
    """The plan for a photo: one frame at the time 0, in it each face with all boxes that were seen of it."""
    tracks = []
    for members in _faces(seen):
        boxes = seen.boxes[members]
        joined = np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])[None]
        region = _region(joined, settings.grow)
        if _in_sight(region, seen.width, seen.height):
            certainty = round(1000 * float(1 - np.prod(1 - seen.scores[members])))
            tracks.append(Track("face", certainty, np.zeros(1, np.int64), region))
    tracks.sort(key=lambda track: track.regions[0].tolist())
    return Plan(seen.width, seen.height, TimeBase(1, 1), np.zeros(1, np.int64), tuple(tracks))


def _faces(seen: Sightings) -> Iterator[NDArray[np.intp]]:
    """The indices of the boxes of each face: the strongest box, and those that lie in, on or around it."""
    rest = np.argsort(-seen.scores, kind="stable")
    size = areas(seen.boxes)
    while rest.size:
        best = rest[:1]
        shared = overlaps(seen.boxes[best], seen.boxes[rest])[0]
        same = shared > SAME * np.minimum(size[best], size[rest])
        same[0] = True
        yield rest[same]
        rest = rest[~same]


def _region(box: Boxes, grow: float) -> NDArray[np.int32]:
    """The grown box, rounded outwards to whole pixels."""
    large = grown(box, grow, MARGIN)
    return np.concatenate([np.floor(large[:, :2]), np.ceil(large[:, 2:])], axis=1).astype(np.int32)


def _in_sight(region: NDArray[np.int32], width: int, height: int) -> bool:
    x0, y0, x1, y1 = region[0].tolist()
    return bool(x0 < width and y0 < height and x1 > 0 and y1 > 0)
