"""RetinaFace with MobileNet 0.25.

Deng et al., "RetinaFace: Single-stage Dense Face Localisation in the Wild", 2019.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from blur.detect.detector import Bgr, Faces, strongest
from blur.detect.onnx import STRIDE, Network

ANCHORS = {8: (16, 32), 16: (64, 128), 32: (256, 512)}
"""Sides of the square anchors in pixels, for each stride of the feature pyramid."""
VARIANCES = (0.1, 0.2)
MEAN = (104.0, 117.0, 123.0)


@lru_cache(maxsize=8)
def anchors(width: int, height: int) -> NDArray[np.float32]:
    """Centre x, centre y and side of every anchor of a picture, shape (N, 3), in pixels."""
    rows = []
    for stride, sides in ANCHORS.items():
        y, x, side = np.meshgrid(
            (np.arange(height // stride) + 0.5) * stride,
            (np.arange(width // stride) + 0.5) * stride,
            sides,
            indexing="ij",
        )
        rows.append(np.stack([x.ravel(), y.ravel(), side.ravel()], axis=1))
    return np.concatenate(rows).astype(np.float32)


class RetinaFace:
    """Refines anchors of six sizes; quick, and wrong about other things than CenterFace is."""

    name = "retinaface"

    def __init__(self) -> None:
        """Raises WeightsError where the weights are absent or altered."""
        self._network = Network("retinaface_mobilenet025.onnx", ["loc", "conf"], MEAN, rgb=False)

    def detect(self, picture: Bgr, threshold: float) -> Faces:
        height, width = picture.shape[:2]
        shifts, classes = self._network.run(picture)
        found = np.flatnonzero(classes[0, :, 1] >= threshold)
        scores = classes[0, found, 1]
        anchor = anchors(width + -width % STRIDE, height + -height % STRIDE)[found]
        shift = shifts[0, found]
        middle = anchor[:, :2] + shift[:, :2] * VARIANCES[0] * anchor[:, 2:]
        half = anchor[:, 2:] * np.exp(shift[:, 2:] * VARIANCES[1]) / 2
        boxes = np.concatenate([middle - half, middle + half], axis=1).astype(np.float32)
        return strongest(boxes, scores)
