from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.detect.centerface import CenterFace
from blur.detect.detector import Bgr, Faces
from blur.detect.looking import BORDER, DARK, LEAST_EXPONENT, LIT, MIN_INSIDE, MIN_SIDE, STRIDE, look, toned
from blur.geometry import areas, iou
from tests.detect.faces import bgr, boxes, face_box, pasted, texture


@pytest.fixture(scope="module")
def centerface() -> CenterFace:
    return CenterFace()


class Fixed:
    """Sees the same boxes in every picture, and keeps the picture."""

    name = "fixed"

    def __init__(self, *rows: tuple[float, float, float, float]) -> None:
        self.boxes = boxes(*rows)
        self.picture: Bgr = np.empty((0, 0, 3), np.uint8)

    def detect(self, picture: Bgr, threshold: float) -> Faces:
        self.picture = picture
        return Faces(self.boxes, np.full(len(self.boxes), threshold, np.float32))


@given(st.integers(1, 200), st.integers(1, 200))
def test_the_detector_sees_the_picture_in_a_mirrored_frame_of_whole_strides(width: int, height: int) -> None:
    picture = bgr(texture(200, 200)[:height, :width])
    fixed = Fixed()
    look(fixed, picture, 0.1)
    framed = fixed.picture
    assert (framed.shape[0] % STRIDE, framed.shape[1] % STRIDE) == (0, 0)
    top, left = (framed.shape[0] - height) // 2, (framed.shape[1] - width) // 2
    assert min(top, left) >= BORDER
    assert max(framed.shape[0] - height, framed.shape[1] - width) < 2 * BORDER + STRIDE
    np.testing.assert_array_equal(framed[top : top + height, left : left + width], picture)
    near = min(width, left + 1)
    mirrored = framed[top : top + height, left - near + 1 : left][:, ::-1]
    np.testing.assert_array_equal(mirrored, picture[:, 1:near])


corners = st.floats(-100, 300, width=32)
sides = st.floats(1, 200, width=32)


@given(st.integers(40, 200), st.integers(40, 200), st.lists(st.tuples(corners, corners, sides, sides)))
def test_no_box_is_mostly_outside_and_none_inside_is_lost(
    width: int, height: int, found: list[tuple[float, float, float, float]]
) -> None:
    fixed = Fixed(*((x, y, x + wide, y + high) for x, y, wide, high in found))
    seen = look(fixed, np.full((height, width, 3), 128, np.uint8), 0.25)
    assert (seen.scores == 0.25).all()
    left, top = (
        (side - length) // 2 for side, length in zip(fixed.picture.shape[1::-1], (width, height), strict=True)
    )
    moved = fixed.boxes - np.float32([left, top, left, top])
    share = areas(np.clip(moved, 0, np.float32([width, height, width, height]))) / np.maximum(
        areas(moved), 1e-6
    )
    large = (moved[:, 2:] - moved[:, :2]).min(axis=1, initial=np.inf) >= MIN_SIDE
    np.testing.assert_array_equal(seen.boxes, moved[(share >= MIN_INSIDE) & large])


@pytest.mark.parametrize(("x", "y"), [(0, 240), (640, 240), (320, 0), (320, 480), (8, 240)])
def test_half_a_face_at_the_edge_is_found_whole(centerface: CenterFace, x: int, y: int) -> None:
    picture = bgr(pasted(texture(640, 480, 3), x, y, 60))
    face = boxes(face_box(x, y, 60))
    framed = look(centerface, picture, 0.3)
    assert len(framed) == 1
    assert iou(framed.boxes, face)[0, 0] >= 0.6


def test_what_the_border_mirrors_is_not_found_twice(centerface: CenterFace) -> None:
    # the whole face stands within the border's reach of the edge
    picture = bgr(pasted(texture(640, 480, 3), 14, 240, 24))
    seen = look(centerface, picture, 0.15)
    assert len(seen) == 1
    assert iou(seen.boxes, boxes(face_box(14, 240, 24)))[0, 0] >= 0.6


@pytest.mark.parametrize("light", [0.3, 0.15, 0.08, 0.04])
def test_a_face_in_the_dark_is_found(centerface: CenterFace, light: float) -> None:
    picture = bgr((pasted(texture(640, 480, 3), 320, 240, 40) * light).round().astype(np.uint8))
    seen = look(centerface, picture, 0.5)
    assert len(seen) == 1
    assert iou(seen.boxes, boxes(face_box(320, 240, 40)))[0, 0] >= 0.6


@pytest.mark.parametrize("width", [40, 80])
def test_a_face_that_a_lamp_lights_at_night_is_found(centerface: CenterFace, width: int) -> None:
    night = texture(640, 480, 3) * 0.06
    lamp = cv2.GaussianBlur(
        np.float32(np.hypot(*np.mgrid[-240:240, -320:320]) < 2 * width), (0, 0), width / 4
    )
    lit = pasted(texture(640, 480, 3), 320, 240, width) * lamp[..., None]
    picture = bgr(np.maximum(night, lit).round().astype(np.uint8))
    seen = look(centerface, picture, 0.3)
    assert len(seen) == 1
    assert iou(seen.boxes, boxes(face_box(320, 240, width)))[0, 0] >= 0.5


def test_noise_in_the_dark_hides_no_face(centerface: CenterFace) -> None:
    dark = pasted(texture(640, 480, 3), 320, 240, 60) * 0.15
    noisy = dark + np.random.default_rng(1).normal(0, 4, dark.shape)
    picture = bgr(np.clip(noisy, 0, 255).round().astype(np.uint8))
    seen = look(centerface, picture, 0.3)
    assert len(seen) == 1
    assert iou(seen.boxes, boxes(face_box(320, 240, 60)))[0, 0] >= 0.5


@given(st.integers(0, 255))
def test_dark_pictures_are_brightened_and_others_left_alone(level: int) -> None:
    picture = np.full((40, 60, 3), level, np.uint8)
    result = toned(picture, picture)
    assert (picture == level).all()
    if level >= DARK:
        assert result is picture
    else:
        expected = min(LIT, round(255 * (level / 255) ** LEAST_EXPONENT))
        assert abs(int(result[20, 30, 0]) - expected) <= 1
