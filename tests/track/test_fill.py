from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.track.fill import AWAY, Path, fill, hides
from blur.track.link import Chain, link, way_back, way_on
from blur.track.observe import Look, Observations
from tests.track.seeing import HIGH, WIDE, boxes, observations, observed, similarity

FACE = (100.0, 100.0, 140.0, 150.0)
holds = st.integers(0, 3000)


def scene_of(seen: Observations, frame: int) -> tuple[int, int]:
    return next((int(first), int(last)) for first, last in seen.scenes if first <= frame <= last)


def ends(seen: Observations, chain: Chain) -> tuple[int, int]:
    return seen.looks[chain[0].look].frame, seen.looks[chain[-1].look].frame


def filled(seen: Observations, hold: int) -> list[tuple[Chain, Path, Path]]:
    """Each chain, its way, and all other places in order of time."""
    return [
        (chain, main, joined(others))
        for chain in link(seen, 2000)
        for main, *others in [fill(seen, chain, hold, hold)]
    ]


def in_sight(boxes: np.ndarray) -> np.ndarray:
    return np.array([x1 > 0 and y1 > 0 and x0 < WIDE and y0 < HIGH for x0, y0, x1, y1 in boxes], np.bool_)


def joined(paths: list[Path]) -> Path:
    frames = np.concatenate([path.frames for path in paths])
    order = np.argsort(frames, kind="stable")
    return Path(frames[order], np.concatenate([path.boxes for path in paths])[order])


@given(observations(), holds)
def test_every_frame_from_the_first_sighting_to_the_last_is_filled(seen: Observations, hold: int) -> None:
    for chain, main, _ in filled(seen, hold):
        start, end = ends(seen, chain)
        assert set(range(start, end + 1)) <= set(main.frames.tolist())
        assert (np.diff(main.frames) == 1).all()
        assert main.boxes.shape == (len(main.frames), 4)


@given(observations(), holds)
def test_the_ends_are_held_for_the_hold_time_within_the_scene(seen: Observations, hold: int) -> None:
    most = hold + seen.time_base.ticks(AWAY)
    for chain, main, _ in filled(seen, hold):
        start, end = ends(seen, chain)
        first, last = scene_of(seen, start)
        within = {
            longest: {
                frame
                for frame in range(first, last + 1)
                if seen.pts[start] - longest <= seen.pts[frame] <= seen.pts[end] + longest
            }
            for longest in (hold, most)
        }
        assert within[hold] <= set(main.frames.tolist()) <= within[most]


@given(observations(), holds)
def test_only_a_face_that_is_out_of_sight_is_held_for_longer(seen: Observations, hold: int) -> None:
    for chain, main, _ in filled(seen, hold):
        _, end = ends(seen, chain)
        frames = main.frames[main.frames > end]
        shown = in_sight(way_on(seen, chain[-1], frames))
        ticks = np.diff(seen.pts[[end, *frames]])
        assert ticks[shown].sum() <= hold


@given(observations(), holds)
def test_at_every_sighting_the_path_is_there(seen: Observations, hold: int) -> None:
    for chain, main, _ in filled(seen, hold):
        for sighting in chain:
            look = seen.looks[sighting.look]
            (row,) = main.boxes[main.frames == look.frame]
            np.testing.assert_allclose(row, look.boxes[sighting.face], atol=1e-3)


@given(observations(), holds)
def test_other_places_are_those_that_the_path_is_not_at(seen: Observations, hold: int) -> None:
    for _, main, other in filled(seen, hold):
        assert np.isin(other.frames, main.frames).all()
        at = np.searchsorted(main.frames, other.frames)
        assert not hides(main.boxes[at], other.boxes).any()


def near(places: tuple[Path, Path], frame: int, box: np.ndarray) -> bool:
    """Whether one of the paths is where a box is, or close enough for one mask."""
    rows = np.concatenate([path.boxes[path.frames == frame] for path in places])
    return bool(hides(rows, np.tile(box, (len(rows), 1))).any())


@given(observations(), holds)
def test_where_the_face_may_have_been_held_by_the_camera_is_covered(seen: Observations, hold: int) -> None:
    for chain, main, other in filled(seen, hold):
        start, end = ends(seen, chain)
        for frame in main.frames.tolist():
            if start <= frame <= end:
                continue
            sighting = chain[0] if frame < start else chain[-1]
            look = seen.looks[sighting.look]
            (by_camera,) = seen.carry(look.boxes[sighting.face], look.frame, np.array([frame]))
            (followed,) = (way_back if frame < start else way_on)(seen, sighting, np.array([frame]))
            assert near((main, other), frame, by_camera)
            assert near((main, other), frame, followed)


def test_hold_counts_time_and_not_frames() -> None:
    pts = [0, 10, 20, 30, 1000, 1010, 2000, 2900, 3000, 3010, 5000]
    seen = observed({4: [FACE]}, pts)
    ((_, main, _),) = filled(seen, 990)
    assert [pts[frame] for frame in main.frames] == [10, 20, 30, 1000, 1010]
    ((_, main, _),) = filled(seen, 2000)
    assert [pts[frame] for frame in main.frames] == [0, 10, 20, 30, 1000, 1010, 2000, 2900, 3000]


def turned_away(frames: int, *, seen_last: bool = False) -> Observations:
    """A face that is seen before, or after, a camera turns away from it in ten frames and back in ten."""
    still, away, back = [[similarity(x, 0)] for x in (0, -15, 15)]
    moves = np.stack([*still * 60, *away * 10, *still * frames, *back * 10, *still * 60])
    sighting = len(moves) - 60 if seen_last else 59
    return observed({sighting: [FACE]}, range(0, 40 * len(moves), 40), moves=moves)


@pytest.mark.parametrize("seen_last", [False, True])
def test_while_the_camera_is_turned_away_a_hold_does_not_run_out(seen_last: bool) -> None:
    ((_, main, _),) = filled(turned_away(75, seen_last=seen_last), 1000)
    shown = int(in_sight(main.boxes).sum())
    assert shown == 25 + 1 + 25  # a second on the one side, a second on the other, and the sighting
    assert len(main.frames) > shown + 75


def test_a_camera_that_is_turned_away_for_long_is_not_waited_for() -> None:
    ((_, main, _),) = filled(turned_away(25 * 60), 1000)
    assert len(main.frames) <= 25 + 1 + 25 * 5


def test_nothing_is_held_across_a_cut() -> None:
    pts = range(0, 1000, 10)
    seen = observed({40: [FACE], 60: [FACE]}, pts, scenes=[(0, 29), (30, 69), (70, 99)])
    ((_, main, _),) = filled(seen, 5000)
    assert (main.frames[0], main.frames[-1]) == (30, 69)


def test_a_held_face_goes_with_the_camera() -> None:
    moves = np.stack([np.eye(3), *[similarity(4, -1)] * 49])
    seen = observed({20: [FACE]}, range(0, 500, 10), moves=moves)
    ((_, main, other),) = filled(seen, 10_000)
    expected = np.array(FACE) + np.arange(-20, 30)[:, None] * np.array([4, -1, 4, -1])
    np.testing.assert_allclose(main.boxes, expected, atol=0.01)
    assert not len(other.frames)


def test_between_two_sightings_a_face_goes_evenly_from_one_to_the_other() -> None:
    later = (120.0, 100.0, 160.0, 150.0)
    seen = observed({0: [FACE], 10: [later]}, range(0, 1000, 10))
    ((_, main, _),) = filled(seen, 0)
    np.testing.assert_allclose(main.boxes[:, 0], 100 + 2 * np.arange(11), atol=1e-3)


def carried_away(seen: Observations, look: int, by: float) -> Observations:
    """The same, with the one face of a look followed ``by`` pixels to the right a frame until the next."""
    old = seen.looks[look]
    shift = np.arange(1, old.ahead.shape[1] + 1)[None, :, None] * np.float32([by, 0, by, 0])
    new = Look(old.frame, old.boxes, old.scores, (old.boxes[:, None] + shift).astype(np.float32), old.behind)
    looks = (*seen.looks[:look], new, *seen.looks[look + 1 :])
    return Observations(
        seen.width, seen.height, seen.time_base, seen.pts, seen.moves, seen.trusts, seen.scenes, looks
    )


def test_a_face_that_was_last_seen_is_covered_where_it_was_and_where_its_pixels_went() -> None:
    seen = carried_away(observed({0: [FACE], 10: []}, range(0, 1000, 10)), 0, 8)
    ((_, main, other),) = filled(seen, 150)
    assert main.frames.tolist() == list(range(16))
    np.testing.assert_allclose(main.boxes[:11, 0], 100 + 8 * np.arange(11), atol=1e-3)
    np.testing.assert_allclose(main.boxes[11:, 0], 180, atol=1e-3)
    assert other.frames.tolist() == list(range(2, 16))
    np.testing.assert_allclose(other.boxes, np.tile(boxes(FACE), (14, 1)), atol=1e-3)


def test_between_two_sightings_both_ways_are_covered_where_they_disagree() -> None:
    # followed forwards it goes to the right; followed back from the later sighting it stays there
    seen = carried_away(observed({0: [FACE], 10: [(250.0, 100.0, 290.0, 150.0)]}, range(0, 1000, 10)), 0, 12)
    ((chain, main, other),) = filled(seen, 0)
    for frame in range(10):
        for way in (way_on(seen, chain[0], np.array([frame])), way_back(seen, chain[1], np.array([frame]))):
            assert near((main, other), frame, way[0])


def test_who_walked_is_covered_where_they_would_have_walked_on_both_ways() -> None:
    """For half a second at the camera's side, from where they were seen."""
    pan = similarity(2, 0)
    pts = [100 * i for i in range(21)]
    moves = np.array([np.eye(3), *[pan] * 20])
    # beside the pan of 20 pixels, 30 more of their own
    faces = {8: [FACE], 12: [(138.0, 100.0, 178.0, 150.0)]}
    seen = observed(faces, pts, moves=moves)
    (chain,) = link(seen, 2000)
    places = fill(seen, chain, 2000, 2000)
    for frames_on in (1, 5):
        x = 2 * frames_on + 7.5 * frames_on
        assert near(places, 12 + frames_on, boxes((138 + x, 100, 178 + x, 150)))
        assert near(places, 8 - frames_on, boxes((100 - x, 100, 140 - x, 150)))
    stopped = 2 * 8 + 7.5 * 5
    assert near(places, 20, boxes((138 + stopped, 100, 178 + stopped, 150)))


def test_who_stands_is_not_expected_to_walk_on() -> None:
    seen = observed({0: [FACE], 4: [(104.0, 100.0, 144.0, 150.0)]}, [100 * i for i in range(15)])
    (chain,) = link(seen, 2000)
    main, *others = fill(seen, chain, 2000, 2000)
    assert not sum(len(path.frames) for path in others)
    np.testing.assert_allclose(main.boxes[-1], boxes((104, 100, 144, 150))[0], atol=1e-3)
