"""Looking at a picture so that a detector sees what is in it: lit, framed, at the right size."""

from __future__ import annotations

import cv2
import numpy as np

from blur.detect.detector import Bgr, Detector, Faces
from blur.geometry import areas

DARK = 70
LIT = 110
"""A picture whose median luma is below ``DARK`` is lifted to ``LIT`` before it is looked at."""
LEAST_EXPONENT = 0.3
BORDER = 24
"""At least so many pixels are mirrored at each edge, so that half a head there looks like a whole one."""
STRIDE = 32
MIN_INSIDE = 0.4
"""Share of a box that must lie in the picture: the mirrored border shows faces that are not there."""
MIN_SIDE = 6.0
"""Boxes of fewer pixels of the look are noise."""


def toned(picture: Bgr, sample: Bgr) -> Bgr:
    """The picture, its shadows lifted where ``sample``, a part of it, is dark; noise is smoothed first.

    A gain would burn out the face that a lamp lights at night; an exponent does not.
    """
    luma = cv2.cvtColor(np.ascontiguousarray(sample[::4, ::4]), cv2.COLOR_BGR2GRAY)
    median = float(np.median(luma))
    if median >= DARK:
        return picture
    exponent = max(np.log(LIT / 255) / np.log(max(median, 1.0) / 255), LEAST_EXPONENT)
    curve = (255 * (np.arange(256) / 255) ** exponent).round().astype(np.uint8)
    return np.asarray(cv2.LUT(cv2.GaussianBlur(picture, (3, 3), 0), curve), np.uint8)


def look(detector: Detector, picture: Bgr, threshold: float) -> Faces:
    """Sightings in a picture of any light, faces at its edges included.

    Boxes are in pixels of ``picture`` and may reach beyond its edges.
    """
    height, width = picture.shape[:2]
    across, down = _border(width), _border(height)
    framed = cv2.copyMakeBorder(toned(picture, picture), *down, *across, borderType=cv2.BORDER_REFLECT_101)
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
