from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.media.probe import probe
from blur.media.reader import read
from blur.plan.model import Plan
from blur.render.film import render
from blur.render.ticks import ticks_of
from blur.settings import Settings
from blur.timing import TimeBase
from tests.media.making import make_clip

bases = st.builds(TimeBase, st.integers(1, 1001), st.integers(1, 90_000))


def plan(pts: list[int], time_base: TimeBase) -> Plan:
    return Plan(96, 64, time_base, np.array(pts, np.int64), ())


@given(st.lists(st.integers(-(1 << 40), 1 << 40), min_size=1, unique=True), bases)
def test_every_frame_keeps_its_time_to_the_last_bit(pts: list[int], time_base: TimeBase) -> None:
    pts = sorted(pts)
    ticks = ticks_of(plan(pts, time_base))
    for before, after in zip(pts, ticks.pts.tolist(), strict=True):
        assert time_base.seconds(before - pts[0]) == ticks.time_base.seconds(after)


@given(st.integers(2, 50), st.integers(1, 5000), st.integers(-99, 99), bases)
def test_even_frames_are_counted_one_by_one(count: int, step: int, first: int, time_base: TimeBase) -> None:
    ticks = ticks_of(plan([first + step * i for i in range(count)], time_base))
    assert ticks.pts.tolist() == list(range(count))
    assert ticks.rate == 1 / ticks.time_base.fraction


def test_uneven_frames_have_no_rate() -> None:
    ticks = ticks_of(plan([0, 20, 60], TimeBase(1, 600)))
    assert (ticks.pts.tolist(), ticks.time_base, ticks.rate) == ([0, 1, 3], TimeBase(1, 30), None)
    assert ticks_of(plan([7], TimeBase(1, 600))).rate is None


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm"])
@pytest.mark.parametrize("times", [range(12), [0, 1, 2, 4, 5, 6, 7, 11]], ids=["even", "uneven"])
def test_the_clocks_of_two_cameras_leave_the_same_bytes(tmp_path: Path, name: str, times: list[int]) -> None:
    made = []
    for clock in (600, 90_000):
        pts = [when * clock // 30 for when in times]
        muxing = {"video_track_timescale": str(clock * 20)}
        source = tmp_path / f"{clock}.mp4"
        make_clip(source, time_base=Fraction(1, clock), pts=pts, coding={"bf": "0"}, muxing=muxing)
        clip = probe(source)
        assert clip.time_base == TimeBase(1, clock * 20)
        seen = np.array([frame.pts for frame in read(clip)], np.int64)
        target = tmp_path / name
        for _ in render(clip, Plan(96, 64, clip.time_base, seen, ()), Settings(), target):
            pass
        made.append(target.read_bytes())
    assert made[0] == made[1]
