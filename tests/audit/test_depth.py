"""Which frames a second look is taken at."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.audit.depth import DEPTHS, frames_to_look_at
from blur.audit.output import MAKERS
from blur.settings import PRESETS, Preset
from blur.timing import TimeBase

MILLISECONDS = TimeBase(1, 1000)
EVEN = np.arange(0, 5000, 40, dtype=np.int64)
KNOWN = [*range(0, 125, 10), 124]


def test_looks_lie_half_way_between_those_that_made_the_plan_and_one_is_near_the_end() -> None:
    chosen = frames_to_look_at(EVEN, MILLISECONDS, Fraction(1), KNOWN)
    assert chosen.tolist() == [5, 35, 65, 95, 122]


def test_every_turn_looks_at_other_frames() -> None:
    turns = [
        frames_to_look_at(EVEN, MILLISECONDS, Fraction(1, 10), KNOWN, turn).tolist() for turn in range(4)
    ]
    assert [frames[:2] for frames in turns] == [[5, 15], [2, 12], [7, 17], [5, 15]]
    assert len({frame for frames in turns for frame in frames}) == 3 * 13


@pytest.mark.parametrize("preset", PRESETS)
def test_where_no_look_made_the_plan_a_face_of_five_frames_is_not_stepped_over(preset: Preset) -> None:
    chosen = frames_to_look_at(EVEN, MILLISECONDS, DEPTHS[preset].alone)
    assert max(b - a for a, b in pairwise(chosen.tolist())) <= 5


def test_a_file_of_which_nothing_is_known_is_looked_at_from_its_first_frame_on() -> None:
    assert frames_to_look_at(EVEN, MILLISECONDS, Fraction(1)).tolist() == [0, 25, 50, 75, 100, 124]


@given(
    st.lists(st.integers(1, 900), min_size=1, max_size=60),
    st.fractions(Fraction(1, 10), 2),
    st.integers(0, 4),
    st.data(),
)
def test_some_frame_is_always_looked_at_and_gaps_are_bounded(
    steps: list[int], interval: Fraction, turn: int, data: st.DataObject
) -> None:
    pts = np.cumsum([0, *steps[1:]]).astype(np.int64)
    known = sorted(data.draw(st.sets(st.integers(0, len(pts) - 1))))
    chosen = frames_to_look_at(pts, MILLISECONDS, interval, known, turn).tolist()
    assert chosen
    assert chosen == sorted(set(chosen))
    assert all(0 <= frame < len(pts) for frame in chosen)
    gaps = [(a, b) for a, b in pairwise(known) if b - a > 1]
    if gaps:
        assert not set(chosen) & set(known)
        assert chosen[0] < gaps[0][1]
        assert chosen[-1] > gaps[-1][0]
    else:
        assert (chosen[0], chosen[-1]) == (0, len(pts) - 1)
    times = pts[chosen]
    assert all(gap >= MILLISECONDS.ticks(interval) for gap in np.diff(times)[:-1])


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_waits_longer_than_a_second(preset: str) -> None:
    assert DEPTHS[preset].interval <= 1


@pytest.mark.parametrize("preset", PRESETS)
def test_every_view_has_its_detector_and_two_detectors_look(preset: str) -> None:
    names = {view.detector for views in DEPTHS[preset].looks for view in views}
    assert names <= set(MAKERS)
    assert len(names) > 1
