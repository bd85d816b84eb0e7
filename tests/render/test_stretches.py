"""Only what changed is rendered again; what is kept is kept to the last pixel, what changed is covered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from blur.audit.playback import check_playback
from blur.events import Started
from blur.media.clip import Clip
from blur.media.picture import planes
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import KEY_FRAMES
from blur.plan.model import Plan, Track
from blur.render import stretches
from blur.render.stretches import Earlier, render_again
from blur.settings import Settings
from tests.media.making import make_clip
from tests.steps import run

SIZE = 192, 144
COUNT = 3 * KEY_FRAMES
SETTINGS = Settings(style="solid", crf=10)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """A clip with key frames of its own at other places than an output's."""
    path = tmp_path_factory.mktemp("film") / "source.mp4"
    rng = np.random.default_rng(0)
    grain = rng.integers(100, 200, (SIZE[1], SIZE[0], 3)).astype(np.uint8)

    def draw(index: int, _width: int, _height: int) -> NDArray[np.uint8]:
        return np.roll(grain, index, axis=1)

    times = (np.arange(COUNT) * 33 + np.arange(COUNT) % 3).tolist()
    coding = {"g": "40", "bf": "2", "sc_threshold": "0"}
    make_clip(path, size=SIZE, pts=times, time_base=Fraction(1, 1000), coding=coding, draw=draw)
    return probe(path)


def track(plan: Plan, frames: slice, left: int = 20) -> Track:
    pts = plan.pts[frames].copy()
    return Track("face", 900, pts, np.array([[left, 30, left + 40, 90]], np.int32).repeat(len(pts), axis=0))


@pytest.fixture(scope="module")
def plan(clip: Clip) -> Plan:
    bare = Plan(*SIZE, clip.time_base, np.array([frame.pts for frame in read(clip)], np.int64), ())
    return replace(bare, tracks=(track(bare, slice(None)),))


@pytest.fixture(scope="module")
def earlier(clip: Clip, plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Earlier:
    folder = tmp_path_factory.mktemp("earlier")
    run(render_again(clip, plan, SETTINGS, folder / "first.mp4"))
    return Earlier(plan, folder / "first.mp4", folder / "aside.mp4")


def lumas(path: Path) -> NDArray[np.uint8]:
    return np.stack([planes(frame.picture).arrays[0] for frame in read(probe(path))])


@pytest.mark.parametrize(
    ("frames", "groups"),
    [
        (slice(80, 90), [1]),
        (slice(KEY_FRAMES - 1, KEY_FRAMES + 1), [0, 1]),
        (slice(COUNT - 1, COUNT), [2]),
        (slice(0, 1), [0]),
    ],
)
def test_a_mended_output_differs_in_the_changed_stretch_alone_and_is_covered_there(
    clip: Clip, plan: Plan, earlier: Earlier, tmp_path: Path, frames: slice, groups: Sequence[int]
) -> None:
    more = replace(plan, tracks=(*plan.tracks, track(plan, frames, 100)))
    out = tmp_path / "out.mp4"
    events, count = run(render_again(clip, more, SETTINGS, out, earlier))
    assert count == COUNT
    assert events[0] == Started(clip.name, "render", len(groups) * KEY_FRAMES)
    run(check_playback(out, more.pts, more.time_base, *SIZE))
    before, after = lumas(earlier.path), lumas(out)
    again = np.isin(np.arange(COUNT) // KEY_FRAMES, groups)
    assert np.array_equal(after[~again], before[~again])
    assert after[:, 50:70, 30:50].max() < 30
    added = np.zeros(COUNT, np.bool_)
    added[frames] = True
    assert after[added, 50:70, 110:130].max() < 30
    assert after[~added, 50:70, 110:130].min() > 60
    original = np.stack([planes(frame.picture).arrays[0] for frame in read(clip)])
    assert np.abs(after[:, :20].astype(int) - original[:, :20]).mean() < 3


def test_what_a_person_uncovered_is_rendered_again_too(
    clip: Clip, plan: Plan, earlier: Earlier, tmp_path: Path
) -> None:
    less = replace(plan, tracks=(track(plan, slice(0, 100)), track(plan, slice(110, COUNT))))
    run(render_again(clip, less, SETTINGS, tmp_path / "out.mp4", earlier))
    dark = lumas(tmp_path / "out.mp4")[:, 50:70, 30:50].max(axis=(1, 2)) < 30
    assert np.flatnonzero(~dark).tolist() == list(range(100, 110))


def test_an_output_mended_twice_is_covered_by_the_last_plan(
    clip: Clip, plan: Plan, earlier: Earlier, tmp_path: Path
) -> None:
    second = replace(plan, tracks=(*plan.tracks, track(plan, slice(80, 85), 100)))
    third = replace(second, tracks=(*second.tracks, track(plan, slice(170, 175), 100)))
    run(render_again(clip, second, SETTINGS, tmp_path / "2.mp4", earlier))
    again = Earlier(second, tmp_path / "2.mp4", earlier.aside)
    run(render_again(clip, third, SETTINGS, tmp_path / "3.mp4", again))
    dark = lumas(tmp_path / "3.mp4")[:, 50:70, 110:130].max(axis=(1, 2)) < 30
    assert np.flatnonzero(dark).tolist() == [*range(80, 85), *range(170, 175)]


def test_where_nothing_changed_nothing_is_encoded(
    clip: Clip, plan: Plan, earlier: Earlier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "render", lambda *_: pytest.fail("rendered"))
    same = replace(plan, tracks=(track(plan, slice(0, 50)), track(plan, slice(50, COUNT))))
    _, count = run(render_again(clip, same, SETTINGS, tmp_path / "out.mp4", earlier))
    assert count == COUNT
    assert np.array_equal(lumas(tmp_path / "out.mp4"), lumas(earlier.path))


def test_an_earlier_file_that_does_not_fit_is_not_used(
    clip: Clip, plan: Plan, earlier: Earlier, tmp_path: Path
) -> None:
    more = replace(plan, tracks=(*plan.tracks, track(plan, slice(80, 90), 100)))
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(earlier.path.read_bytes()[:5000])
    misfits = {
        "another clip's plan": replace(earlier, plan=replace(plan, pts=plan.pts + 1)),
        "no file": replace(earlier, path=tmp_path / "none.mp4"),
        "half a file": replace(earlier, path=torn),
        "the source": replace(earlier, path=clip.path),
    }
    for what, misfit in misfits.items():
        events, count = run(render_again(clip, more, SETTINGS, tmp_path / "out.mp4", misfit))
        assert (count, events[0]) == (COUNT, Started(clip.name, "render", COUNT)), what
        assert lumas(tmp_path / "out.mp4")[80:90, 50:70, 110:130].max() < 30, what


def test_other_parameters_of_the_encoder_mean_that_all_is_rendered(
    clip: Clip, plan: Plan, earlier: Earlier, tmp_path: Path
) -> None:
    more = replace(plan, tracks=(*plan.tracks, track(plan, slice(80, 90), 100)))
    events, count = run(render_again(clip, more, replace(SETTINGS, crf=40), tmp_path / "out.mp4", earlier))
    totals = [event.total for event in events if isinstance(event, Started)]
    assert (count, totals) == (COUNT, [KEY_FRAMES, COUNT])
    assert len(lumas(tmp_path / "out.mp4")) == COUNT
