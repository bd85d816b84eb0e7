"""What a detector is: a picture in, boxes and scores out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Bgr: TypeAlias = NDArray[np.uint8]
"""Shape (H, W, 3), blue, green, red."""

SAME = 0.35
"""Boxes of one detector that overlap by more than this IoU are one face."""


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Sightings in one picture.

    Attributes:
        boxes: shape (N, 4), float32: x0, y0, x1, y1 in pixels of the picture that was looked at.
        scores: shape (N,), float32, 0 to 1.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def none(cls) -> Faces:
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32))


def strongest(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> Faces:
    """The boxes, shape (N, 4), that are the best of those for one face, strongest first."""
    corners = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = np.array(cv2.dnn.NMSBoxes(corners.tolist(), scores.tolist(), 0.0, SAME), np.intp)
    return Faces(boxes[kept], scores[kept])


class Detector(Protocol):
    """Looks at one picture. It sees faces, never persons: no landmarks leave it, no embedding."""

    name: str

    def detect(self, picture: Bgr, threshold: float) -> Faces:
        """All sightings that score at least ``threshold``, strongest first."""
        ...
