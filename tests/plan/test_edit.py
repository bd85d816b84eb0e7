from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.plan import edit
from blur.plan.model import Plan, Track
from blur.plan.store import dumps, loads
from blur.timing import TimeBase

FRAMES = np.arange(0, 1000, 100, dtype=np.int64)


def plan(*tracks: Track) -> Plan:
    return Plan(640, 360, TimeBase(1, 1000), FRAMES.copy(), tracks)


def track(first: int = 200, last: int = 500) -> Track:
    pts = np.arange(first, last + 1, 100, dtype=np.int64)
    steps = np.arange(len(pts), dtype=np.int32)[:, None]
    return Track("face", 900, pts, np.array([[10, 20, 50, 80]], np.int32) + steps * 10)


edges = st.integers(-(1 << 21), 1 << 21)
boxes = st.tuples(edges, edges, st.integers(1, 4000), st.integers(1, 4000)).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)


def test_a_region_is_added_in_every_frame_of_its_span() -> None:
    new = edit.added(plan(track()), (1, 2, 30, 40), 150, 400)
    assert len(new.tracks) == 2
    assert new.tracks[1].reason == "user"
    assert new.tracks[1].pts.tolist() == [200, 300, 400]
    assert new.tracks[1].regions.tolist() == [[1, 2, 30, 40]] * 3


def test_a_span_without_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="no frame"):
        edit.added(plan(), (0, 0, 9, 9), 101, 199)


def test_the_original_plan_is_not_touched() -> None:
    old = plan(track())
    text = dumps(old)
    edit.reshaped(old, 0, 300, (0, 0, 9, 9))
    edit.spanned(old, 0, 0, 900)
    edit.removed(old, 0)
    edit.kept_visible(old, 0)
    assert dumps(old) == text


def test_moving_shifts_every_frame_alike() -> None:
    new = edit.reshaped(plan(track()), 0, 300, (25, 32, 65, 92))
    assert (new.tracks[0].regions - track().regions).tolist() == [[5, 2, 5, 2]] * 4


def test_resizing_grows_every_frame_alike_and_never_less_than_asked() -> None:
    new = edit.reshaped(plan(track()), 0, 200, (0, 5, 60, 95))
    sizes = new.tracks[0].regions[:, 2:] - new.tracks[0].regions[:, :2]
    assert sizes.tolist() == [[60, 90]] * 4


def test_a_frame_without_the_track_cannot_be_reshaped() -> None:
    with pytest.raises(ValueError, match="no region"):
        edit.reshaped(plan(track()), 0, 900, (0, 0, 9, 9))


def test_a_longer_span_repeats_the_first_and_the_last_region() -> None:
    new = edit.spanned(plan(track()), 0, 0, 700).tracks[0]
    assert new.pts.tolist() == [0, 100, 200, 300, 400, 500, 600, 700]
    assert new.regions[0].tolist() == new.regions[2].tolist() == track().regions[0].tolist()
    assert new.regions[-1].tolist() == track().regions[-1].tolist()


def test_a_shorter_span_keeps_the_regions_of_its_frames() -> None:
    new = edit.spanned(plan(track()), 0, 300, 400).tracks[0]
    assert new.regions.tolist() == track().regions[1:3].tolist()


def test_gaps_inside_a_track_stay_gaps() -> None:
    gap = Track("face", 900, np.array([200, 500], np.int64), track().regions[:2].copy())
    assert edit.spanned(plan(gap), 0, 100, 500).tracks[0].pts.tolist() == [100, 200, 500]
    with pytest.raises(ValueError, match="no region"):
        edit.spanned(plan(gap), 0, 300, 400)


def test_what_is_kept_visible_is_said_in_a_doubt_and_other_tracks_stay() -> None:
    new = edit.kept_visible(plan(track(), track(600, 900)), 0)
    assert [int(each.pts[0]) for each in new.tracks] == [600]
    assert [(each.first, each.last, each.reason) for each in new.doubts] == [(200, 500, edit.KEPT_VISIBLE)]
    assert [each.region for each in new.doubts] == [tuple(track().regions[0].tolist())]
    assert edit.removed(plan(track()), 0).doubts == ()


@given(st.integers(1, 1 << 15), st.integers(1, 1 << 15))
def test_the_whole_picture_lies_inside_its_ellipse(width: int, height: int) -> None:
    x0, y0, x1, y1 = edit.whole_picture(Plan(width, height, TimeBase(1, 25), FRAMES, ()))
    a, b = (x1 - x0) / 2, (y1 - y0) / 2
    assert ((width / 2) / a) ** 2 + ((height / 2) / b) ** 2 < 1
    assert (x0 + x1, y0 + y1) == (width, height)


@given(boxes, st.sampled_from(FRAMES[2:6].tolist()), boxes)
def test_whatever_is_drawn_can_be_stored(drawn: edit.Region, at: int, changed: edit.Region) -> None:
    new = edit.reshaped(edit.added(plan(track()), drawn, 0, 900), 0, at, changed)
    new = edit.reshaped(new, 1, at, changed)
    assert dumps(loads(dumps(new))) == dumps(new)


def test_undo_and_redo_walk_through_every_plan() -> None:
    states = [plan()]
    history = edit.History((states[0],))
    for number in range(50):
        states.append(edit.added(history.now, (number, 0, number + 9, 9), 0, 900))
        history = history.done(states[-1])
    for state in reversed(states[:-1]):
        history = history.undone()
        assert history.now is state
    assert not history.can_undo
    assert history.undone().now is states[0]
    for state in states[1:]:
        history = history.redone()
        assert history.now is state
    assert not history.can_redo


def test_an_edit_after_undo_forgets_what_was_undone() -> None:
    history = edit.History((plan(),)).done(plan(track())).undone().done(plan(track(), track()))
    assert not history.can_redo
    assert len(history.undone().now.tracks) == 0
