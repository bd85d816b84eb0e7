from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.track.evidence import NOTHING, evidence
from blur.track.link import Sighting, link
from blur.track.observe import Hints, Observations
from tests.track.seeing import Box, boxes, observations, observed, similarity

FACE = (100.0, 100.0, 140.0, 150.0)
TENTHS = range(0, 10_000, 100)


def hinted(seen: Observations, frame: int, box: Box, score: float) -> Observations:
    """The same with a hint in one of the looks."""
    hints = Hints(boxes(box), np.array([score], np.float32))
    looks = (replace(look, hints=hints) if look.frame == frame else look for look in seen.looks)
    return replace(seen, looks=tuple(looks))


def of_the_face(seen: Observations) -> float:
    """The evidence for what is seen in frame 50."""
    look = next(index for index, look in enumerate(seen.looks) if look.frame == 50)
    return evidence(seen, (Sighting(look, 0),))


def test_looks_that_see_nothing_take_from_it_and_hints_add_to_it() -> None:
    alone = observed({47: [], 50: [FACE], 53: []}, TENTHS, score=0.2)
    assert of_the_face(alone) == pytest.approx((0.2 * NOTHING**2) ** (1 / 3), rel=1e-5)
    with_hint = hinted(alone, 53, FACE, 0.05)
    assert of_the_face(with_hint) == pytest.approx((0.2 * NOTHING * 0.05) ** (1 / 3), rel=1e-5)
    elsewhere = hinted(alone, 53, (300.0, 100.0, 340.0, 150.0), 0.05)
    assert of_the_face(elsewhere) == of_the_face(alone)


def test_a_hint_counts_where_the_camera_takes_the_face() -> None:
    moves = np.stack([np.eye(3), *[similarity(9, -2)] * 99])
    seen = observed({47: [], 50: [FACE], 53: []}, TENTHS, moves=moves, score=0.2)
    there = (100.0 + 27, 100.0 - 6, 140.0 + 27, 150.0 - 6)
    before = (100.0 - 27, 100.0 + 6, 140.0 - 27, 150.0 + 6)
    assert of_the_face(hinted(seen, 53, there, 0.1)) > of_the_face(seen)
    assert of_the_face(hinted(seen, 47, before, 0.1)) > of_the_face(seen)
    assert of_the_face(hinted(seen, 47, there, 0.1)) == of_the_face(seen)


def test_only_looks_near_in_time_are_asked_in_the_scene_and_while_the_place_is_in_the_picture() -> None:
    alone = observed({50: [FACE]}, TENTHS, score=0.2)
    assert of_the_face(alone) == pytest.approx(0.2)
    assert of_the_face(observed({39: [], 50: [FACE], 61: []}, TENTHS, score=0.2)) == pytest.approx(0.2)
    assert of_the_face(observed({40: [], 50: [FACE]}, TENTHS, score=0.2)) < 0.1
    cuts = [(0, 49), (50, 51), (52, 99)]
    both_ends = observed({50: [FACE]}, TENTHS, scenes=cuts, score=0.2)
    assert of_the_face(both_ends) == pytest.approx((0.2 * NOTHING) ** 0.5, rel=1e-5)  # 51, but not 49 nor 52
    leaving = np.stack([np.eye(3), *[similarity(-200, 0)] * 99])
    gone = observed({50: [FACE], 51: [], 53: []}, TENTHS, moves=leaving, score=0.2)
    assert of_the_face(gone) == pytest.approx(0.2)


def test_looks_between_two_sightings_are_asked() -> None:
    seen = observed({50: [FACE], 55: [], 60: [FACE]}, TENTHS, score=0.2)
    first, last = (index for index, look in enumerate(seen.looks) if len(look.boxes))
    assert evidence(seen, (Sighting(first, 0), Sighting(last, 0))) == pytest.approx(
        (0.2**2 * NOTHING) ** (1 / 3), rel=1e-5
    )


@given(observations(), st.integers(0, 2000))
def test_it_is_never_more_than_the_best_that_was_seen(seen: Observations, memory: int) -> None:
    every = [NOTHING, *(float(s) for look in seen.looks for s in (*look.scores, *look.hints.scores))]
    for chain in link(seen, memory):
        assert NOTHING * 0.999 <= evidence(seen, chain) <= max(every) * 1.001
