from __future__ import annotations

import numpy as np

from blur.geometry import iou
from blur.track.fill import fill
from blur.track.link import link
from blur.track.motion import STILL
from blur.track.observe import Look, Observations
from blur.track.window import follow
from tests.track.patches import HIGH, WIDE, box, drawn, expected, walk
from tests.track.seeing import MILLISECONDS, boxes, similarity

YES, NO = np.array([True]), np.array([False])
NOTHING = np.array([], bool)


def test_what_the_camera_explains_goes_with_the_camera() -> None:
    # the picture of the patch walks off, but both looks have the box in the same place
    greys = [drawn((1, place)) for place in walk(5, (4, 0))]
    same = boxes(box(60, 80))
    ahead, behind = follow(same, same, (YES, YES), greys, [STILL] * 4)
    np.testing.assert_array_equal(ahead[0], np.tile(same, (4, 1)))
    np.testing.assert_array_equal(behind[0], np.tile(same, (4, 1)))


def test_what_moves_by_itself_is_followed_from_both_ends() -> None:
    places = walk(11, (6, 1))
    greys = [drawn((1, place)) for place in places]
    ahead, behind = follow(expected(places[:1]), expected(places[-1:]), (YES, YES), greys, [STILL] * 10)
    np.testing.assert_allclose(ahead[0], expected(places[1:]), atol=1.5)
    np.testing.assert_allclose(behind[0], expected(places[-2::-1]), atol=1.5)


def test_what_moves_against_a_fast_camera_is_followed_back_too() -> None:
    # without the camera's way as a guess, the picture moves too far between two frames
    cameras = [(40 * i, 0) for i in range(5)]
    places = [(300 - 36 * i, 80) for i in range(5)]
    greys = [drawn((1, place), camera=camera) for place, camera in zip(places, cameras, strict=True)]
    last = expected([(places[-1][0], 80)])
    _, behind = follow(boxes(), last, (NOTHING, YES), greys, [similarity(-40, 0)] * 4)
    np.testing.assert_allclose(behind[0], expected(places[-2::-1]), atol=1.5)


def test_what_is_not_clear_is_not_followed_by_flow() -> None:
    places = walk(11, (6, 1))
    greys = [drawn((1, place)) for place in places]
    first, last = expected(places[:1]), expected(places[-1:])
    ahead, behind = follow(first, last, (NO, NO), greys, [STILL] * 10)
    np.testing.assert_array_equal(ahead[0], np.tile(first, (10, 1)))
    np.testing.assert_array_equal(behind[0], np.tile(last, (10, 1)))


def test_a_face_that_the_other_look_lacks_is_followed() -> None:
    places = walk(11, (6, 1))
    greys = [drawn((1, place)) for place in places]
    ahead, behind = follow(expected(places[:1]), boxes(), (YES, NOTHING), greys, [STILL] * 10)
    np.testing.assert_allclose(ahead[0], expected(places[1:]), atol=1.5)
    assert behind.shape == (0, 10, 4)
    ahead, behind = follow(boxes(), expected(places[-1:]), (NOTHING, YES), greys, [STILL] * 10)
    assert ahead.shape == (0, 10, 4)
    np.testing.assert_allclose(behind[0], expected(places[-2::-1]), atol=1.5)


def test_the_way_back_undoes_the_camera_s_movements_in_their_order() -> None:
    moves = [similarity(5, 0), similarity(0, 3, 1.1), similarity(-2, 1)]
    greys = [drawn()] * 4
    start = boxes(box(60, 80))
    ahead, _ = follow(start, boxes(), (NO, NOTHING), greys, moves)
    _, behind = follow(boxes(), ahead[:, -1], (NOTHING, NO), greys, moves)
    np.testing.assert_allclose(behind[0], [ahead[0, 1], ahead[0, 0], start[0]], atol=0.01)


def test_a_single_frame_has_no_way() -> None:
    one = boxes(box(60, 80))
    ahead, behind = follow(one, one, (YES, YES), [drawn()], [])
    assert (ahead.shape, behind.shape) == ((1, 0, 4), (1, 0, 4))


def test_a_face_that_a_passer_by_hides_stays_covered_where_it_is() -> None:
    """Its pixels go away with who passes before it; where it stands is covered all the same."""
    count = 21
    face = (180, 80)
    passing = walk(count, (9, 0), (40, 86))
    greys = [drawn((1, face), (2, place)) for place in passing]
    here = boxes(box(*face))
    moves = [STILL] * (count - 1)
    ahead, _ = follow(here, boxes(), (YES, NOTHING), greys, moves)
    assert ahead[0, -1, 0] - here[0, 0] > 40
    empty = np.empty((0, count - 1, 4), np.float32)
    none = np.empty((1, 0, 4), np.float32)
    looks = (
        Look(0, here, np.float32([0.9]), ahead, none),
        Look(count - 1, boxes(), np.float32([]), empty[:, :0], empty),
    )
    seen = Observations(
        WIDE,
        HIGH,
        MILLISECONDS,
        np.arange(count) * 33,
        np.stack([STILL] * count),
        np.ones(count),
        np.array([[0, count - 1]]),
        looks,
    )
    (chain,) = link(seen, 2000)
    main, other, _ = fill(seen, chain, 2000, 2000)
    for frame in range(count):
        there = np.concatenate([path.boxes[path.frames == frame] for path in (main, other)])
        assert iou(there, here).max() >= 0.5
