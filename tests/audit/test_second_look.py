"""The second look at single pictures: what is exposed is found, what is covered or no face is not."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from blur.audit.depth import DEPTHS, View
from blur.audit.output import MAKERS
from blur.audit.second_look import SEEN, Eyes, glance
from blur.detect.detector import Bgr, Faces
from blur.geometry import iou
from tests.detect.faces import bgr, boxes, face_box, pasted, texture

NOTHING = np.empty((0, 4))


@cache
def eyes() -> Eyes:
    return Eyes(DEPTHS["balanced"].views, MAKERS)


@pytest.mark.parametrize("wide", [34, 60, 150])
def test_an_exposed_face_is_found_where_it_is(wide: int) -> None:
    faces = eyes().exposed(bgr(pasted(texture(800, 450), 390, 220, wide)), NOTHING)
    assert len(faces) == 1
    assert iou(faces.boxes, boxes(face_box(390, 220, wide)))[0, 0] > 0.5
    assert faces.scores[0] >= SEEN


def test_a_covered_face_is_no_find_though_it_can_be_seen() -> None:
    box = face_box(390, 220, 60)
    picture = bgr(pasted(texture(800, 450), 390, 220, 60))
    assert len(eyes().exposed(picture, np.array([box]))) == 0
    elsewhere = np.array([box]) + 150
    assert len(eyes().exposed(picture, elsewhere)) == 1


def test_a_picture_without_a_face_is_clean() -> None:
    for seed in range(3):
        assert len(eyes().exposed(bgr(texture(640, 360, seed)), NOTHING)) == 0


class Spot:
    """Takes every white spot for a face."""

    name = "spot"

    def detect(self, picture: Bgr, _: float) -> Faces:
        stats = cv2.connectedComponentsWithStats((picture.min(axis=2) > 128).astype(np.uint8))[2]
        corners = stats[1:, :2].astype(np.float32)
        return Faces(np.hstack([corners, corners + stats[1:, 2:4]]), np.ones(len(stats) - 1, np.float32))


@pytest.mark.parametrize(
    "view",
    [
        View("spot", 1.0),
        View("spot", 0.5, mirrored=True),
        View("spot", 0.7, turn=35),
        View("spot", 0.5, -35, True),
    ],
)
def test_what_a_view_sees_is_where_it_was_in_the_picture(view: View) -> None:
    picture = np.zeros((360, 640, 3), np.uint8)
    cv2.circle(picture, (420, 130), 20, (255, 255, 255), -1)
    faces = glance(picture, Spot(), view)
    assert len(faces) == 1
    x0, y0, x1, y1 = faces.boxes[0].tolist()
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == (pytest.approx(420, abs=3), pytest.approx(130, abs=3))
    assert x1 - x0 == pytest.approx(41, abs=6)


def test_one_opinion_is_not_enough() -> None:
    """A spot that only one detector takes for a face is no find."""
    picture = np.full((360, 640, 3), 90, np.uint8)
    cv2.circle(picture, (420, 130), 30, (255, 255, 255), -1)
    alone = Eyes([View("spot", 0.5)], {**MAKERS, "spot": Spot})
    assert len(alone.exposed(picture, NOTHING)) == 0


def test_a_face_at_night_is_found_whether_a_lamp_lights_it_or_not() -> None:
    for scene, face in ((0.06, 1.0), (0.1, 0.1)):
        night = (texture(800, 450) * scene).astype(np.uint8)
        lamp = pasted(np.zeros_like(night), 390, 220, 60) * face
        picture = np.maximum(night, lamp.astype(np.uint8))
        faces = eyes().exposed(bgr(picture), NOTHING)
        assert len(faces) == 1
        assert iou(faces.boxes, boxes(face_box(390, 220, 60)))[0, 0] > 0.5
