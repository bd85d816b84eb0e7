"""The second look at single pictures: what is exposed is found, what is covered or no face is not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from blur.audit.depth import DEPTHS, View
from blur.audit.output import MAKERS
from blur.audit.second_look import SEEN, Eyes, below_a_mask, glance
from blur.detect.detector import Bgr, Faces
from blur.geometry import iou
from tests.detect.faces import Rgb, bgr, boxes, face_box, pasted, texture

NOTHING = np.empty((0, 4))


@cache
def eyes() -> Eyes:
    return Eyes(MAKERS)


def exposed(picture: Rgb, views: Sequence[View], regions: NDArray[np.float64] = NOTHING) -> Faces:
    return eyes().exposed(bgr(picture), regions, views)


@pytest.mark.parametrize("views", DEPTHS["balanced"].looks + DEPTHS["thorough"].looks)
@pytest.mark.parametrize("wide", [34, 60, 150])
def test_every_look_finds_an_exposed_face_where_it_is(views: Sequence[View], wide: int) -> None:
    faces = exposed(pasted(texture(800, 450), 390, 220, wide), views)
    assert len(faces) == 1
    assert iou(faces.boxes, boxes(face_box(390, 220, wide)))[0, 0] > 0.5
    assert faces.scores[0] >= SEEN


def test_a_covered_face_is_no_find_though_it_can_be_seen() -> None:
    box = np.array([face_box(390, 220, 60)])
    picture, views = pasted(texture(800, 450), 390, 220, 60), DEPTHS["balanced"].looks[0]
    assert len(exposed(picture, views, box)) == 0
    assert len(exposed(picture, views, box + 150)) == 1


def test_a_picture_without_a_face_is_clean() -> None:
    for views in DEPTHS["balanced"].looks + DEPTHS["thorough"].looks:
        assert len(exposed(texture(640, 360), views)) == 0


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


def test_one_look_is_not_enough() -> None:
    """A spot that one detector is sure of, and that is none when looked at closely, is no find."""
    picture = np.full((360, 640, 3), 90, np.uint8)
    cv2.circle(picture, (420, 130), 30, (255, 255, 255), -1)
    views = [View("spot", 0.5)]
    assert len(Eyes({**MAKERS, "spot": Spot}).exposed(picture, NOTHING, views)) == 0
    assert len(Eyes({"centerface": Spot, "spot": Spot}).exposed(picture, NOTHING, views)) == 1


MASK = np.array([[100.0, 100.0, 160.0, 190.0]])


@pytest.mark.parametrize(
    ("box", "below"),
    [
        ((115, 175, 150, 215), True),  # a neck
        ((115, 75, 150, 115), False),  # above it
        ((165, 125, 200, 165), False),  # beside it
        ((115, 250, 150, 290), False),  # far below it
        ((136, 185, 171, 225), True),  # a shoulder
        ((95, 160, 165, 240), False),  # as large as the mask: someone in front
        ((85, 155, 170, 265), True),  # a chest
        ((60, 130, 200, 290), False),  # far larger: someone much nearer
    ],
)
def test_what_is_taken_for_a_neck(box: tuple[float, ...], below: bool) -> None:
    assert below_a_mask(np.array(box, np.float32), MASK) is below
    assert not below_a_mask(np.array(box, np.float32), NOTHING)


@pytest.mark.parametrize(
    ("middle", "light", "score", "sure"),
    [
        (60, 255, 0.35, True),
        (3, 255, 0.35, False),
        (3, 255, 0.45, True),
        (60, 40, 0.35, True),
        (3, 40, 0.45, False),
        (3, 40, 0.55, True),
    ],
)
def test_at_the_edge_more_is_asked_and_most_in_the_dark(
    middle: int, light: int, score: float, sure: bool
) -> None:
    class Half(Spot):
        """What it sees reaches beyond the edge, as what the mirrored border shows does."""

        def detect(self, picture: Bgr, _: float) -> Faces:
            bright = picture.min(axis=2)
            stats = cv2.connectedComponentsWithStats((bright > bright.max() / 2).astype(np.uint8))[2]
            x, y, wide, high = stats[1, :4].tolist()
            return Faces(boxes((x, y, x + wide, y + high)), np.full(1, score, np.float32))

    picture = np.full((360, 640, 3), light // 10, np.uint8)
    cv2.circle(picture, (middle, 195), 20, (light, light, light), -1)
    found, faint = Eyes({"centerface": Half}).judged(picture, NOTHING, [View("centerface", 1.0)])
    assert (len(found), len(faint)) == (sure, not sure)


def test_what_is_fainter_still_is_told_apart_and_not_below_a_mask() -> None:
    class Fainter(Spot):
        def detect(self, picture: Bgr, threshold: float) -> Faces:
            faces = super().detect(picture, threshold)
            return Faces(faces.boxes, faces.scores * np.float32(0.28))

    picture = np.full((360, 640, 3), 90, np.uint8)
    cv2.circle(picture, (132, 195), 20, (255, 255, 255), -1)
    eyes, views = Eyes({"centerface": Fainter}), [View("centerface", 1.0)]
    assert [len(faces) for faces in eyes.judged(picture, MASK, views)] == [0, 0]
    sure, faint = eyes.judged(picture, MASK + 200, views)
    assert (len(sure), len(faint)) == (0, 1)
    assert iou(faint.boxes, boxes((112, 175, 153, 216)))[0, 0] > 0.9


def test_a_weak_sighting_counts_beside_a_mask_and_not_below_it() -> None:
    class Weak(Spot):
        def detect(self, picture: Bgr, threshold: float) -> Faces:
            faces = super().detect(picture, threshold)
            return Faces(faces.boxes, faces.scores * np.float32(0.4))

    picture = np.full((360, 640, 3), 90, np.uint8)
    cv2.circle(picture, (132, 195), 20, (255, 255, 255), -1)
    eyes, views = Eyes({"centerface": Weak}), [View("centerface", 1.0)]
    assert len(eyes.exposed(picture, MASK, views)) == 0
    assert len(eyes.exposed(picture, MASK + 200, views)) == 1


def test_a_face_at_night_is_found_whether_a_lamp_lights_it_or_not() -> None:
    for scene, face in ((0.06, 1.0), (0.1, 0.1)):
        night = (texture(800, 450) * scene).astype(np.uint8)
        lamp = pasted(np.zeros_like(night), 390, 220, 60) * face
        picture = np.maximum(night, lamp.astype(np.uint8))
        for views in DEPTHS["balanced"].looks:
            faces = exposed(picture, views)
            assert len(faces) == 1
            assert iou(faces.boxes, boxes(face_box(390, 220, 60)))[0, 0] > 0.5
