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

from blur.geometry import Boxes, iou
from blur.track.link import Chain, Sighting, expected_at
from blur.track.observe import Observations

AGREE = 0.5
"""Two places whose boxes overlap by this much IoU are covered by one mask."""


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Where something is, frame by frame: ``frames`` of shape (N,), rising, ``boxes`` of shape (N, 4)."""

    frames: NDArray[np.int64]
    boxes: Boxes


def fill(seen: Observations, chain: Chain, hold: int) -> tuple[Path, Path]:
    """The way of a chain's face, and the other places where it may have been.

    The first path has every frame from ``hold`` ticks before the first sighting to ``hold`` ticks
    after the last one, within the scene. The second has some of these frames, or none.
    """
    main: dict[int, Boxes] = {}
    other: dict[int, Boxes] = {}
    first_scene, last_scene = _scene(seen, seen.looks[chain[0].look].frame)
    for earlier, later in pairwise(chain):
        _between(seen, earlier, later, main, other)
    start, end = seen.looks[chain[0].look].frame, seen.looks[chain[-1].look].frame
    main[start], main[end] = _box(seen, chain[0]), _box(seen, chain[-1])
    earliest = int(np.searchsorted(seen.pts, seen.pts[start] - hold))
    latest = int(np.searchsorted(seen.pts, seen.pts[end] + hold, side="right")) - 1
    for frame in range(max(first_scene, earliest), start):
        _held(main, other, frame, came_from(seen, chain[0], frame), seen.carry(main[start], start, frame))
    for frame in range(end + 1, min(last_scene, latest) + 1):
        _held(main, other, frame, expected_at(seen, chain[-1], frame), seen.carry(main[end], end, frame))
    return _path(main), _path(other)


def came_from(seen: Observations, sighting: Sighting, frame: int) -> Boxes:
    """Where a sighting's face was in an earlier or equal frame of its scene, shape (1, 4)."""
    look = seen.looks[sighting.look]
    steps = min(look.frame - frame, look.behind.shape[1])
    if steps <= 0:
        return seen.carry(_box(seen, sighting), look.frame, frame)
    return seen.carry(look.behind[sighting.face : sighting.face + 1, steps - 1], look.frame - steps, frame)


def _between(
    seen: Observations, earlier: Sighting, later: Sighting, main: dict[int, Boxes], other: dict[int, Boxes]
) -> None:
    start, end = seen.looks[earlier.look].frame, seen.looks[later.look].frame
    for frame in range(start, end + 1):
        share = np.float32((frame - start) / (end - start))
        forwards, backwards = expected_at(seen, earlier, frame), came_from(seen, later, frame)
        main[frame] = forwards * (1 - share) + backwards * share
        # the nearer sighting knows better, so its way is the one that is covered besides the middle
        trusted = forwards if share < 0.5 else backwards
        if iou(main[frame], trusted)[0, 0] < AGREE:
            other[frame] = trusted


def _held(
    main: dict[int, Boxes], other: dict[int, Boxes], frame: int, flowed: Boxes, by_camera: Boxes
) -> None:
    main[frame] = flowed
    if iou(flowed, by_camera)[0, 0] < AGREE:
        other[frame] = by_camera


def _box(seen: Observations, sighting: Sighting) -> Boxes:
    return seen.looks[sighting.look].boxes[sighting.face : sighting.face + 1]


def _scene(seen: Observations, frame: int) -> tuple[int, int]:
    row = int(np.searchsorted(seen.scenes[:, 1], frame))
    return int(seen.scenes[row, 0]), int(seen.scenes[row, 1])


def _path(places: dict[int, Boxes]) -> Path:
    frames = sorted(places)
    boxes = np.concatenate([places[frame] for frame in frames]) if frames else np.empty((0, 4), np.float32)
    return Path(np.array(frames, np.int64), boxes.astype(np.float32))
