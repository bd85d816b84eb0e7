from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blur.detect.detector import SAME, strongest
from blur.geometry import Boxes, iou
from tests.test_geometry import many_boxes


@given(many_boxes(), st.data())
def test_the_strongest_of_those_that_overlap_are_kept(boxes: Boxes, data: st.DataObject) -> None:
    levels = st.sampled_from([0.1, 0.5, 0.9])  # few, so that some are equal
    scores = np.array(data.draw(st.lists(levels, min_size=len(boxes), max_size=len(boxes))), np.float32)
    kept = strongest(boxes, scores)
    assert (np.diff(kept.scores) <= 0).all()
    among = iou(kept.boxes, kept.boxes)
    assert (among[~np.eye(len(kept), dtype=bool)] <= SAME + 1e-6).all()
    for box, score in zip(boxes, scores, strict=True):
        stronger = kept.boxes[kept.scores >= score]
        assert (iou(box[None], stronger) >= SAME - 1e-6).any()  # with itself, where it is kept


def test_of_nothing_nothing_is_kept() -> None:
    assert len(strongest(np.empty((0, 4), np.float32), np.empty(0, np.float32))) == 0
