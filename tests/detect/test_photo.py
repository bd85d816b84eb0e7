"""A face in a photo is found whatever its size and its turn; what only one look half sees is not."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.data import astronaut

from blur.detect import photo
from blur.detect.centerface import CenterFace
from blur.detect.detector import Detector, Faces
from blur.detect.photo import WAYS, Way, glance, search, ways_for
from blur.detect.retinaface import RetinaFace
from blur.settings import Settings

FACE = np.array([173, 62, 274, 196], np.float32)
"""Where the astronaut's face is in her photo of 512 × 512."""


@cache
def detectors() -> dict[str, Detector]:
    return {one.name: one for one in (CenterFace(), RetinaFace())}


def placed(side: int, turn: int, width: int = 640, height: int = 480) -> tuple[NDArray, NDArray]:
    """The portrait, scaled and turned, on grey; and the middle of the face."""
    scale = side / 512
    matrix = cv2.getRotationMatrix2D((256, 256), turn, scale)
    matrix[:, 2] += (width / 2 - 256, height / 2 - 256)
    portrait = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2BGR)
    picture = cv2.warpAffine(
        portrait, matrix, (width, height), flags=cv2.INTER_AREA, borderValue=(120, 120, 120)
    )
    middle = matrix @ np.array([(FACE[0] + FACE[2]) / 2, (FACE[1] + FACE[3]) / 2, 1])
    return picture, middle


def finds(faces: Faces, middle: NDArray, size: float) -> bool:
    near = np.abs((faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2 - middle).max(axis=1, initial=0) < size / 2
    return bool(near.any())


@pytest.mark.parametrize("turn", [0, 40, -40, 90, -90, 180])
@pytest.mark.parametrize("side", [150, 420])
def test_a_turned_head_is_found(side: int, turn: int) -> None:
    picture, middle = placed(side, turn)
    faces = search(picture, detectors(), WAYS["balanced"])
    assert finds(faces, middle, side * 101 / 512)


def test_a_face_that_fills_a_photo_and_a_small_one_in_it_are_found() -> None:
    large, middle = placed(2200, 0, 1700, 1700)
    small, at = placed(110, 0, 280, 280)
    picture = np.vstack([large, np.full((300, 1700, 3), 120, np.uint8)])
    picture[1710:1990, 1000:1280] = small
    faces = search(picture, detectors(), WAYS["fast"])
    assert finds(faces, middle, 430)
    assert finds(faces, at + np.array([1000, 1710]), 22)


def test_an_empty_photo_has_no_face() -> None:
    grey = np.full((300, 400, 3), 120, np.uint8)
    assert len(search(grey, detectors(), WAYS["balanced"])) == 0


class Seer:
    """Sees one given box in every picture."""

    def __init__(self, name: str, box: tuple[float, ...], score: float) -> None:
        self.name, self.box, self.score = name, box, score

    def detect(self, picture: NDArray, threshold: float) -> Faces:
        del picture
        if self.score < threshold:
            return Faces.none()
        return Faces(np.array([self.box], np.float32), np.array([self.score], np.float32))


def test_a_weak_sighting_needs_a_second_look_and_a_sure_one_does_not() -> None:
    ways = (Way("a", 1, 0, 0.5, 0.2), Way("b", 1, 0, 0.5, 0.2))
    here, there = (60, 60, 120, 120), (200, 200, 260, 260)
    picture = np.full((320, 320, 3), 120, np.uint8)

    def count(one: Seer, two: Seer) -> int:
        return len(search(picture, {"a": one, "b": two}, ways))

    assert count(Seer("a", here, 0.3), Seer("b", there, 0.3)) == 0
    assert count(Seer("a", here, 0.3), Seer("b", here, 0.3)) == 2
    assert count(Seer("a", here, 0.6), Seer("b", there, 0.3)) == 1
    assert count(Seer("a", here, 0.1), Seer("b", here, 0.6)) == 1


@pytest.mark.parametrize("turn", [0, 35, 90, 180])
@pytest.mark.parametrize("scale", [0.5, 1.0, 1.5])
def test_boxes_come_back_to_where_they_were_seen(turn: int, scale: float) -> None:
    class Marker:
        name = "marker"

        def detect(self, picture: NDArray, threshold: float) -> Faces:
            del threshold
            rows, columns = np.nonzero(picture[..., 1] > 200)
            box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            return Faces(np.array([box], np.float32), np.ones(1, np.float32))

    picture = np.full((300, 420, 3), 90, np.uint8)
    cv2.circle(picture, (300, 110), 20, (0, 255, 0), -1)
    faces = glance(picture, Marker(), Way("marker", scale, turn, 0.5, 0.5))
    x0, y0, x1, y1 = faces.boxes[0].tolist()
    assert abs((x0 + x1) / 2 - 300) < 3
    assert abs((y0 + y1) / 2 - 110) < 3
    assert x0 < 283
    assert x1 > 317


@pytest.mark.parametrize("length", [1, 500, photo.TILE, photo.TILE + 1, 5000, 12_000])
def test_tiles_are_small_cover_all_and_overlap(length: int) -> None:
    spans = photo._spans(length)
    assert spans[0][0] == 0
    assert spans[-1][1] == length
    assert all(0 < stop - start <= photo.TILE for start, stop in spans)
    assert all(a[1] - b[0] == photo.OVERLAP for a, b in pairwise(spans))


def test_the_users_threshold_moves_all_looks() -> None:
    low, usual = ways_for(Settings(threshold=0.1)), ways_for(Settings())
    assert all(a.sure == pytest.approx(b.sure / 2) for a, b in zip(low, usual, strict=True))
    assert len(ways_for(Settings(preset="fast"))) < len(usual)
