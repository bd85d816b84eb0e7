"""The promise of every look: what stands inside a mask does not depend on what stood there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blur.media.picture import Planes
from blur.plan.model import Regions
from blur.render.cover import cover
from blur.render.region import Mask
from blur.render.veil import ring_width
from blur.settings import STYLES, Style
from tests.render.test_region import boxes, drawn

LAYOUTS = {"yuv420": (3, 1, 1), "yuv422": (3, 1, 0), "yuv444": (3, 0, 0), "grey": (1, 0, 0)}


@dataclass(frozen=True)
class Case:
    """A picture to be made, twice with different content where it is protected."""

    width: int
    height: int
    layout: str
    depth: int
    full_range: bool
    seed: int

    def noise(self, seed: int) -> list[np.ndarray]:
        count, sub_x, sub_y = LAYOUTS[self.layout]
        rng = np.random.default_rng([self.seed, seed])
        dtype = np.uint8 if self.depth == 8 else np.uint16
        shapes = [(self.height, self.width)]
        shapes += [(-(-self.height >> sub_y), -(-self.width >> sub_x))] * (count - 1)
        return [rng.integers(0, 1 << self.depth, shape, dtype) for shape in shapes]

    def planes(self, arrays: list[np.ndarray]) -> Planes:
        _, sub_x, sub_y = LAYOUTS[self.layout]
        return Planes(tuple(array.copy() for array in arrays), self.depth, self.full_range, sub_x, sub_y)

    def masks(self, luma: Mask) -> list[Mask]:
        """A mask of luma pixels in every plane; a sample is in it where any of its pixels is."""
        count, sub_x, sub_y = LAYOUTS[self.layout]
        cell_x, cell_y = 1 << sub_x, 1 << sub_y
        padded = np.pad(luma, ((0, -self.height % cell_y), (0, -self.width % cell_x)))
        rows, cols = padded.shape[0] // cell_y, padded.shape[1] // cell_x
        chroma = padded.reshape(rows, cell_y, cols, cell_x).any(axis=(1, 3))
        return [luma, *[chroma] * (count - 1)]

    def protected(self, regions: Regions) -> Mask:
        _, sub_x, sub_y = LAYOUTS[self.layout]
        return drawn(regions, self.width, self.height, cell=(1 << sub_x, 1 << sub_y), align=2)


cases = st.builds(
    Case,
    width=st.integers(1, 97),
    height=st.integers(1, 97),
    layout=st.sampled_from(sorted(LAYOUTS)),
    depth=st.sampled_from([8, 10]),
    full_range=st.booleans(),
    seed=st.integers(0, 1 << 30),
)


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=150, deadline=None)
@given(case=cases, regions=boxes())
def test_what_is_covered_never_shows(style: Style, case: Case, regions: Regions) -> None:
    protected = case.protected(regions)
    masks = case.masks(protected)
    first, second = case.noise(1), case.noise(2)
    second = [np.where(mask, b, a) for mask, a, b in zip(masks, first, second, strict=True)]
    one, other = case.planes(first), case.planes(second)
    cover(one, regions, style, np.random.default_rng(case.seed))
    cover(other, regions, style, np.random.default_rng(case.seed))
    for a, b in zip(one.arrays, other.arrays, strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=100, deadline=None)
@given(case=cases, regions=boxes())
def test_what_is_not_covered_stays_the_decoders_own(style: Style, case: Case, regions: Regions) -> None:
    protected = case.protected(regions)
    ring = ring_width(case.width, case.height) if style == "veil" else 0
    y, x = np.nonzero(protected)
    near = np.zeros_like(protected)
    for dy in range(-ring, ring + 1):
        for dx in range(-ring, ring + 1):
            inside = (y + dy >= 0) & (y + dy < case.height) & (x + dx >= 0) & (x + dx < case.width)
            near[(y + dy)[inside], (x + dx)[inside]] = True
    before = case.noise(1)
    picture = case.planes(before)
    cover(picture, regions, style, np.random.default_rng(case.seed))
    for mask, array, was in zip(case.masks(near), picture.arrays, before, strict=True):
        assert np.array_equal(array[~mask], was[~mask])


@settings(max_examples=60, deadline=None)
@given(case=cases, regions=boxes())
def test_solid_is_black_in_the_clips_range(case: Case, regions: Regions) -> None:
    picture = case.planes(case.noise(1))
    cover(picture, regions, "solid", np.random.default_rng())
    black = 0 if case.full_range else 16 << (case.depth - 8)
    values = [black, 128 << (case.depth - 8), 128 << (case.depth - 8)]
    for mask, array, value in zip(case.masks(case.protected(regions)), picture.arrays, values, strict=False):
        assert np.all(array[mask] == value)


def flat(width: int, height: int, left: int, right: int, face: int) -> tuple[Planes, Regions]:
    """Two flat halves with something bright in the middle."""
    luma = np.full((height, width), left, np.uint8)
    luma[:, width // 2 :] = right
    x, y = width // 2, height // 2
    regions = np.array([[x - 40, y - 50, x + 40, y + 50]], np.int32)
    luma[y - 50 : y + 50, x - 40 : x + 40] = face
    chroma = [np.full((height // 2, width // 2), value, np.uint8) for value in (100, 150)]
    return Planes((luma, *chroma), 8, False, 1, 1), regions


@pytest.mark.parametrize("style", ["veil", "mosaic"])
def test_a_covered_face_takes_the_colours_around_it(style: Style) -> None:
    picture, regions = flat(320, 240, 60, 120, 235)
    # The box's corners are outside of the ellipse and bright, as a hat may be; keep them apart.
    picture.arrays[0][picture.arrays[0] == 235] = 90
    cover(picture, regions, style, np.random.default_rng(0))
    luma = picture.arrays[0][70:170, 120:200].astype(float)
    assert luma.min() > 50
    assert luma.max() < 130
    assert luma[40:60, :10].mean() < luma[40:60, -10:].mean() - 20
    assert abs(picture.arrays[1][60, 80].astype(int) - 100) <= 1
    assert abs(picture.arrays[2][60, 80].astype(int) - 150) <= 1


def test_a_veil_has_no_hard_edge_on_a_flat_ground() -> None:
    picture, regions = flat(320, 240, 90, 90, 90)
    cover(picture, regions, "veil", np.random.default_rng(0))
    assert np.ptp(picture.arrays[0].astype(int)) <= 2


@pytest.mark.parametrize("style", ["veil", "mosaic"])
@pytest.mark.parametrize("depth", [8, 10])
def test_a_picture_that_is_covered_as_a_whole_becomes_grey(style: Style, depth: int) -> None:
    case = Case(64, 48, "yuv420", depth, False, 3)
    picture = case.planes(case.noise(1))
    cover(picture, np.array([[-200, -200, 300, 300]], np.int32), style, np.random.default_rng(0))
    for array in picture.arrays:
        assert np.all(np.abs(array.astype(int) - (128 << (depth - 8))) <= 4 << (depth - 8))


def test_the_grain_follows_the_neighbourhood() -> None:
    rough, regions = flat(640, 480, 120, 120, 120)
    smooth, _ = flat(640, 480, 120, 120, 120)
    rng = np.random.default_rng(1)
    rough.arrays[0][...] = np.clip(rough.arrays[0] + rng.normal(0, 3, (480, 640)), 0, 255).astype(np.uint8)
    cover(rough, regions, "veil", rng)
    cover(smooth, regions, "veil", rng)
    inside = (slice(220, 260), slice(300, 340))
    assert 1.5 < rough.arrays[0][inside].std() < 4.5
    assert smooth.arrays[0][inside].std() < 0.5


def test_fresh_randomness_gives_fresh_grain() -> None:
    results = []
    for seed in (1, 2):
        case = Case(320, 240, "yuv420", 8, False, 4)
        picture = case.planes(case.noise(1))
        cover(picture, np.array([[100, 60, 200, 180]], np.int32), "veil", np.random.default_rng(seed))
        results.append(picture.arrays[0])
    assert not np.array_equal(*results)


@pytest.mark.parametrize("size", [60, 200, 460])
def test_a_mosaic_has_at_most_seven_cells_across_a_region(size: int) -> None:
    ramp = np.add.outer(np.arange(480), np.arange(640)) // 6 + 16
    picture = Planes((ramp.astype(np.uint8),), 8, False, 0, 0)
    x, y = 320 - size // 2, 240 - size // 2
    cover(picture, np.array([[x, y, x + size, y + size]], np.int32), "mosaic", np.random.default_rng(0))
    row = picture.arrays[0][240, x + 1 : x + size - 1].astype(int)
    column = picture.arrays[0][y + 1 : y + size - 1, 320].astype(int)
    # Six whole cells, and the grid need not begin where the region does.
    assert np.count_nonzero(np.diff(row)) <= 6
    assert np.count_nonzero(np.diff(column)) <= 6


@pytest.mark.parametrize("style", STYLES)
def test_no_region_changes_nothing(style: Style) -> None:
    case = Case(64, 48, "yuv420", 8, False, 5)
    before = case.noise(1)
    picture = case.planes(before)
    cover(picture, np.empty((0, 4), np.int32), style, np.random.default_rng(0))
    cover(picture, np.array([[64, 0, 80, 20]], np.int32), style, np.random.default_rng(0))
    assert all(np.array_equal(a, b) for a, b in zip(picture.arrays, before, strict=True))


@pytest.mark.parametrize("style", STYLES)
def test_not_even_a_rounding_error_shows_at_4k(style: Style) -> None:
    case = Case(3840, 2160, "yuv420", 10, False, 6)
    regions = np.array([[100, 300, 1700, 2101], [3700, 2000, 3900, 2300], [1650, 700, 3001, 1877]], np.int32)
    masks = case.masks(case.protected(regions))
    first = case.noise(1)
    second = [np.where(mask, 1023 - array, array) for mask, array in zip(masks, first, strict=True)]
    results = []
    for arrays in (first, second):
        picture = case.planes(arrays)
        cover(picture, regions, style, np.random.default_rng(0))
        results.append(picture)
    for a, b in zip(results[0].arrays, results[1].arrays, strict=True):
        assert np.array_equal(a, b)
