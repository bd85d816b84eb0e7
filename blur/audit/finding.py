"""What a second look finds, and whether it is covered already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blur.geometry import Boxes

COVERED = 0.3
"""What masks cover to this share is hidden: detectors take the chin and neck below a mask for a face."""
GRID = 16
"""Points across and down by which the covered share of a box is measured."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What looks like a face and is not covered.

    Attributes:
        frame: the frame's position in the clip.
        box: x0, y0, x1, y1 in pixels of the upright picture.
        score: how sure it is a face, 0 to 1.
    """

    frame: int
    box: tuple[float, float, float, float]
    score: float


def covered_shares(boxes: Boxes, regions: NDArray[Any]) -> NDArray[np.float64]:
    """How much of the ellipse in each box lies in any of the elliptic regions, shape (N,), 0 to 1.

    Args:
        regions: shape (M, 4), whole numbers or not, in the pixels of ``boxes``.
    """
    if not len(boxes) or not len(regions):
        return np.zeros(len(boxes))
    steps = (np.arange(GRID) + 0.5) / GRID * 2 - 1
    disc = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    disc = disc[(disc**2).sum(axis=1) <= 1]
    middle, half = _ellipses(boxes)
    centre, radius = _ellipses(regions)
    points = middle[:, None] + half[:, None] * disc  # (N, P, 2)
    away = (points[:, :, None] - centre) / radius  # (N, P, R, 2)
    covered: NDArray[np.float64] = ((away**2).sum(axis=-1) <= 1).any(axis=2).mean(axis=1)
    return covered


def _ellipses(boxes: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres and half axes, shapes (N, 2)."""
    exact = np.asarray(boxes, np.float64)
    return (exact[:, :2] + exact[:, 2:]) / 2, np.maximum(exact[:, 2:] - exact[:, :2], 1e-6) / 2
