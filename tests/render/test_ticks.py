from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.audit.playback import check_playback
from blur.media.probe import probe
from blur.media.reader import read
from blur.plan.model import Plan
from blur.render.film import render
from blur.render.ticks import evened, ticks_for, ticks_of
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


REDUCED = Settings(camera_trace="reduce")


@given(st.lists(st.integers(-300, 300), min_size=20, max_size=60), st.sampled_from([24, 25, 30, 60]))
def test_the_unrest_of_a_clock_goes_where_the_trace_is_to_be_reduced(noise: list[int], rate: int) -> None:
    """Frames come within half of one of when they came, and evenly."""
    pts = [90_000 * index // rate + shift for index, shift in enumerate(noise)]
    before = plan(pts, TimeBase(1, 90_000))
    after = ticks_for(before, REDUCED)
    assert after.rate in {rate, rate * Fraction(1000, 1001)}
    assert after.pts.tolist() == list(range(len(pts)))
    for when, tick in zip(pts, after.pts.tolist(), strict=True):
        assert (
            abs(before.time_base.seconds(when - pts[0]) - after.time_base.seconds(tick)) <= 1 / after.rate / 2
        )


@pytest.mark.parametrize("drift", [-80, 0, 80])  # millionths
def test_the_drift_of_a_clock_goes_too(drift: int) -> None:
    pts = [round(index * 3003 * (1 + drift / 1e6)) for index in range(900)]
    after = ticks_for(plan(pts, TimeBase(1, 90_000)), REDUCED)
    assert (after.pts.tolist(), after.time_base) == (list(range(900)), TimeBase(1001, 30_000))


def test_dropped_frames_stay_dropped_and_frames_that_would_meet_stay_apart() -> None:
    dropped = evened(ticks_of(plan([0, 3010, 5990, 12_020, 15_000], TimeBase(1, 90_000))))
    assert dropped.pts.tolist() == [0, 1, 2, 4, 5]
    close = ticks_of(plan([0, 3000, 6000, 6100, 9000], TimeBase(1, 90_000)))
    assert evened(close) is close
    assert ticks_for(plan([0, 3000, 6100], TimeBase(1, 90_000)), Settings()).pts.tolist() == [0, 30, 61]


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


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm"])
def test_what_is_published_comes_evenly_and_is_checked_so(tmp_path: Path, name: str) -> None:
    restless = [0, 3020, 5990, 9015, 12_000, 14_970, 18_030, 21_000]
    source = make_clip(tmp_path / "a.mov", time_base=Fraction(1, 90_000), pts=restless, coding={"bf": "0"})
    clip = probe(source)
    seen = np.array([frame.pts for frame in read(clip)], np.int64)
    before = Plan(96, 64, clip.time_base, seen, ())
    for _ in render(clip, before, REDUCED, tmp_path / name):
        pass
    ticks = ticks_for(before, REDUCED)
    for _ in check_playback(tmp_path / name, ticks.pts, ticks.time_base, 96, 64):
        pass
    made = probe(tmp_path / name)
    times = [float(made.time_base.seconds(frame.pts)) for frame in read(made)]
    np.testing.assert_allclose(np.diff(times), 1 / 30, atol=0.00101 if name != "a.mp4" else 1e-9)
