from __future__ import annotations

import numpy as np
import pytest

from blur.detect.retinaface import ANCHORS, RetinaFace, anchors
from blur.geometry import iou
from tests.detect.faces import bgr, boxes, face_box, pasted, texture


@pytest.mark.parametrize(("width", "height"), [(32, 32), (640, 384), (96, 320)])
def test_every_cell_of_every_stride_has_its_two_anchors(width: int, height: int) -> None:
    table = anchors(width, height)
    assert table.shape == (sum(2 * (width // s) * (height // s) for s in ANCHORS), 3)
    assert sorted(set(table[:, 2].tolist())) == [16, 32, 64, 128, 256, 512]
    assert ((table[:, :2] > 0) & (table[:, :2] < (width, height))).all()


def test_anchors_lie_in_the_order_of_the_network_s_rows() -> None:
    first = anchors(64, 64)[:4].tolist()
    assert first == [[4, 4, 16], [4, 4, 32], [12, 4, 16], [12, 4, 32]]


@pytest.mark.parametrize("wide", [28, 40, 60, 100, 200])
def test_boxes_fit_the_face_closely(wide: int) -> None:
    faces = RetinaFace().detect(bgr(pasted(texture(640, 480, 3), 300, 240, wide)), 0.8)
    assert len(faces) == 1
    assert iou(faces.boxes, boxes(face_box(300, 240, wide)))[0, 0] >= 0.7


def test_it_sees_the_same_in_another_size_of_picture() -> None:
    network = RetinaFace()
    small, large = (
        network.detect(bgr(pasted(texture(w, h, 5), 150, 120, 60)), 0.8).boxes
        for w, h in ((320, 256), (640, 352))
    )
    np.testing.assert_allclose(small, large, atol=6)
