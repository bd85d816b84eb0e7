"""Looking at a picture so that a detector sees what is in it: lit, framed, at the right size."""

from __future__ import annotations

import cv2
import numpy as np

from blur.detect.detector import Bgr, Detector, Faces
from blur.geometry import areas

DARK = 70
LIT = 110
"""A picture whose median luma is below ``DARK`` is brightened to ``LIT`` before it is looked at."""
MAX_GAIN = 8.0
BORDER = 24
"""At least so many pixels are mirrored at each edge, so that half a head there looks like a whole one."""
STRIDE = 32
MIN_INSIDE = 0.4
"""Share of a box that must lie in the picture: the mirrored border shows faces that are not there."""
MIN_SIDE = 6.0
"""Boxes of fewer pixels of the look are noise."""


def lit(picture: Bgr) -> Bgr:
    """The picture, brightened where it is dark; noise is smoothed first, since it is brightened too."""
    luma = float(np.median(cv2.cvtColor(np.ascontiguousarray(picture[::4, ::4]), cv2.COLOR_BGR2GRAY)))
    if luma >= DARK:
        return picture
    gain = min(LIT / max(luma, 1.0), MAX_GAIN)
    return np.asarray(cv2.convertScaleAbs(cv2.GaussianBlur(picture, (3, 3), 0), alpha=gain), np.uint8)


def look(detector: Detector, picture: Bgr, threshold: float) -> Faces:
    """Sightings in a picture of any light, faces at its edges included.

    Boxes are in pixels of ``picture`` and may reach beyond its edges.
    """
    height, width = picture.shape[:2]
    across, down = _border(width), _border(height)
    framed = cv2.copyMakeBorder(lit(picture), *down, *across, borderType=cv2.BORDER_REFLECT_101)
    faces = detector.detect(np.asarray(framed, np.uint8), threshold)
    boxes = faces.boxes - np.array([across[0], down[0], across[0], down[0]], np.float32)
    inside = np.clip(boxes, 0, np.array([width, height, width, height], np.float32))
    kept = areas(inside) >= MIN_INSIDE * areas(boxes)
    kept &= (boxes[:, 2:] - boxes[:, :2]).min(axis=1, initial=np.inf) >= MIN_SIDE
    return Faces(boxes[kept], faces.scores[kept])


def _border(length: int) -> tuple[int, int]:
    """Pixels to add before and after a side, which make it a whole number of strides."""
    total = 2 * BORDER + -(length + 2 * BORDER) % STRIDE
    return total // 2, total - total // 2
