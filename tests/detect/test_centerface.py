from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from blur.detect.centerface import CenterFace
from blur.geometry import centres, iou
from tests.detect.faces import bgr, boxes, face_box, pasted, texture


@pytest.fixture(scope="module")
def centerface() -> CenterFace:
    return CenterFace()


@pytest.mark.parametrize("wide", [14, 16, 20, 28, 40, 60, 100, 200])
def test_boxes_fit_the_face_closely(centerface: CenterFace, wide: int) -> None:
    picture = bgr(pasted(texture(640, 480, 3), 300, 240, wide))
    faces = centerface.detect(picture, 0.2)
    assert len(faces) == 1
    assert iou(faces.boxes, boxes(face_box(300, 240, wide)))[0, 0] >= 0.6


def test_a_face_goes_where_its_pixels_go(centerface: CenterFace) -> None:
    here, there = (
        centerface.detect(bgr(pasted(texture(640, 480, 3), x, y, 60)), 0.5).boxes
        for x, y in ((300, 240), (317, 233))
    )
    np.testing.assert_allclose(there - here, [[17, -7, 17, -7]], atol=3)


def test_in_a_mirror_the_face_stands_at_the_mirrored_place(centerface: CenterFace) -> None:
    # places are read from cells of four pixels; half a cell too far left here is too far right there
    errors = []
    for x in range(300, 308):
        picture = bgr(pasted(texture(640, 480, 3), x, 241, 40))
        mirrored = np.ascontiguousarray(picture[:, ::-1])
        one, other = (centres(centerface.detect(each, 0.5).boxes)[0, 0] for each in (picture, mirrored))
        errors.append(one + other - 640)
    assert abs(np.mean(errors)) < 1


def test_a_narrow_face_is_found(centerface: CenterFace) -> None:
    narrow = cv2.resize(bgr(astronaut()), (300, 512), interpolation=cv2.INTER_AREA)
    faces = centerface.detect(np.asarray(narrow, np.uint8), 0.2)
    assert len(faces) == 1
    assert iou(faces.boxes, boxes((105, 60, 160, 180)))[0, 0] >= 0.4
