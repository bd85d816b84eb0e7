from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.data import astronaut

from blur.detect.blazeface import STEP, TILE, BlazeFace, _starts
from blur.geometry import iou
from tests.detect.faces import FACE, bgr, boxes, face_box, pasted, texture


@given(st.integers(1, 5000))
def test_tiles_cover_a_side_and_overlap(length: int) -> None:
    starts = _starts(length)
    assert starts == sorted(set(starts))
    assert starts[0] == 0
    assert starts[-1] == max(0, length - TILE)
    assert all(later - earlier <= STEP < TILE for earlier, later in pairwise(starts))


@pytest.mark.parametrize("x", [288, 384, 480, 616, 712])
def test_a_face_on_a_seam_of_tiles_is_found_once(x: int) -> None:
    picture = bgr(pasted(texture(1000, 384, 5), x, 200, 60))
    faces = BlazeFace().detect(picture, 0.5)
    assert len(faces) == 1
    assert iou(faces.boxes, boxes(face_box(x, 200, 60)))[0, 0] >= 0.4


def test_the_short_range_finds_the_photo_s_face_too() -> None:
    faces = BlazeFace("short").detect(bgr(astronaut()), 0.8)
    assert len(faces) == 1
    assert iou(faces.boxes, boxes(FACE))[0, 0] >= 0.4
