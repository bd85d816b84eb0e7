"""How much of a box masks cover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.audit.finding import covered_shares

BOX = np.array([[10, 20, 50, 80]], np.float32)


def shares(*regions: tuple[float, float, float, float]) -> float:
    return float(covered_shares(BOX, np.array(regions).reshape(-1, 4))[0])


def test_nothing_covers_nothing_and_the_same_ellipse_covers_all() -> None:
    assert shares() == 0
    assert shares((200, 200, 260, 260)) == 0
    assert shares((10, 20, 50, 80)) == 1
    assert covered_shares(np.empty((0, 4), np.float32), np.array([[0, 0, 9, 9]])).shape == (0,)


def test_half_of_a_face_is_half_covered_and_halves_add_up() -> None:
    left, right = (-1000, -1000, 30, 1100), (30, -1000, 1060, 1100)
    assert shares(left) == pytest.approx(0.5, abs=0.05)
    assert shares(left, right) == pytest.approx(1, abs=0.1)


def test_the_corners_of_a_mask_cover_nothing() -> None:
    """A mask is an ellipse: a face in the corner of its box is exposed."""
    corner = np.array([[0, 0, 12, 12]], np.float32)
    assert covered_shares(corner, np.array([[0, 0, 100, 100]]))[0] == 0


@given(st.lists(st.tuples(*[st.integers(-50, 150)] * 2, *[st.integers(1, 90)] * 2), max_size=5))
def test_more_masks_never_cover_less(placed: list[tuple[int, int, int, int]]) -> None:
    regions = [(x, y, x + w, y + h) for x, y, w, h in placed]
    growing = [shares(*regions[:count]) for count in range(len(regions) + 1)]
    assert growing == sorted(growing)
    assert all(0 <= share <= 1 for share in growing)
