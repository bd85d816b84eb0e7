from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.plan.model import Regions
from blur.render.region import Mask, region_mask, touched


@st.composite
def boxes(draw: st.DrawFn, most: int = 90, count: int = 5) -> Regions:
    """Boxes in, around, beyond and larger than a small picture."""
    rows = []
    for _ in range(draw(st.integers(0, count))):
        x, y = draw(st.integers(-40, most)), draw(st.integers(-40, most))
        rows.append([x, y, x + draw(st.integers(1, 150)), y + draw(st.integers(1, 150))])
    return np.array(rows, np.int32).reshape(-1, 4)


def drawn(regions: Regions, width: int, height: int, **options: object) -> Mask:
    whole = np.zeros((height, width), np.bool_)
    for patch in region_mask(regions, width, height, **options):  # type: ignore[arg-type]
        whole[patch.window()] |= patch.mask
    return whole


def sampled(regions: Regions, width: int, height: int) -> Mask:
    """Pixels of which one of many sample points lies inside an ellipse, drawn the plain way."""
    fine = 8
    y, x = (np.mgrid[: height * fine, : width * fine] + 0.5) / fine
    inside = np.zeros(y.shape, np.bool_)
    for x0, y0, x1, y1 in regions.astype(float):
        inside |= ((2 * x - x0 - x1) / (x1 - x0)) ** 2 + ((2 * y - y0 - y1) / (y1 - y0)) ** 2 < 1
    return inside.reshape(height, fine, width, fine).any(axis=(1, 3))


sizes = st.tuples(st.integers(1, 60), st.integers(1, 60))
cells = st.sampled_from([(1, 1), (2, 1), (2, 2)])


@given(boxes(), sizes, cells)
def test_every_touched_pixel_is_protected_and_none_far_from_it(
    regions: Regions, size: tuple[int, int], cell: tuple[int, int]
) -> None:
    mask, least = drawn(regions, *size, cell=cell, align=2), sampled(regions, *size)
    assert not np.any(least & ~mask)
    if cell == (1, 1):
        # Sampling misses slivers thinner than its step; those lie beside pixels that it found.
        wider = np.zeros_like(regions)
        wider[:, :2], wider[:, 2:] = regions[:, :2] - 1, regions[:, 2:] + 1
        assert not np.any(mask & ~sampled(wider, *size))


@given(boxes(), sizes, cells)
def test_a_chroma_cell_is_protected_as_a_whole(
    regions: Regions, size: tuple[int, int], cell: tuple[int, int]
) -> None:
    mask = drawn(regions, *size, cell=cell, align=2)
    height, width = mask.shape
    for y in range(0, height, cell[1]):
        for x in range(0, width, cell[0]):
            part = mask[y : y + cell[1], x : x + cell[0]]
            assert part.all() or not part.any()


@given(boxes(), st.sampled_from([4, 8, 16, 32]), cells)
def test_a_coarse_cell_is_touched_wherever_a_fine_one_is(
    regions: Regions, side: int, cell: tuple[int, int]
) -> None:
    fine = drawn(regions, 128, 96, cell=cell, margin=5, align=8)
    coarse = touched(regions, 128 // side, 96 // side, (side, side))
    assert not np.any(fine & ~coarse.repeat(side, axis=0).repeat(side, axis=1))


@given(boxes(count=9), sizes, st.integers(0, 20), st.sampled_from([1, 2, 8]))
def test_patches_are_disjoint_hold_their_margin_and_lose_nothing(
    regions: Regions, size: tuple[int, int], margin: int, align: int
) -> None:
    width, height = size
    count = np.zeros((height, width), np.int64)
    for patch in region_mask(regions, width, height, margin=margin, align=align):
        assert patch.x % align == 0
        assert patch.y % align == 0
        rows, cols = patch.window()
        assert count[rows, cols].shape == patch.mask.shape
        count[rows, cols] += 1
        y, x = np.nonzero(patch.mask)
        if len(x):
            assert cols.start == 0 or x.min() >= margin
            assert rows.start == 0 or y.min() >= margin
            assert cols.stop == width or x.max() < patch.mask.shape[1] - margin
            assert rows.stop == height or y.max() < patch.mask.shape[0] - margin
    assert count.max() <= 1
    assert np.array_equal(drawn(regions, width, height, margin=margin, align=align), drawn(regions, *size))


def test_a_circle_fills_its_box_from_edge_to_edge() -> None:
    (patch,) = region_mask(np.array([[10, 10, 20, 20]], np.int32), 40, 40)
    assert (patch.x, patch.y, patch.mask.shape, patch.size) == (10, 10, (10, 10), 10)
    assert patch.mask[5].all()
    assert patch.mask[:, 5].all()
    assert not patch.mask[0, 0]


def test_a_region_larger_than_the_picture_covers_all_of_it() -> None:
    huge = np.array([[-(1 << 20), -(1 << 20), 1 << 20, 1 << 20]], np.int32)
    assert drawn(huge, 33, 17, cell=(2, 2), align=2).all()


def test_a_region_beside_the_picture_draws_nothing() -> None:
    beside = np.array([[40, 0, 60, 20], [-20, 0, 0, 20], [0, 40, 20, 60]], np.int32)
    assert region_mask(beside, 40, 40, margin=8) == []


@pytest.mark.parametrize("box", [[5, 5, 5, 9], [5, 5, 9, 5], [9, 5, 5, 9]])
def test_a_region_without_area_is_refused(box: list[int]) -> None:
    with pytest.raises(ValueError, match="area"):
        region_mask(np.array([box], np.int32), 40, 40)


def test_the_work_follows_the_covered_area() -> None:
    corners = np.array([[0, 0, 20, 20], [3800, 2100, 3820, 2120]], np.int32)
    patches = region_mask(corners, 3840, 2160, cell=(2, 2), margin=32, align=16)
    assert len(patches) == 2
    assert sum(patch.mask.size for patch in patches) < 20_000
