"""Two faint finds count where the camera takes the one to the other, and no others do."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from blur.audit.agreement import WITHIN, agreed
from blur.audit.finding import Finding
from blur.timing import TimeBase
from blur.track.observe import Look, Observations

FRAMES, RATE = 100, 25
SURE = 0.2
PAN = 3.0
"""Pixels by which the camera moves the picture from each frame to the next."""


def panned(cut: int | None = None) -> Observations:
    moves = np.broadcast_to(np.eye(3), (FRAMES, 3, 3)).copy()
    moves[1:, 0, 2] = PAN
    scenes = [[0, FRAMES - 1]] if cut is None else [[0, cut - 1], [cut, FRAMES - 1]]
    return Observations(
        width=640,
        height=360,
        time_base=TimeBase(1, RATE),
        pts=np.arange(FRAMES),
        moves=moves,
        trusts=np.ones(FRAMES),
        scenes=np.array(scenes),
        looks=(),
    )


def faint(frame: int, x: float, wide: float = 40) -> Finding:
    return Finding(frame, (x, 100, x + wide, 100 + wide), 0.2)


def test_two_finds_agree_where_the_camera_takes_the_one_to_the_other() -> None:
    here, there = faint(10, 200), faint(25, 200 + 15 * PAN)
    assert set(agreed([there, here, faint(25, 500)], panned(), SURE)) == {here, there}


def test_a_find_agrees_with_a_face_of_the_plan_but_not_with_what_was_left_out_of_it() -> None:
    followed = np.empty((1, 0, 4), np.float32)
    box, here = np.array([faint(40, 200 + 30 * PAN).box], np.float32), faint(10, 200)
    for score, agrees in ((SURE, (here,)), (SURE / 2, ())):
        look = Look(40, box, np.full(1, score, np.float32), followed, followed)
        assert agreed([here], replace(panned(), looks=(look,)), SURE) == agrees


def test_a_place_that_does_not_go_with_the_camera_does_not_agree() -> None:
    assert agreed([faint(10, 200), faint(25, 200)], panned(), SURE) == ()


def test_one_look_does_not_agree_with_itself() -> None:
    assert agreed([faint(10, 200), faint(10, 202)], panned(), SURE) == ()
    assert agreed([], panned(), SURE) == ()


def test_what_lies_beyond_a_cut_or_too_far_off_or_is_of_another_size_does_not_agree() -> None:
    far = int(WITHIN / Fraction(1, RATE)) + 1
    assert agreed([faint(10, 200), faint(25, 200 + 15 * PAN)], panned(cut=20), SURE) == ()
    assert agreed([faint(10, 200), faint(10 + far, 200 + far * PAN)], panned(), SURE) == ()
    assert agreed([faint(10, 200), faint(25, 200 + 15 * PAN, wide=100)], panned(), SURE) == ()
