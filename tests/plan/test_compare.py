from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blur.plan.compare import changed_frames, same_clip
from blur.plan.model import Plan, Track
from blur.timing import TimeBase

FRAMES = np.arange(0, 1000, 100, dtype=np.int64)


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    """A track whose places are few, so that plans often agree by chance."""
    pts = np.array(sorted(draw(st.sets(st.sampled_from(FRAMES.tolist()), min_size=1))), np.int64)
    left = draw(st.lists(st.integers(0, 1), min_size=len(pts), max_size=len(pts)))
    return Track("face", 900, pts, np.array([[x, 0, x + 9, 9] for x in left], np.int32))


def plan(*covered: Track) -> Plan:
    return Plan(64, 64, TimeBase(1, 1000), FRAMES, covered)


@given(st.lists(tracks(), max_size=3), st.lists(tracks(), max_size=2), st.lists(tracks(), max_size=2))
def test_frames_differ_where_their_sets_of_regions_do(
    both: list[Track], one: list[Track], other: list[Track]
) -> None:
    a, b = plan(*both, *one), plan(*other, *both)
    covered = [{t: set(map(tuple, rows.tolist())) for t, rows in each.by_frame().items()} for each in (a, b)]
    wanted = [covered[0].get(t, set()) != covered[1].get(t, set()) for t in FRAMES.tolist()]
    found = changed_frames(a, b)
    # A region that one plan has twice may count as a change: rendering once too often hides no less.
    assert all(found[np.array(wanted)])
    if not both:
        assert found.tolist() == wanted


def test_plans_are_for_one_clip_where_size_and_every_time_agree() -> None:
    a = plan()
    assert same_clip(a, plan())
    others = (
        replace(a, width=65),
        replace(a, time_base=TimeBase(1, 999)),
        replace(a, pts=FRAMES[:-1]),
        replace(a, pts=FRAMES + 1),
    )
    assert not any(same_clip(a, other) for other in others)
