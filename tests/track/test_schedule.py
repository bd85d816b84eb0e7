from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.settings import PRESETS, Preset, Settings
from blur.track.schedule import FULL_PIXELS, SEARCHES, look_size, search_for

sides = st.integers(1, 16_000)


@given(sides, sides, st.floats(0.1, 1.0))
def test_a_look_has_at_least_a_pixel_and_no_more_than_a_full_one(
    width: int, height: int, scale: float
) -> None:
    across, down = look_size(width, height, scale)
    assert 1 <= across <= 2 * width
    assert 1 <= down <= 2 * height
    # rounding adds less than half a row and half a column; a line of one pixel cannot be thinner
    assert (across - 0.5) * (down - 0.5) <= FULL_PIXELS[1] or min(across, down) == 1


@given(st.integers(64, 16_000), st.integers(64, 16_000), st.sampled_from([1.0, 0.7, 0.5]))
def test_a_look_keeps_the_picture_s_shape(width: int, height: int, scale: float) -> None:
    across, down = look_size(width, height, scale)
    assert across / width == pytest.approx(down / height, abs=1 / width + 1 / height)


@pytest.mark.parametrize(
    ("size", "look"),
    [
        ((320, 240), (640, 480)),  # twice as large, and no larger
        ((640, 360), (924, 520)),
        ((1280, 720), (1280, 720)),
        ((1920, 1080), (1520, 855)),
        ((1080, 1920), (855, 1520)),
        ((3840, 2160), (1520, 855)),
    ],
)
def test_a_full_look_at_usual_sizes(size: tuple[int, int], look: tuple[int, int]) -> None:
    assert look_size(*size, 1.0) == look


def test_a_more_thorough_preset_looks_more_often() -> None:
    intervals = [SEARCHES[preset].interval for preset in ("fast", "balanced", "thorough")]
    assert intervals == sorted(intervals, reverse=True)
    assert len(set(intervals)) == 3


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_a_search_that_makes_sense(preset: Preset) -> None:
    search = search_for(Settings(preset=preset))
    assert search == SEARCHES[preset]
    assert 0 < search.weak < search.sure < 1
    assert search.scales
    assert all(0 < scale <= 1 for scale in search.scales)
    # what one look misses the next may find while the face is still held
    assert Fraction(0) < search.interval < search.hold
    assert search.interval < search.memory


@given(st.sampled_from(PRESETS), st.floats(0.001, 0.999))
def test_a_threshold_of_the_users_takes_the_preset_s_place(preset: Preset, threshold: float) -> None:
    search, usual = search_for(Settings(preset=preset, threshold=threshold)), SEARCHES[preset]
    assert search.sure == threshold
    assert 0 < search.weak < search.sure
    assert search.weak / search.sure == pytest.approx(usual.weak / usual.sure)
    assert (search.interval, search.scales, search.hold, search.memory) == (
        usual.interval,
        usual.scales,
        usual.hold,
        usual.memory,
    )
