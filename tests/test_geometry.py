from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.geometry import (
    Boxes,
    areas,
    centres,
    grown,
    iou,
    overlaps,
    overlaps_of_pairs,
    sizes,
)

whole = st.integers(-50, 50)
lengths = st.integers(1, 60)


@st.composite
def many_boxes(draw: st.DrawFn) -> Boxes:
    rows = draw(st.lists(st.tuples(whole, whole, lengths, lengths), max_size=4))
    return np.array([(x, y, x + w, y + h) for x, y, w, h in rows], np.float32).reshape(-1, 4)


def pixels(box: np.ndarray) -> set[tuple[int, int]]:
    x0, y0, x1, y1 = box.astype(int).tolist()
    return {(x, y) for x in range(x0, x1) for y in range(y0, y1)}


def test_a_box_has_its_size_its_centre_and_its_area() -> None:
    box = np.float32([[10, 20, 14, 30]])
    assert sizes(box).tolist() == [[4, 10]]
    assert centres(box).tolist() == [[12, 25]]
    assert areas(box).tolist() == [40]


def test_a_box_turned_inside_out_has_no_area() -> None:
    assert areas(np.float32([[5, 5, 3, 9], [5, 9, 9, 5], [9, 9, 5, 5]])).tolist() == [0, 0, 0]


@given(many_boxes(), many_boxes())
def test_overlaps_count_the_pixels_that_two_boxes_share(a: Boxes, b: Boxes) -> None:
    shared = overlaps(a, b)
    assert shared.shape == (len(a), len(b))
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            assert shared[i, j] == len(pixels(one) & pixels(other))


@given(many_boxes(), many_boxes())
def test_iou_is_shared_pixels_over_all_pixels(a: Boxes, b: Boxes) -> None:
    shares = iou(a, b)
    assert shares.shape == (len(a), len(b))
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            expected = len(pixels(one) & pixels(other)) / len(pixels(one) | pixels(other))
            assert shares[i, j] == pytest.approx(expected, abs=1e-6)


@given(many_boxes())
def test_overlaps_of_pairs_are_the_diagonal(a: Boxes) -> None:
    b = a[::-1]
    np.testing.assert_allclose(overlaps_of_pairs(a, b), np.diag(overlaps(a, b)), atol=1e-3)


@given(many_boxes(), st.floats(1, 4), st.floats(0, 20))
def test_grown_boxes_hold_the_boxes_about_the_same_centres(boxes: Boxes, factor: float, least: float) -> None:
    large = grown(boxes, factor, least)
    assert large.dtype == np.float32
    np.testing.assert_allclose(centres(large), centres(boxes), atol=1e-3)
    expected = np.maximum(sizes(boxes) * factor, sizes(boxes) + 2 * least)
    np.testing.assert_allclose(sizes(large), expected, rtol=1e-4, atol=1e-3)


@given(many_boxes(), st.floats(1, 4), st.floats(1, 4))
def test_growing_by_more_gives_larger_boxes(boxes: Boxes, one: float, other: float) -> None:
    small, large = (grown(boxes, factor, 3.0) for factor in sorted((one, other)))
    assert (large[:, :2] <= small[:, :2]).all()
    assert (large[:, 2:] >= small[:, 2:]).all()


def test_of_no_boxes_none_overlap() -> None:
    none = np.empty((0, 4), np.float32)
    assert grown(none, 2.0).shape == (0, 4)
    assert iou(none, none).shape == (0, 0)
