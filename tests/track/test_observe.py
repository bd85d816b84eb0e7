from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.track.motion import carried
from blur.track.observe import Observations
from tests.track.seeing import HIGH, WIDE, observations, observed, similarity

FACE = np.float32([100, 100, 140, 150])


@given(observations(), st.data())
def test_carried_on_and_back_a_box_is_where_it_was(seen: Observations, data: st.DataObject) -> None:
    first, last = data.draw(st.sampled_from(seen.scenes.tolist()))
    start, other = (data.draw(st.integers(first, last)) for _ in range(2))
    there = seen.carry(FACE, start, np.array([other]))[0]
    np.testing.assert_allclose(seen.carry(there, other, np.array([start]))[0], FACE, atol=0.02)


@given(observations(), st.data())
def test_a_box_is_carried_alike_in_one_step_and_in_two(seen: Observations, data: st.DataObject) -> None:
    first, last = data.draw(st.sampled_from(seen.scenes.tolist()))
    one, two, three = (data.draw(st.integers(first, last)) for _ in range(3))
    by_way = seen.carry(seen.carry(FACE, one, np.array([two]))[0], two, np.array([three]))
    np.testing.assert_allclose(by_way, seen.carry(FACE, one, np.array([three])), atol=0.02)


def test_a_box_is_carried_by_the_sum_of_the_movements() -> None:
    moves = np.stack([np.eye(3), *[similarity(i, 2) for i in range(1, 10)]])
    seen = observed({}, range(10), moves=moves)
    carried = seen.carry(FACE, 3, np.array([3, 6, 9, 0]))
    shifts = [[0, 0], [4 + 5 + 6, 6], [4 + 5 + 6 + 7 + 8 + 9, 12], [-1 - 2 - 3, -6]]
    np.testing.assert_allclose(carried, FACE + np.tile(shifts, 2), atol=1e-3)


def test_every_scene_begins_anew() -> None:
    moves = np.stack([similarity(5, 0)] * 20)
    moves[[0, 10]] = np.eye(3)
    seen = observed({}, range(20), moves=moves, scenes=[(0, 9), (10, 19)])
    np.testing.assert_allclose(
        seen.carry(FACE, 10, np.array([19]))[0], FACE + np.float32([45, 0, 45, 0]), atol=1e-3
    )


@pytest.mark.parametrize("way", [(0, 1), (255, 256), (256, 255), (10, 700), (700, 10), (512, 0), (511, 769)])
def test_a_box_is_carried_over_any_number_of_frames_step_by_step(way: tuple[int, int]) -> None:
    noise = np.random.default_rng(3)
    moves = np.stack(
        [np.eye(3), *(similarity(*noise.normal(0, 2, 2), noise.uniform(0.99, 1.01)) for _ in range(799))]
    )
    seen = observed({}, range(800), moves=moves)
    start, end = way
    total = np.eye(3)
    for frame in range(min(way) + 1, max(way) + 1):
        total = moves[frame] @ total
    expected = carried(FACE[None], total if start < end else np.linalg.inv(total))
    np.testing.assert_allclose(seen.carry(FACE, start, np.array([end])), expected, rtol=1e-4, atol=0.01)


@pytest.mark.parametrize("growth", [1.0005, 1.005])
def test_five_minutes_of_walking_forward_lose_no_precision(growth: float) -> None:
    # what is ahead grows by so much from frame to frame
    forward = similarity(WIDE / 2 * (1 - growth), HIGH / 2 * (1 - growth), growth)
    count = 5 * 60 * 30
    seen = observed({}, range(count), moves=np.stack([np.eye(3), *[forward] * (count - 1)]))
    middle = np.array([WIDE / 2, HIGH / 2] * 2)
    expected = middle + (FACE - middle) * growth**59
    np.testing.assert_allclose(seen.carry(FACE, count - 60, np.array([count - 1]))[0], expected, atol=0.05)
