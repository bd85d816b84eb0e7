"""What a plan leaves open, ranked."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given

from blur.plan.build import build_plan
from blur.plan.doubts import AGREED, BROKEN_OFF, DARK, FAINT, NIGHT, SHAKEN, WEAK, place, ranked
from blur.plan.model import Doubt, Plan
from blur.settings import Settings
from blur.track.observe import Observations
from tests.track.seeing import Box, observations, observed

FACE: Box = (300, 150, 340, 200)
TIMES = range(0, 10_000, 100)


def plan(seen: Observations) -> Plan:
    return build_plan(seen, Settings())


def spans(seen: Observations, reason: str) -> list[tuple[int, int]]:
    return [(doubt.first, doubt.last) for doubt in plan(seen).doubts if doubt.reason == reason]


def test_the_gravest_comes_first_and_of_equals_the_shortest() -> None:
    long, short, grave = Doubt(0, 90, "a", 100), Doubt(50, 60, "a", 100), Doubt(0, 99, "b", 500)
    assert ranked([long, short, grave]) == (grave, short, long)


@given(observations())
@pytest.mark.parametrize(("reason", "field", "least"), [(SHAKEN, "trusts", AGREED), (DARK, "lights", NIGHT)])
def test_every_stretch_in_which_little_can_be_seen_is_told(
    reason: str, field: str, least: float, seen: Observations
) -> None:
    doubts = sorted(spans(seen, reason))
    told = {int(pts) for first, last in doubts for pts in seen.pts[(seen.pts >= first) & (seen.pts <= last)]}
    assert told == set(seen.pts[getattr(seen, field) < least].tolist())
    for (_, earlier), (later, _) in pairwise(doubts):
        assert np.any((seen.pts > earlier) & (seen.pts < later))


def test_a_mask_that_begins_and_ends_in_mid_picture_is_told() -> None:
    assert sorted(spans(observed({50: [FACE]}, TIMES), BROKEN_OFF)) == [(3000, 3000), (7000, 7000)]


def test_a_mask_that_lasts_as_long_as_its_scene_is_not() -> None:
    assert spans(observed({frame: [FACE] for frame in (10, 30, 50, 70, 90)}, TIMES), BROKEN_OFF) == []


def test_someone_who_leaves_at_the_border_is_not() -> None:
    assert spans(observed({50: [(0, 150, 40, 200)]}, TIMES), BROKEN_OFF) == []


def test_a_mask_that_another_one_goes_on_for_is_not() -> None:
    """A face that comes back after too long to be known as the same."""
    seen = observed({frame: [FACE] for frame in (10, 40, 70, 90)}, TIMES)
    assert len(plan(seen).tracks) > 1
    assert spans(seen, BROKEN_OFF) == []


def test_masks_on_weak_grounds_are_told_as_one_span_where_they_meet() -> None:
    seen = observed({30: [FACE], 45: [(100, 50, 140, 100)], 90: [(500, 50, 540, 100)]}, TIMES, score=0.2)
    assert sorted(spans(seen, WEAK)) == [(2000, 5500), (8000, 9900)]


def test_a_doubt_about_one_thing_says_where_it_is() -> None:
    weak = plan(observed({30: [FACE]}, TIMES, score=0.2))
    (region,) = {doubt.region for doubt in weak.doubts if doubt.reason == WEAK}
    assert region is not None
    assert (region[0], region[1]) < FACE[:2]
    assert (region[2], region[3]) > FACE[2:]
    cut = plan(observed({50: [FACE]}, TIMES))
    begins, ends = (doubt.region for doubt in cut.doubts if doubt.reason == BROKEN_OFF)
    assert begins == tuple(cut.tracks[0].regions[0].tolist())
    assert ends == tuple(cut.tracks[0].regions[-1].tolist())


def test_a_place_lies_in_the_picture_and_what_is_wide_is_none() -> None:
    assert place(np.array([[-9.5, 3.2, 8.5, 9.0]]), (640, 360)) == (0, 3, 9, 9)
    assert place(np.array([[5, 5, 9, 9], [25, 15, 30, 20]]), (640, 360)) == (5, 5, 30, 20)
    assert place(np.array([[5, 5, 9, 9], [600, 300, 620, 320]]), (640, 360)) is None
    assert place(np.array([[700, 400, 720, 420]]), (640, 360)) == (639, 359, 640, 360)


def test_what_was_not_measured_is_no_doubt() -> None:
    assert plan(observed({}, TIMES)).doubts == ()


def test_what_is_faint_is_told_by_its_score() -> None:
    seen = observed({50: [FACE]}, TIMES, score=0.12)
    assert plan(seen).doubts == (Doubt(5000, 5000, FAINT, 120, FACE),)
    assert plan(replace(seen, lights=np.full(len(TIMES), 20.0))).doubts[0].reason == DARK
