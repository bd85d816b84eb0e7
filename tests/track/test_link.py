from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.track.link import ALIKE, NEAR, Sighting, link, unlikeness, way_back, way_on
from blur.track.observe import Look, Observations
from tests.track.seeing import boxes, observations, observed, similarity

FACE = (100.0, 100.0, 140.0, 150.0)
EVERY_100 = range(0, 10_000, 100)


@given(observations(), st.integers(0, 3000))
def test_every_sighting_is_in_exactly_one_chain(seen: Observations, memory: int) -> None:
    linked = sorted((s.look, s.face) for chain in link(seen, memory) for s in chain)
    assert linked == [(i, face) for i, look in enumerate(seen.looks) for face in range(len(look.boxes))]


@given(observations(), st.integers(0, 3000))
def test_a_chain_goes_from_look_to_look_within_its_scene_and_memory(seen: Observations, memory: int) -> None:
    for chain in link(seen, memory):
        assert chain
        frames = [seen.looks[sighting.look].frame for sighting in chain]
        assert [s.look for s in chain] == sorted({s.look for s in chain})
        assert len({int(np.searchsorted(seen.scenes[:, 1], frame)) for frame in frames}) == 1
        assert all(seen.pts[later] - seen.pts[earlier] <= memory for earlier, later in pairwise(frames))


@given(observations())
def test_linking_is_the_same_every_time(seen: Observations) -> None:
    assert link(seen, 2000) == link(seen, 2000)


@given(st.integers(1, 90), st.integers(1, 9000))
def test_a_gap_is_bridged_up_to_the_memory_and_not_beyond(gap: int, memory: int) -> None:
    seen = observed({0: [FACE], gap: [FACE], 99: []}, EVERY_100)
    assert len(link(seen, memory)) == (1 if 100 * gap <= memory else 2)


def test_looks_without_the_face_do_not_end_its_chain() -> None:
    seen = observed({0: [FACE], 5: [], 10: [], 15: [FACE]}, EVERY_100)
    assert [len(chain) for chain in link(seen, 2000)] == [2]


def test_a_face_is_linked_to_a_look_that_was_put_between_two_others() -> None:
    moves = np.stack([np.eye(3), *[similarity(9, -2)] * 99])
    far = (100.0 + 9 * 20, 100.0 - 2 * 20, 140.0 + 9 * 20, 150.0 - 2 * 20)
    middle = (100.0 + 9 * 15, 100.0 - 2 * 15, 140.0 + 9 * 15, 150.0 - 2 * 15)
    seen = observed({0: [FACE], 20: [far]}, EVERY_100, moves=moves)
    empty = np.empty((1, 0, 4), np.float32)
    between = Look(15, boxes(middle), np.array([0.9], np.float32), empty, empty)
    looks = tuple(sorted([*seen.looks, between], key=lambda look: look.frame))
    assert [len(chain) for chain in link(replace(seen, looks=looks), 2000)] == [3]


def test_a_cut_ends_every_chain() -> None:
    seen = observed({0: [FACE], 10: [FACE], 11: [FACE], 20: [FACE]}, EVERY_100, scenes=[(0, 10), (11, 99)])
    assert sorted(len(chain) for chain in link(seen, 5000)) == [2, 2]


def test_a_face_is_linked_where_the_camera_takes_it() -> None:
    moves = np.stack([np.eye(3), *[similarity(9, -2)] * 99])
    far = (100.0 + 9 * 20, 100.0 - 2 * 20, 140.0 + 9 * 20, 150.0 - 2 * 20)
    seen = observed({0: [FACE], 20: [far]}, EVERY_100, moves=moves)
    assert [len(chain) for chain in link(seen, 5000)] == [2]
    still = observed({0: [FACE], 20: [far]}, EVERY_100)
    assert [len(chain) for chain in link(still, 5000)] == [1, 1]


def test_a_face_is_linked_if_only_the_way_back_from_later_leads_to_it() -> None:
    far = (250.0, 100.0, 290.0, 150.0)
    seen = observed({0: [FACE], 10: [far]}, EVERY_100)
    assert [len(chain) for chain in link(seen, 5000)] == [1, 1]
    back = (np.float32(far) - np.arange(1, 11)[:, None] * np.float32([15, 0, 15, 0]))[None]
    looks = [replace(look, behind=back) if look.frame == 10 else look for look in seen.looks]
    assert [len(chain) for chain in link(replace(seen, looks=tuple(looks)), 5000)] == [2]


def test_faces_that_stand_side_by_side_are_not_mixed_up() -> None:
    pair = [(100.0 + 30 * i, 100.0, 140.0 + 30 * i, 150.0) for i in range(3)]
    shuffled = [pair[2], pair[0], pair[1]]
    seen = observed({0: pair, 10: shuffled}, EVERY_100)
    places = {tuple(seen.looks[s.look].boxes[s.face, 0] for s in chain[:2]) for chain in link(seen, 2000)}
    assert places == {(100, 100), (130, 130), (160, 160)}


@given(
    st.floats(10, 100, width=32),
    st.floats(10, 100, width=32),
    st.floats(-150, 150, width=32),
    st.floats(-150, 150),
)
def test_unlikeness_is_symmetric_and_limited(a: float, b: float, x: float, y: float) -> None:
    one, other = boxes((0, 0, a, a)), boxes((x, y, x + b, y + b))
    cost = unlikeness(one, other)[0, 0]
    assert cost == pytest.approx(unlikeness(other, one)[0, 0], rel=1e-4)
    apart = np.hypot(x + (b - a) / 2, y + (b - a) / 2) / min(a, b)
    ratio = max(a / b, b / a)
    if apart > NEAR * 1.01 or ratio > ALIKE * 1.01:
        assert cost == np.inf
    elif apart < NEAR * 0.99 and ratio < ALIKE * 0.99:
        assert cost == pytest.approx(apart + np.log(ratio), abs=1e-3)


def test_a_box_is_most_like_itself() -> None:
    assert unlikeness(boxes(FACE), boxes(FACE))[0, 0] == 0


@given(observations())
def test_ways_begin_at_the_sighting_and_follow_what_was_followed(seen: Observations) -> None:
    for index, look in enumerate(seen.looks):
        for face in range(len(look.boxes)):
            ahead, behind = look.ahead[face], look.behind[face]
            on = np.arange(look.frame, look.frame + len(ahead) + 1)
            back = np.arange(look.frame - len(behind), look.frame + 1)
            sighting = Sighting(index, face)
            np.testing.assert_array_equal(way_on(seen, sighting, on), [look.boxes[face], *ahead])
            np.testing.assert_array_equal(way_back(seen, sighting, back), [*behind[::-1], look.boxes[face]])


def test_beyond_what_was_followed_a_way_goes_on_with_the_camera() -> None:
    moves = np.stack([np.eye(3), *[similarity(3, 1, 1.01)] * 99])
    seen = observed({10: [FACE], 20: []}, EVERY_100, moves=moves)
    look = seen.looks[1]
    assert look.frame == 10
    frames = np.arange(10, 60)
    np.testing.assert_allclose(
        way_on(seen, Sighting(1, 0), frames), seen.carry(look.boxes[0], 10, frames), atol=0.01
    )
    frames = np.arange(0, 11)
    np.testing.assert_allclose(
        way_back(seen, Sighting(1, 0), frames), seen.carry(look.boxes[0], 10, frames), atol=0.01
    )


def test_a_clip_of_cuts_alone_is_linked_in_time_that_grows_with_its_length() -> None:
    many = 30_000
    one = observed({0: [FACE]}, [0])
    seen = replace(
        one,
        pts=np.arange(many),
        scenes=np.repeat(np.arange(many)[:, None], 2, axis=1),
        looks=tuple(replace(one.looks[0], frame=frame) for frame in range(many)),
    )
    began = process_time()
    assert len(link(seen, 2000)) == many
    assert process_time() - began < 20  # minutes, where every look is held against all scenes
