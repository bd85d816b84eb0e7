"""CenterFace: Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from blur.detect.detector import Bgr, Faces
from blur.detect.onnx import Network, Recipe, precision
from blur.geometry import non_maximum_suppression

# heat map, log of height and width, offset of the centre
RECIPE = Recipe("centerface.onnx", ("537", "538", "539"), mean=(0, 0, 0), rgb=True)
RANGES = "centerface-ranges.json"
PALE = 1.12
"""Times as high that faint faces score without rounding."""
CELL = 4
"""Pixels of the picture for each cell of the heat map."""


class CenterFace:
    """Finds the centres of faces on a heat map and reads their sizes there."""

    name = "centerface"

    def __init__(self, *, rounded: bool = False) -> None:
        """Raises WeightsError where the weights are absent or altered.

        Args:
            rounded: faster on processors without sums of 16 bits, and a little less sure of faint faces;
                for those who look more than once.
        """
        self._network = Network(replace(RECIPE, ranges=RANGES if rounded else ""))
        self._gain = np.float32(PALE if rounded and precision() == "i8" else 1)

    def detect(self, picture: Bgr, threshold: float) -> Faces:
        heat, scale, offset = self._network.run(picture)
        heat = np.minimum(heat * self._gain, 1)
        rows, columns = np.nonzero(heat[0, 0] >= threshold)
        if not rows.size:
            return Faces.none()
        scores = heat[0, 0, rows, columns]
        half = np.exp(scale[0, :, rows, columns])[:, ::-1] * (CELL / 2)
        cells = np.stack([columns, rows], axis=1).astype(np.float32)
        middle = (cells + offset[0, :, rows, columns][:, ::-1] + 0.5) * CELL
        boxes = np.concatenate([middle - half, middle + half], axis=1).astype(np.float32)
        keep = non_maximum_suppression(boxes, scores, 0.35)
        return Faces(boxes[keep], scores[keep])
