"""CenterFace: Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019."""

from __future__ import annotations

import numpy as np

from blur.detect.detector import Bgr, Faces, strongest
from blur.detect.onnx import Network

CELL = 4
"""Pixels of the picture for each cell of the heat map."""


class CenterFace:
    """Finds the centres of faces on a heat map and reads their sizes there."""

    name = "centerface"

    def __init__(self) -> None:
        """Raises WeightsError where the weights are absent or altered."""
        # heat map, log of height and width, offset of the centre
        self._network = Network("centerface.onnx", ["537", "538", "539"], mean=(0, 0, 0), rgb=True)

    def detect(self, picture: Bgr, threshold: float) -> Faces:
        heat, scale, offset = self._network.run(picture)
        rows, columns = np.nonzero(heat[0, 0] >= threshold)
        if not rows.size:
            return Faces.none()
        scores = heat[0, 0, rows, columns]
        half = np.exp(scale[0, :, rows, columns])[:, ::-1] * (CELL / 2)
        cells = np.stack([columns, rows], axis=1).astype(np.float32)
        middle = (cells + offset[0, :, rows, columns][:, ::-1] + 0.5) * CELL
        boxes = np.concatenate([middle - half, middle + half], axis=1).astype(np.float32)
        return strongest(boxes, scores)
