from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.detect.detector import Bgr, Faces
from blur.detect.ensemble import Ensemble, Member
from tests.detect.faces import Box, boxes

PICTURE = np.zeros((100, 100, 3), np.uint8)
HERE, ALMOST_HERE, THERE = (10.0, 10.0, 30.0, 34.0), (11.0, 10.0, 31.0, 35.0), (60.0, 50.0, 80.0, 74.0)


class Sees:
    """Sees the same in every picture, from a threshold on."""

    def __init__(self, name: str, *sightings: tuple[Box, float]) -> None:
        self.name = name
        self.faces = Faces(
            boxes(*(box for box, _ in sightings)), np.float32([score for _, score in sightings])
        )

    def detect(self, picture: Bgr, threshold: float) -> Faces:
        assert picture is PICTURE
        kept = self.faces.scores >= threshold
        return Faces(self.faces.boxes[kept], self.faces.scores[kept])


def seen(leader: Sees, *others: Member, threshold: float = 0.1) -> list[tuple[tuple[float, ...], float]]:
    faces = Ensemble(leader, others).detect(PICTURE, threshold)
    assert (faces.boxes.dtype, faces.scores.dtype) == (np.float32, np.float32)
    return [
        (tuple(box), round(score, 4))
        for box, score in zip(faces.boxes.tolist(), faces.scores.tolist(), strict=True)
    ]


def test_what_two_see_is_one_face_and_surer() -> None:
    found = seen(Sees("a", (HERE, 0.4)), Member(Sees("b", (ALMOST_HERE, 0.5)), 0.5))
    assert found == [(HERE, pytest.approx(1 - 0.6 * 0.75))]


def test_what_only_another_sees_is_added_as_far_as_it_is_believed() -> None:
    other = Sees("b", (THERE, 0.6))
    assert seen(Sees("a", (HERE, 0.4)), Member(other, 0.5)) == [(HERE, 0.4), (THERE, 0.3)]
    assert seen(Sees("a", (HERE, 0.4)), Member(other, 0.1)) == [(HERE, 0.4)]
    assert seen(Sees("a"), Member(other, 0.5)) == [(THERE, 0.3)]


def test_what_only_the_leader_sees_is_kept() -> None:
    assert seen(Sees("a", (HERE, 0.4)), Member(Sees("b"), 1.0)) == [(HERE, 0.4)]


def test_the_strongest_comes_first() -> None:
    found = seen(Sees("a", (HERE, 0.2)), Member(Sees("b", (THERE, 0.9)), 1.0))
    assert [box for box, _ in found] == [THERE, HERE]


def test_nothing_seen_by_anyone_is_nothing() -> None:
    assert seen(Sees("a"), Member(Sees("b"), 1.0), Member(Sees("c"), 0.5)) == []


def test_its_name_tells_who_looks() -> None:
    assert Ensemble(Sees("a"), [Member(Sees("b"), 1.0), Member(Sees("c"), 1.0)]).name == "a+b+c"


sightings = st.lists(
    st.tuples(st.sampled_from([HERE, ALMOST_HERE, THERE]), st.floats(0.125, 1, width=32)), max_size=3
)


@given(sightings, sightings, st.floats(0, 1))
def test_a_second_opinion_loses_no_sighting_of_the_first(
    one: list[tuple[Box, float]], other: list[tuple[Box, float]], trust: float
) -> None:
    leader = Sees("a", *one)
    found = seen(leader, Member(Sees("b", *other), trust))
    for box, score in one:
        assert any(kept == box and better >= score - 1e-4 for kept, better in found)
