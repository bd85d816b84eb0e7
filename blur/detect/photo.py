"""The thorough look at a photo: there is no second frame that could show what the first one hid.

Two detectors look at several sizes, and once more at the turned picture, since neither knows heads
that lie or hang. What one look sees clearly counts, and what two of them see, however faintly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from blur.detect.centerface import CenterFace
from blur.detect.detector import Bgr, Detector, Faces
from blur.detect.looking import look
from blur.detect.retinaface import RetinaFace
from blur.events import Started, Steps
from blur.geometry import Boxes, iou
from blur.media.clip import Clip
from blur.media.stills import read_still
from blur.plan.photo import Sightings
from blur.settings import Preset, Settings

BASE_PIXELS = 4_000_000
"""A look at size 1 sees no more pixels than this: the faces that matter in larger photos are larger."""
TILE = 1536
OVERLAP = 128
"""Large looks are taken in square tiles of this side, to bound memory; tiles share so many pixels.
Faces that lie across a seam are whole at the smaller sizes."""
AGREE = 0.2
"""Sightings of two looks that share so much of their union (IoU) confirm each other."""

Affine: TypeAlias = NDArray[np.float64]
"""Shape (2, 3)."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of looking.

    Attributes:
        detector: its name.
        scale: size of the look as part of the photo, or of ``BASE_PIXELS`` where it is larger.
        turn: degrees, counter-clockwise, by which the picture is turned for it.
        sure: score from which a sighting counts.
        weak: score from which a sighting counts if another look confirms it.
    """

    detector: str
    scale: float
    turn: int
    sure: float
    weak: float


# `python benchmarks/photos.py` prints the last line: 236 faces of at least 20 pixels in 32 frames of the
# crowds, share of faces that leaked and share of the picture that was masked away from faces.
#   CenterFace at 1, all from 0.2                           0.216  0.002
#   CenterFace at 0.5, 1 and 1.5, all from 0.1              0.030  0.027
#   these three ways and RetinaFace, confirmed              0.038  0.012
#   and at 0.25 and the turned ones, confirmed              0.000  0.050
_UPRIGHT = (
    *(Way("centerface", scale, 0, 0.2, 0.1) for scale in (0.25, 0.5, 1.0)),
    Way("retinaface", 1.0, 0, 0.6, 0.15),
)
_CLOSER = (Way("centerface", 1.5, 0, 0.2, 0.1),)
_TURNED = tuple(Way("centerface", 0.7, turn, 0.5, 0.15) for turn in (35, -35, 90, -90, 180))

WAYS: dict[Preset, tuple[Way, ...]] = {
    "fast": _UPRIGHT,
    "balanced": _UPRIGHT + _CLOSER + _TURNED,
    "thorough": _UPRIGHT + _CLOSER + _TURNED,
}


def analyse_photo(photo: Clip, settings: Settings) -> Steps[Sightings]:
    """Look at a photo; yields events of stage ``analyse``.

    Raises:
        InputError: the photo cannot be read.
        WeightsError: a detector's weights are absent or altered.
    """
    yield Started(photo.name, "analyse")
    picture = np.asarray(cv2.cvtColor(read_still(photo), cv2.COLOR_RGB2BGR), np.uint8)
    detectors: dict[str, Detector] = {one.name: one for one in (CenterFace(), RetinaFace())}
    faces = search(picture, detectors, ways_for(settings))
    return Sightings(photo.width, photo.height, faces.boxes, faces.scores)


def ways_for(settings: Settings) -> tuple[Way, ...]:
    """The ways of looking; a threshold of the user's takes the place of CenterFace's, the rest follow."""
    ways = WAYS[settings.preset]
    if settings.threshold is None:
        return ways
    factor = settings.threshold / _UPRIGHT[0].sure
    return tuple(replace(way, sure=min(way.sure * factor, 0.99), weak=way.weak * factor) for way in ways)


def search(picture: Bgr, detectors: Mapping[str, Detector], ways: Sequence[Way]) -> Faces:
    """All sightings that count, in pixels of ``picture``; several may be of one face."""
    seen = [glance(picture, detectors[way.detector], way) for way in ways]
    boxes = np.concatenate([np.empty((0, 4), np.float32), *(faces.boxes for faces in seen)])
    scores = np.concatenate([np.empty(0, np.float32), *(faces.scores for faces in seen)])
    origin = np.repeat(np.arange(len(seen)), [len(faces) for faces in seen])
    sure = scores >= np.array([way.sure for way in ways], np.float32)[origin]
    other = origin[:, None] != origin[None, :]
    kept = sure | ((iou(boxes, boxes) > AGREE) & other).any(axis=1)
    return Faces(boxes[kept], scores[kept])


def glance(picture: Bgr, detector: Detector, way: Way) -> Faces:
    """The sightings of one look that score at least ``way.weak``, in pixels of ``picture``."""
    height, width = picture.shape[:2]
    factor = way.scale * min(1.0, (BASE_PIXELS / (width * height)) ** 0.5)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    seen = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    turning, turned_size = _turning(size, way.turn)
    if way.turn:
        # Black corners would make a look take the picture for dark.
        ground = cv2.mean(seen)
        seen = cv2.warpAffine(seen, turning, turned_size, flags=cv2.INTER_LINEAR, borderValue=ground)
    faces = _tiled(detector, np.asarray(seen, np.uint8), way.weak)
    boxes = _mapped(faces.boxes, np.asarray(cv2.invertAffineTransform(turning), np.float64))
    return Faces(boxes * np.array([width / size[0], height / size[1]] * 2, np.float32), faces.scores)


def _tiled(detector: Detector, picture: Bgr, threshold: float) -> Faces:
    """As ``look``, tile by tile. A face in two tiles is seen twice."""
    height, width = picture.shape[:2]
    boxes, scores = [np.empty((0, 4), np.float32)], [np.empty(0, np.float32)]
    for y0, y1 in _spans(height):
        for x0, x1 in _spans(width):
            faces = look(detector, np.ascontiguousarray(picture[y0:y1, x0:x1]), threshold)
            boxes.append(faces.boxes + np.array([x0, y0, x0, y0], np.float32))
            scores.append(faces.scores)
    return Faces(np.concatenate(boxes), np.concatenate(scores))


def _spans(length: int) -> list[tuple[int, int]]:
    """Even parts of a side, none longer than ``TILE``, that overlap by ``OVERLAP``."""
    count = max(1, -(-(length - OVERLAP) // (TILE - OVERLAP)))
    step = -(-(length - OVERLAP) // count)
    return [(start * step, min(start * step + step + OVERLAP, length)) for start in range(count)]


def _turning(size: tuple[int, int], degrees: int) -> tuple[Affine, tuple[int, int]]:
    """What turns a picture into one that holds all of it, and that one's size."""
    width, height = size
    matrix = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0), np.float64)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    large = round(width * cos + height * sin), round(width * sin + height * cos)
    matrix[:, 2] += (large[0] - width) / 2, (large[1] - height) / 2
    return matrix, large


def _mapped(boxes: Boxes, matrix: Affine) -> Boxes:
    """The upright boxes around what boxes become under an affine map."""
    x0, y0, x1, y1 = boxes.T
    corners = np.stack([np.stack([x, y], axis=-1) for x in (x0, x1) for y in (y0, y1)], axis=1)
    moved = corners @ matrix[:, :2].T + matrix[:, 2]
    return np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1).astype(np.float32)
