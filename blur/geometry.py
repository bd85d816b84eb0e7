"""Boxes as arrays of shape (N, 4): x0, y0, x1, y1, exclusive at the right and the bottom."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Boxes: TypeAlias = NDArray[np.float32]
"""Shape (N, 4), float32: x0, y0, x1, y1 in pixels."""


def sizes(boxes: Boxes) -> NDArray[np.float32]:
    """Widths and heights, shape (N, 2)."""
    return boxes[:, 2:] - boxes[:, :2]


def centres(boxes: Boxes) -> NDArray[np.float32]:
    """Centres, shape (N, 2)."""
    return (boxes[:, :2] + boxes[:, 2:]) / np.float32(2)


def areas(boxes: Boxes) -> NDArray[np.float32]:
    """Areas in square pixels, shape (N,)."""
    wh = np.maximum(sizes(boxes), 0)
    return wh[:, 0] * wh[:, 1]


def grown(boxes: Boxes, factor: float, at_least: float = 0.0) -> Boxes:
    """Boxes about the same centres, ``factor`` times as large, and by ``at_least`` pixels a side."""
    half = np.maximum(sizes(boxes) * factor / 2, sizes(boxes) / 2 + at_least)
    middle = centres(boxes)
    return np.concatenate([middle - half, middle + half], axis=1).astype(np.float32)


def overlaps(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """Areas of every intersection of a box of ``a`` with one of ``b``, shape (len(a), len(b))."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    wh: NDArray[np.float32] = np.maximum(high - low, 0)
    return wh[..., 0] * wh[..., 1]


def iou(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """Intersection over union of every pair, shape (len(a), len(b)), 0 to 1."""
    inner = overlaps(a, b)
    union = areas(a)[:, None] + areas(b)[None, :] - inner
    shares: NDArray[np.float32] = inner / np.maximum(union, np.float32(1e-6))
    return shares


def overlaps_of_pairs(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """Area of the intersection of each box of ``a`` with the same row of ``b``, shape (N,)."""
    wh: NDArray[np.float32] = np.maximum(np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]), 0)
    return wh[:, 0] * wh[:, 1]
