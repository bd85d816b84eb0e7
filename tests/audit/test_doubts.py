"""What a person is told to watch."""

from __future__ import annotations

import numpy as np

from blur.audit.doubts import LATE, LEFT, found, with_doubts
from blur.audit.finding import Finding
from blur.plan.model import Doubt, Plan
from blur.timing import TimeBase

PLAN = Plan(
    64, 48, TimeBase(1, 10), np.arange(500, 700, dtype=np.int64), (), (Doubt(600, 610, "faint", 100),)
)


def at(*frames: int) -> list[Finding]:
    return [Finding(frame, (0.0, 0.0, 9.0, 9.0), 0.4) for frame in frames]


def test_finds_that_are_near_each_other_are_one_span_with_a_second_around() -> None:
    spans = [(doubt.first, doubt.last) for doubt in found(PLAN, at(50, 40, 40, 60, 100), LATE)]
    assert spans == [(530, 570), (590, 610)]


def test_finds_far_apart_in_the_picture_are_doubts_of_their_own_and_each_has_its_place() -> None:
    here, there = (1.0, 1.0, 6.0, 6.0), (50.0, 30.0, 55.0, 36.0)
    moved = (4.0, 1.0, 9.0, 6.0)
    finds = [Finding(50, here, 0.4), Finding(50, there, 0.4), Finding(55, moved, 0.4)]
    told = [(doubt.first, doubt.last, doubt.region) for doubt in found(PLAN, finds, LEFT)]
    assert told == [(540, 565, (1, 1, 9, 6)), (540, 560, (50, 30, 55, 36))]


def test_spans_end_with_the_clip() -> None:
    spans = [(doubt.first, doubt.last) for doubt in found(PLAN, at(0, 199), LEFT)]
    assert spans == [(500, 510), (689, 699)]


def test_the_gravest_comes_first_and_nothing_is_forgotten() -> None:
    plan = with_doubts(with_doubts(PLAN, at(3), LATE), at(150), LEFT)
    assert [doubt.weight for doubt in plan.doubts] == [LEFT, LATE, 100]
    assert with_doubts(plan, at(150), LEFT).doubts == plan.doubts
