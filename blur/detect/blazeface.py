"""BlazeFace by mediapipe: Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection", 2019."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias

import cv2
import numpy as np

from blur.detect.detector import Bgr, Faces, strongest
from blur.detect.weights import weights
from blur.errors import MissingError

# mediapipe's libraries write their own chatter to stderr, which belongs to Blur's messages
os.environ.setdefault("GLOG_minloglevel", "3")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

try:
    from mediapipe import Image, ImageFormat
    from mediapipe.tasks.python import BaseOptions, vision
except (ImportError, OSError) as error:  # OSError: the system's OpenGL libraries are absent
    raise MissingError("mediapipe cannot be loaded on this machine") from error

Range: TypeAlias = Literal["short", "full"]
FILES: dict[Range, str] = {
    "short": "face_detection_short_range.tflite",
    "full": "face_detection_full_range_sparse.tflite",
}
TILE = 384
"""Side of the square tiles: the networks see at most 192 pixels, so faces of 20 become 10."""
STEP = TILE * 3 // 4


@contextmanager
def _silenced_stderr() -> Iterator[None]:
    """TensorFlow Lite announces itself past every setting, straight to the file."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


class BlazeFace:
    """Looks at a picture tile by tile; blind to small faces, and wrong about other things than CenterFace."""

    name = "blazeface"

    def __init__(self, reach: Range = "full") -> None:
        """Raises WeightsError where the weights are absent or altered."""
        options = vision.FaceDetectorOptions(
            base_options=BaseOptions(model_asset_buffer=weights(FILES[reach])),
            min_detection_confidence=0.1,
        )
        with _silenced_stderr():
            self._detector = vision.FaceDetector.create_from_options(options)

    def detect(self, picture: Bgr, threshold: float) -> Faces:
        rgb = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
        found = [
            (box.origin_x + x, box.origin_y + y, box.width, box.height, sighting.categories[0].score)
            for y in _starts(picture.shape[0])
            for x in _starts(picture.shape[1])
            for sighting in self._tile(rgb, x, y)
            if sighting.categories[0].score >= threshold
            for box in [sighting.bounding_box]
        ]
        if not found:
            return Faces.none()
        rows = np.array(found, np.float32)
        boxes, scores = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], axis=1), rows[:, 4]
        return strongest(boxes, scores)

    def _tile(self, rgb: Bgr, x: int, y: int) -> list[vision.FaceDetectorResult]:
        tile = np.ascontiguousarray(rgb[y : y + TILE, x : x + TILE])
        return list(self._detector.detect(Image(image_format=ImageFormat.SRGB, data=tile)).detections)


def _starts(length: int) -> list[int]:
    """Where tiles begin along a side so that they overlap and the last one ends at the edge."""
    last = max(0, length - TILE)
    return [*range(0, last, STEP), last]
