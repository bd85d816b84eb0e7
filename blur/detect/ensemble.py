"""Several detectors as one: what one sees weakly and another sees too is likely there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from blur.detect.detector import Bgr, Detector, Faces
from blur.geometry import iou

SAME = 0.4
"""Boxes of two detectors that overlap by this much IoU are one face."""


@dataclass(frozen=True, slots=True)
class Member:
    """A detector, and how far its scores are believed beside the first one's, 0 to 1."""

    detector: Detector
    trust: float


class Ensemble:
    """A leading detector whose sightings the other members strengthen, and add to."""

    def __init__(self, leader: Detector, others: Sequence[Member]) -> None:
        self.name = "+".join([leader.name, *(member.detector.name for member in others)])
        self._leader = leader
        self._others = others

    def detect(self, picture: Bgr, threshold: float) -> Faces:
        """The union of all sightings; where several agree, the chance that not all of them err."""
        faces = self._leader.detect(picture, threshold)
        for member in self._others:
            seen = member.detector.detect(picture, threshold)
            faces = _joined(faces, Faces(seen.boxes, seen.scores * np.float32(member.trust)), threshold)
        order = np.argsort(-faces.scores, kind="stable")
        return Faces(faces.boxes[order], faces.scores[order])


def _joined(known: Faces, more: Faces, threshold: float) -> Faces:
    """Known faces strengthened by ``more``; of the rest of it, what scores enough by itself is added."""
    shares = iou(known.boxes, more.boxes)
    same = shares >= SAME
    support = np.where(same, more.scores[None], np.float32(0)).max(axis=1, initial=0.0)
    new = ~same.any(axis=0) & (more.scores >= threshold)
    return Faces(
        np.concatenate([known.boxes, more.boxes[new]]),
        np.concatenate([1 - (1 - known.scores) * (1 - support), more.scores[new]]).astype(np.float32),
    )
