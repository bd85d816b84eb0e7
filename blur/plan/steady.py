"""Masks that do not draw what they cover: how a head nods, turns or bobs as it walks is not in their motion.

A mask goes exactly with the camera, since whoever watches sees the camera's movement anyway. What
the head does beyond that is passed through a low-pass filter, and the mask grows by what the head
then strays from its middle, so that nothing that was covered is covered less.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from blur.geometry import Boxes, centres, sizes
from blur.track.motion import CALM, carried
from blur.track.observe import Observations

WINDOW = Fraction(3, 2)
"""Seconds over which motion and size are smoothed: nods and steps come about once a second or faster."""
FARTHEST = 0.4
"""A mask's middle strays from its face's by at most this share of the face's shorter half side: who jumps or
runs is followed, since their whole body shows that they do."""
LARGEST = 2.0
"""Times as wide and high as needed that a mask is at most: a misjudged camera must not make it huge."""
SMEAR = 0.3
"""Share of the faster of the movements into a frame and out of it by which masks grow each way: a shutter is
mostly open for half a frame's time, a quarter of it either way, and a smeared camera is judged less well."""
OBLIQUE = 1.25
"""Growing both half axes of an ellipse by this times a distance covers it moved by that distance in any
direction, if it is at most four times as long as wide: (1 + r) / (2 √r) for a ratio r of the axes."""


def steadied(seen: Observations, frames: NDArray[np.int64], masks: Boxes, faces: Boxes) -> Boxes:
    """Masks that move and grow smoothly; the ellipse in each holds the one that was given.

    Args:
        seen: says how the camera moved, and when the frames are.
        frames: shape (N,), frames that follow one another in one scene.
        masks: shape (N, 4): the boxes around the ellipses.
        faces: shape (N, 4): what they cover. How far a mask strays depends on these alone, so that a
            larger mask covers more.
    """
    reach = _reach(seen, frames)
    if not reach:
        return masks
    middles, halves = centres(masks).astype(np.float64), sizes(masks).astype(np.float64) / 2
    drift, zoom = _by_camera(seen, frames, masks)
    own = middles - drift
    stray = own - _low_passed(own, reach)
    distance = np.linalg.norm(stray, axis=1, keepdims=True)
    limit = FARTHEST * sizes(faces).min(axis=1, keepdims=True) / 2
    stray *= np.minimum(1, limit / np.maximum(distance, 1e-9))
    needed = np.log(halves + OBLIQUE * np.minimum(distance, limit)) - zoom
    smooth = np.minimum(_envelope(needed, reach), needed + np.log(LARGEST))
    halves = np.exp(smooth + zoom)
    middles -= stray
    return np.concatenate([middles - halves, middles + halves], axis=1).astype(np.float32)


def smeared(seen: Observations, frames: NDArray[np.int64], masks: Boxes) -> Boxes:
    """Masks with room for what a fast camera smears; each holds the one that was given.

    Only the camera's speed counts, which everybody sees, and not what the head does by itself.

    Args:
        seen: says how the camera moved.
        frames: shape (N,), of one scene.
        masks: shape (N, 4).
    """
    following = np.minimum(frames + 1, len(seen.moves) - 1)
    middles, halves = centres(masks), sizes(masks) / 2
    back = np.asarray(np.linalg.inv(seen.moves[frames]), np.float64)
    into = np.abs(centres(carried(masks, back)) - middles)
    onwards = np.abs(centres(carried(masks, seen.moves[following])) - middles)
    room = SMEAR * np.maximum(np.maximum(into, onwards) - CALM * max(seen.width, seen.height), 0)
    halves = np.minimum(halves + room, halves * LARGEST)
    return np.concatenate([middles - halves, middles + halves], axis=1).astype(np.float32)


def _reach(seen: Observations, frames: NDArray[np.int64]) -> int:
    """How many frames before and after each are smoothed over."""
    if len(frames) < 3:
        return 0
    step = int(seen.pts[frames[-1]] - seen.pts[frames[0]]) / (len(frames) - 1)
    return min(round(seen.time_base.ticks(WINDOW) / 2 / step), len(frames) - 1)


def _by_camera(
    seen: Observations, frames: NDArray[np.int64], masks: Boxes
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the camera alone did to each mask: its way, shape (N, 2), and its scale's logarithm, shape (N, 1).

    Ways add up step by step, each at the mask's place, so that long scenes keep their precision.
    """
    before = masks[:-1]
    after = carried(before, seen.moves[frames[1:]])
    way = np.cumsum(centres(after) - centres(before), axis=0, dtype=np.float64)
    scale = np.cumsum(np.log(sizes(after)[:, :1] / sizes(before)[:, :1]), axis=0, dtype=np.float64)
    return np.vstack([np.zeros(2), way]), np.vstack([np.zeros(1), scale])


def _low_passed(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Columns of shape (N, C) through a Hann window; straight ways stay as they are, to their ends."""
    start, end = 2 * values[0] - values[reach:0:-1], 2 * values[-1] - values[-2 : -reach - 2 : -1]
    return _averaged(np.concatenate([start, values, end]), reach)


def _envelope(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Smooth columns of shape (N, C) that are nowhere below the given ones.

    Each value is a mean of maxima over windows that all hold the place of the value.
    """
    half = reach // 2
    padded = values[np.arange(-2 * half, len(values) + 2 * half).clip(0, len(values) - 1)]
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=0)
    return _averaged(windows.max(axis=-1), half)


def _averaged(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Means under a Hann window, shape (N - 2 reach, C)."""
    window = _hann(reach)
    return np.stack([np.convolve(column, window, "valid") for column in values.T], axis=1)


@cache
def _hann(reach: int) -> NDArray[np.float64]:
    window = np.hanning(2 * reach + 3)[1:-1]
    return np.asarray(window / window.sum())
