from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from blur.track.flow import carried_paths, flowing_paths
from blur.track.motion import STILL
from tests.track.patches import HIGH, SIDE, WIDE, Place, background, box, drawn, expected, walk
from tests.track.seeing import boxes, similarity


@pytest.mark.parametrize("step", [(0, 0), (3, 0), (-4, 2), (8, 3)])
def test_what_moves_by_itself_is_followed_forwards_and_backwards(step: Place) -> None:
    places = walk(10, step, (120, 80))
    greys = [drawn((1, place)) for place in places]
    ahead = flowing_paths(boxes(box(*places[0])), greys, [STILL] * 9)
    np.testing.assert_allclose(ahead[0], expected(places[1:]), atol=1.5)
    behind = flowing_paths(boxes(box(*places[-1])), greys[::-1], [STILL] * 9)
    np.testing.assert_allclose(behind[0], expected(places[-2::-1]), atol=1.5)


def test_what_moves_is_followed_under_a_moving_camera() -> None:
    places = walk(10, (4, -1), (120, 80))
    cameras = [(3 * i, 2 * i) for i in range(10)]
    greys = [
        drawn((1, (x - cx, y - cy)), camera=(cx, cy))
        for (x, y), (cx, cy) in zip(places, cameras, strict=True)
    ]
    moves = [similarity(-3, -2)] * 9
    ahead = flowing_paths(boxes(box(*places[0])), greys, moves)
    seen = [(x - cx, y - cy) for (x, y), (cx, cy) in zip(places, cameras, strict=True)]
    np.testing.assert_allclose(ahead[0], expected(seen[1:]), atol=1.5)


def test_several_are_followed_each_its_own_way() -> None:
    one, other = walk(8, (5, 0), (40, 20)), walk(8, (-4, 3), (300, 100))
    greys = [drawn((1, a), (2, b)) for a, b in zip(one, other, strict=True)]
    ahead = flowing_paths(boxes(box(*one[0]), box(*other[0])), greys, [STILL] * 7)
    assert ahead.shape == (2, 7, 4)
    np.testing.assert_allclose(ahead[0], expected(one[1:]), atol=1.5)
    np.testing.assert_allclose(ahead[1], expected(other[1:]), atol=1.5)


def test_a_face_without_texture_goes_with_the_camera() -> None:
    grey = np.full((HIGH, WIDE), 90, np.uint8)
    ahead = flowing_paths(boxes(box(100, 80)), [grey] * 4, [similarity(2, 1)] * 3)
    np.testing.assert_allclose(ahead[0], expected(walk(3, (2, 1), (102, 81))), atol=1e-3)


def test_points_that_disagree_move_no_face() -> None:
    # the patch turns to another one at every frame
    greys = [drawn((seed, (100, 80))) for seed in range(1, 7)]
    ahead = flowing_paths(boxes(box(100, 80)), greys, [STILL] * 5)
    np.testing.assert_allclose(ahead[0], expected([(100, 80)] * 5), atol=1e-3)


@pytest.mark.parametrize(
    "place", [(-SIDE // 2, 80), (WIDE - SIDE // 2, 80), (100, HIGH - SIDE // 2), (900, 900)]
)
def test_what_reaches_out_of_the_picture_goes_with_the_camera(place: Place) -> None:
    greys = [drawn((1, place)), drawn((1, (place[0] + 3, place[1])))]
    ahead = flowing_paths(boxes(box(*place)), greys, [similarity(1, 1)])
    np.testing.assert_allclose(ahead[0, 0], box(place[0] + 1, place[1] + 1), atol=1e-3)


def test_carried_paths_are_the_sum_of_the_camera_s_movements() -> None:
    paths = carried_paths(boxes(box(10, 20), box(60, 70)), [similarity(i, -1) for i in (1, 2, 3)])
    np.testing.assert_allclose(paths[0], expected([(11, 19), (13, 18), (16, 17)]), atol=1e-3)
    np.testing.assert_allclose(paths[1], expected([(61, 69), (63, 68), (66, 67)]), atol=1e-3)


def test_without_a_frame_to_go_to_there_are_no_paths() -> None:
    assert carried_paths(boxes(box(1, 2)), []).shape == (1, 0, 4)
    assert flowing_paths(boxes(box(1, 2)), [background()], []).shape == (1, 0, 4)
    assert carried_paths(boxes(), [STILL] * 3).shape == (0, 3, 4)
    assert flowing_paths(boxes(), [background()] * 4, [STILL] * 3).shape == (0, 3, 4)


def test_a_step_needs_its_movement() -> None:
    greys = [background()] * 4
    assert len(list(pairwise(greys))) == 3
    with pytest.raises(ValueError, match="zip"):
        flowing_paths(boxes(box(1, 2)), greys, [STILL] * 2)
