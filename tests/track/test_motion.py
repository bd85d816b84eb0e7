from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from blur.geometry import centres, iou, sizes
from blur.track.motion import STILL, Grey, carried, estimate, flow
from tests.detect.faces import texture
from tests.track.seeing import boxes, similarity

WIDE, HIGH = 384, 216
HALF = 0.5
"""Pixels by which a movement that was found may be wrong, anywhere in the picture."""


@cache
def surface(seed: int = 0) -> Grey:
    """Larger than the pictures, so that what comes into sight is texture too."""
    return np.ascontiguousarray(texture(WIDE * 3, HIGH * 3, seed)[..., 0])


def seen_after(matrix: NDArray[np.float64], seed: int = 0) -> Grey:
    """What the camera sees of the surface after a movement of its picture."""
    corner = similarity(-WIDE, -HIGH)
    whole = cv2.warpAffine(surface(seed), (matrix @ corner)[:2], (WIDE, HIGH), flags=cv2.INTER_LINEAR)
    return np.asarray(whole, np.uint8)


def about_the_middle(x: float, y: float, scale: float, degrees: float) -> NDArray[np.float64]:
    middle = similarity(WIDE / 2, HIGH / 2)
    moved: NDArray[np.float64] = middle @ similarity(x, y, scale, degrees) @ np.linalg.inv(middle)
    return moved


def error(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """By how many pixels two movements differ at the corners of the picture, at most."""
    corners = np.array([[0, 0, 1], [WIDE, 0, 1], [0, HIGH, 1], [WIDE, HIGH, 1]]).T
    return float(np.linalg.norm(((one - other) @ corners)[:2], axis=0).max())


@settings(max_examples=30, deadline=None)
@given(st.floats(-20, 20), st.floats(-12, 12), st.floats(0.95, 1.05), st.floats(-3, 3))
def test_a_movement_of_the_camera_is_found(x: float, y: float, scale: float, degrees: float) -> None:
    matrix = about_the_middle(x, y, scale, degrees)
    motion = estimate(seen_after(STILL), seen_after(matrix))
    assert error(motion.matrix, matrix) < HALF
    assert motion.trust > 0.5


@pytest.mark.parametrize("x", [0.25, 0.5, 3.75])
def test_a_shift_is_found_to_a_tenth_of_a_pixel(x: float) -> None:
    matrix = similarity(x, -x / 2)
    assert error(estimate(seen_after(STILL), seen_after(matrix)).matrix, matrix) < 0.1


def test_a_still_camera_is_still() -> None:
    motion = estimate(seen_after(STILL), seen_after(STILL))
    assert error(motion.matrix, STILL) < 0.01
    assert motion.trust > 0.95
    assert motion.change < 0.1


@pytest.mark.parametrize("x", [30, 50])
def test_a_fast_pan_is_found(x: int) -> None:
    matrix = similarity(x, 0)
    assert error(estimate(seen_after(STILL), seen_after(matrix)).matrix, matrix) < HALF


@pytest.mark.parametrize("x", [120, 140])
def test_a_whip_pan_is_found_in_smeared_pictures(x: int) -> None:
    matrix = similarity(x, 0)
    before, after = (
        np.asarray(cv2.blur(picture, (x // 2, 1)), np.uint8)
        for picture in (seen_after(STILL), seen_after(matrix))
    )
    assert error(estimate(before, after).matrix, matrix) < 2


@pytest.mark.parametrize("gain", [0.9, 0.5])
def test_a_change_of_light_is_not_taken_for_a_movement(gain: float) -> None:
    before = seen_after(STILL)
    motion = estimate(before, (before * gain).astype(np.uint8))
    assert error(motion.matrix, STILL) < HALF
    assert motion.trust > 0.5
    assert motion.change < 15


@pytest.mark.parametrize("upright", [False, True])
def test_bands_of_light_that_walk_through_the_picture_are_not_followed(upright: bool) -> None:
    matrix = similarity(9, 4)
    place = np.arange(WIDE)[None] / WIDE if upright else np.arange(HIGH)[:, None] / HIGH
    before, after = (
        (picture * (0.7 + 0.3 * np.sin(9 * place + phase))).astype(np.uint8)
        for picture, phase in ((seen_after(STILL), 0), (seen_after(matrix), 1.6))
    )
    assert error(estimate(before, after).matrix, matrix) < 2


def smeared(x: float, along: int) -> Grey:
    return np.asarray(cv2.blur(seen_after(similarity(x, 0)), (along, 1)), np.uint8)


def test_a_camera_that_is_whipped_about_is_expected_to_go_on() -> None:
    """Where that explains nothing either, it is a cut."""
    before, after = smeared(0, 90), smeared(-220, 90)
    assert estimate(before, after).is_cut
    motion = estimate(before, after, similarity(-190, 0))
    assert error(motion.matrix, similarity(-220, 0)) < 1
    assert estimate(before, seen_after(STILL, 3), similarity(-190, 0)).is_cut


def test_what_walks_through_the_picture_is_outvoted() -> None:
    matrix = similarity(4, 2)
    before, after = seen_after(STILL).copy(), seen_after(matrix).copy()
    walker = surface(7)[:120, :120]
    before[60:180, 100:220], after[60:180, 88:208] = walker, walker
    motion = estimate(before, after)
    assert error(motion.matrix, matrix) < HALF
    assert 0.3 < motion.trust < 1


def test_a_cut_is_not_trusted_and_changes_much() -> None:
    motion = estimate(seen_after(STILL), seen_after(STILL, 3))
    assert motion.trust < 0.3
    assert motion.change > 10


@pytest.mark.parametrize("level", [0, 90, 255])
def test_where_nothing_can_be_followed_nothing_is_trusted(level: int) -> None:
    blank = np.full((HIGH, WIDE), level, np.uint8)
    motion = estimate(blank, blank)
    np.testing.assert_array_equal(motion.matrix, STILL)
    assert (motion.trust, motion.change) == (0.0, 0.0)
    assert estimate(blank, seen_after(STILL)).trust == 0.0
    assert estimate(seen_after(STILL), blank).trust < 0.3


@pytest.mark.parametrize("grain", [0.5, 2, 6])
def test_noise_is_not_taken_for_a_movement(grain: float) -> None:
    noise = np.random.default_rng(0)
    one, other = (
        cv2.GaussianBlur(noise.normal(0, 60 * grain, (HIGH, WIDE)), (0, 0), grain) + 128 for _ in range(2)
    )
    motion = estimate(np.clip(one, 0, 255).astype(np.uint8), np.clip(other, 0, 255).astype(np.uint8))
    np.testing.assert_array_equal(motion.matrix, STILL)
    assert motion.trust == 0.0


def test_a_movement_is_the_same_every_time() -> None:
    before, after = seen_after(STILL), seen_after(similarity(5, 5, 1.03, 2))
    first = estimate(before, after)
    estimate(after, before)
    again = estimate(before, after)
    np.testing.assert_array_equal(first.matrix, again.matrix)
    assert (first.trust, first.change) == (again.trust, again.change)


def test_points_are_followed_to_where_they_went() -> None:
    start = np.float32([[50, 60], [200, 100], [300, 150]])
    end, followed = flow(seen_after(STILL), seen_after(similarity(3.5, -2)), start)
    assert followed.all()
    np.testing.assert_allclose(end, start + np.float32([3.5, -2]), atol=0.2)


def test_a_guess_leads_to_what_is_too_far_away_to_be_found_without() -> None:
    start = np.float32([[60, 60], [100, 100], [120, 150]])
    far = np.float32([190, 25])
    before, after = seen_after(STILL), seen_after(similarity(*far.tolist()))
    guessed, followed = flow(before, after, start, start + far + np.float32(2))
    assert followed.all()
    np.testing.assert_allclose(guessed, start + far, atol=0.2)
    blind, _ = flow(before, after, start)
    assert np.abs(blind - start - far).max() > 5


angles = st.floats(-180, 180)
scales = st.floats(0.25, 4)


@given(st.floats(-99, 99), st.floats(-99, 99), scales, angles)
def test_boxes_go_with_the_camera_and_are_never_turned(
    x: float, y: float, scale: float, degrees: float
) -> None:
    start, matrix = boxes((10, 20, 50, 70), (0, 0, 4, 6)), similarity(x, y, scale, degrees)
    moved = carried(start, matrix)
    assert moved.dtype == np.float32
    np.testing.assert_allclose(sizes(moved), sizes(start) * scale, rtol=1e-3, atol=1e-3)
    middle = np.column_stack([centres(start), np.ones(2)]) @ matrix[:2].T
    np.testing.assert_allclose(centres(moved), middle, rtol=1e-4, atol=1e-3)


@given(st.floats(-99, 99), st.floats(-99, 99), scales, angles)
def test_carried_there_and_back_a_box_is_the_same(x: float, y: float, scale: float, degrees: float) -> None:
    start, matrix = boxes((10, 20, 50, 70)), similarity(x, y, scale, degrees)
    back = carried(carried(start, matrix), np.linalg.inv(matrix))
    np.testing.assert_allclose(back, start, atol=0.01)


def test_one_box_is_carried_many_ways() -> None:
    start = boxes((10, 20, 50, 70))
    ways = np.stack([similarity(i, -i, 1 + i / 10) for i in range(5)])
    many = carried(start, ways)
    assert many.shape == (5, 4)
    for way, box in zip(ways, many, strict=True):
        np.testing.assert_allclose(box, carried(start, way)[0], atol=1e-4)


def test_no_boxes_are_carried_nowhere() -> None:
    assert carried(boxes(), similarity(1, 1)).shape == (0, 4)
    assert iou(boxes(), boxes()).shape == (0, 0)
