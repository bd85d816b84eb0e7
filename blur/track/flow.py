"""Following faces by what is on them, frame by frame.

The median of a grid of points in each box, after Kalal et al., "Forward-Backward Error: Automatic
Detection of Tracking Failures", 2010; but failures are told by the points' disagreement, which costs
half. Where they disagree, the face goes with the camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from blur.geometry import Boxes, sizes
from blur.track.motion import Grey, Points, Similarity, carried, flow

Paths: TypeAlias = NDArray[np.float32]
"""Shape (N, S, 4): each of N boxes after 1, 2 … S frames."""

GRID = 3
MAX_SPREAD = 1.5
"""Pixels by which the middle one of a face's points may differ from their median."""


def carried_paths(boxes: Boxes, moves: Sequence[Similarity]) -> Paths:
    """Where boxes go if they only go with the camera; shape (len(boxes), len(moves), 4)."""
    steps = []
    for move in moves:
        boxes = carried(boxes, move)
        steps.append(boxes)
    return np.stack(steps, axis=1) if steps else np.empty((len(boxes), 0, 4), np.float32)


def flowing_paths(boxes: Boxes, greys: Sequence[Grey], moves: Sequence[Similarity]) -> Paths:
    """Where boxes go by their own flow through ``greys``, the first of which holds them.

    ``moves`` is the camera's movement between each grey picture and the next, in the direction of
    travel. Returns shape (len(boxes), len(moves), 4).
    """
    steps = []
    for (before, after), move in zip(pairwise(greys), moves, strict=True):
        boxes = _step(boxes, before, after, move)
        steps.append(boxes)
    return np.stack(steps, axis=1) if steps else np.empty((len(boxes), 0, 4), np.float32)


def _step(boxes: Boxes, before: Grey, after: Grey, move: Similarity) -> Boxes:
    by_camera = carried(boxes, move)
    if not len(boxes):
        return by_camera
    start = _grid(boxes)
    guess = _grid(by_camera)
    end, followed = flow(before, after, start, guess)
    height, width = before.shape
    inside = ((start >= 0) & (start < (width, height))).all(axis=1)
    whole = (followed & inside).reshape(len(boxes), -1).all(axis=1)
    shift = (end - guess).reshape(len(boxes), GRID * GRID, 2)
    middle = np.median(shift, axis=1)
    spread = np.median(np.abs(shift - middle[:, None]).max(axis=2), axis=1)
    moved = np.where((whole & (spread <= MAX_SPREAD))[:, None], middle, np.float32(0))
    return np.asarray(by_camera + np.tile(moved, 2), np.float32)


def _grid(boxes: Boxes) -> Points:
    """GRID × GRID points in the inner part of each box, shape (N * GRID * GRID, 2)."""
    share = (np.arange(GRID, dtype=np.float32) + 0.5) / GRID * 0.7 + 0.15
    across, down = np.meshgrid(share, share)
    places = np.stack([across.ravel(), down.ravel()], axis=1)
    points = boxes[:, None, :2] + sizes(boxes)[:, None, :] * places[None]
    return points.reshape(-1, 2).astype(np.float32)
