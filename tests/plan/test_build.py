from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.plan.build import CLEAR, MARGIN, UNCLEAR, believable, build_plan, masks
from blur.plan.doubts import FAINT, LASTING
from blur.plan.model import Plan
from blur.plan.store import dumps, loads
from blur.settings import PRESETS, Preset, Settings
from blur.track.link import Chain, link
from blur.track.observe import Hints, Observations
from blur.track.schedule import SEARCHES, search_for
from tests.track.seeing import Box, boxes, observations, observed, similarity

FACE = (100.0, 100.0, 140.0, 150.0)
TENTHS = range(0, 10_000, 100)
presets = st.sampled_from(PRESETS)
Covered = set[tuple[int, ...]]


def scores(seen: Observations, chain: Chain) -> np.ndarray:
    return np.array([seen.looks[sighting.look].scores[sighting.face] for sighting in chain])


def chains(seen: Observations, settings: Settings) -> list[Chain]:
    """The chains that are to be covered."""
    search = search_for(settings)
    linked = link(seen, seen.time_base.ticks(search.memory))
    return [chain for chain in linked if believable(seen, chain, search)]


def covered(plan: Plan) -> dict[int, Covered]:
    return {pts: set(map(tuple, rows.tolist())) for pts, rows in plan.by_frame().items()}


def holds(outer: tuple[int, ...], inner: tuple[float, ...]) -> bool:
    return all(outer[i] <= inner[i] for i in (0, 1)) and all(outer[i] >= inner[i] for i in (2, 3))


def in_sight(seen: Observations, box: np.ndarray) -> bool:
    return bool((box[:2] < (seen.width, seen.height)).all() and (box[2:] > 0).all())


@given(observations(), presets, st.floats(1.0, 4.0))
def test_every_believed_sighting_is_inside_a_region(seen: Observations, preset: Preset, grow: float) -> None:
    settings = Settings(preset=preset, grow=grow)
    plan = covered(build_plan(seen, settings))
    for chain in chains(seen, settings):
        for sighting in chain:
            look = seen.looks[sighting.look]
            box = look.boxes[sighting.face]
            if in_sight(seen, box):
                here = plan[int(seen.pts[look.frame])]
                # the ellipse of a region that is grown by more than √2 holds the whole box
                assert any(holds(region, tuple(box.tolist())) for region in here)


@given(observations(), presets)
def test_every_frame_between_two_sightings_is_covered(seen: Observations, preset: Preset) -> None:
    # a narrower picture could lose a face that walks out of it and back
    seen = replace(seen, width=1 << 15, height=1 << 15, looks=moved(seen))
    settings = Settings(preset=preset)
    frames = set(build_plan(seen, settings).by_frame())
    for chain in chains(seen, settings):
        first, last = seen.looks[chain[0].look].frame, seen.looks[chain[-1].look].frame
        assert set(seen.pts[first : last + 1].tolist()) <= frames


def moved(seen: Observations) -> tuple:  # type: ignore[type-arg]
    """The looks with all their boxes far inside a large picture."""
    far = np.float32(1 << 14)
    return tuple(
        replace(look, boxes=look.boxes + far, ahead=look.ahead + far, behind=look.behind + far)
        for look in seen.looks
    )


@given(observations(), presets)
def test_no_track_crosses_a_cut(seen: Observations, preset: Preset) -> None:
    for track in build_plan(seen, Settings(preset=preset)).tracks:
        frames = np.searchsorted(seen.pts, track.pts)
        np.testing.assert_array_equal(seen.pts[frames], track.pts)
        assert len(set(np.searchsorted(seen.scenes[:, 1], frames).tolist())) == 1


@given(observations(), presets)
def test_a_scene_in_which_nothing_was_seen_has_no_region(seen: Observations, preset: Preset) -> None:
    frames = set(build_plan(seen, Settings(preset=preset)).by_frame())
    for first, last in seen.scenes:
        looks = [look for look in seen.looks if first <= look.frame <= last]
        if not any(len(look.boxes) for look in looks):
            assert frames.isdisjoint(seen.pts[first : last + 1].tolist())


@given(observations(), presets, st.floats(1.0, 4.0), st.floats(1.0, 4.0))
def test_a_mask_never_shrinks_when_growth_does_not(
    seen: Observations, preset: Preset, one: float, other: float
) -> None:
    small, large = (
        covered(build_plan(seen, Settings(preset=preset, grow=grow))) for grow in sorted((one, other))
    )
    assert small.keys() <= large.keys()
    for pts, here in small.items():
        for region in here:
            assert any(holds(larger, region) for larger in large[pts])


@given(observations(), presets, st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_a_lower_threshold_uncovers_nothing(
    seen: Observations, preset: Preset, one: float, other: float
) -> None:
    low, high = (
        covered(build_plan(seen, Settings(preset=preset, threshold=threshold)))
        for threshold in sorted((one, other))
    )
    for pts, here in high.items():
        assert here <= low[pts]


@given(observations(), presets, st.floats(1.0, 4.0))
def test_a_plan_is_the_same_every_time_and_survives_as_text(
    seen: Observations, preset: Preset, grow: float
) -> None:
    settings = Settings(preset=preset, grow=grow)
    plan = build_plan(seen, settings)
    text = dumps(plan)
    assert dumps(build_plan(seen, settings)) == text
    assert dumps(loads(text)) == text
    assert (plan.width, plan.height, plan.time_base) == (seen.width, seen.height, seen.time_base)
    np.testing.assert_array_equal(plan.pts, seen.pts)


@given(observations(), presets)
def test_every_region_has_area_and_is_in_sight(seen: Observations, preset: Preset) -> None:
    for track in build_plan(seen, Settings(preset=preset)).tracks:
        assert len(track.pts)
        assert (track.regions[:, 2:] > track.regions[:, :2]).all()
        assert (track.regions[:, :2] < (seen.width, seen.height)).all()
        assert (track.regions[:, 2:] > 0).all()
        assert 0 <= track.certainty <= 1000


@given(observations(), presets)
def test_tracks_come_in_order_of_time_and_doubts_of_weight(seen: Observations, preset: Preset) -> None:
    plan = build_plan(seen, Settings(preset=preset))
    assert all(a.pts[0] <= b.pts[0] for a, b in pairwise(plan.tracks))
    assert all(a.weight >= b.weight for a, b in pairwise(plan.doubts))


@given(observations(), presets)
def test_what_is_not_covered_is_told(seen: Observations, preset: Preset) -> None:
    settings = Settings(preset=preset)
    search = search_for(settings)
    linked = link(seen, seen.time_base.ticks(search.memory))
    left = [chain for chain in linked if not believable(seen, chain, search)]
    plan = build_plan(seen, settings)
    told = sum(scores(seen, chain).max() >= search.fair for chain in left)
    assert sum(doubt.reason == FAINT for doubt in plan.doubts) == told


def test_a_face_is_held_for_seconds_and_not_for_frames() -> None:
    # ten frames a second, then one
    pts = [*range(0, 5000, 100), *range(5000, 20_000, 1000)]
    seen = observed({50: [FACE]}, pts)
    assert pts[50] == 5000
    held = sorted(build_plan(seen, Settings()).by_frame())
    hold = int(1000 * SEARCHES["balanced"].hold)
    assert held == [when for when in pts if abs(when - 5000) <= hold]


def test_what_was_seen_once_and_faintly_is_held_half_as_long() -> None:
    held = {
        score: len(build_plan(observed({50: [FACE]}, TENTHS, score=score), Settings()).by_frame())
        for score in (LASTING / 1000 - 0.01, LASTING / 1000 + 0.01)
    }
    hold = 10 * SEARCHES["balanced"].hold
    assert list(held.values()) == [hold + 1, 2 * hold + 1]


@pytest.mark.parametrize("preset", PRESETS)
def test_one_sure_sighting_is_covered(preset: Preset) -> None:
    sure = SEARCHES[preset].sure
    for score, count in ((sure, 1), (sure * 0.99, 0)):
        plan = build_plan(observed({50: [FACE]}, TENTHS, score=score), Settings(preset=preset))
        assert len(plan.tracks) == count


@pytest.mark.parametrize("preset", PRESETS)
def test_weak_sightings_confirm_each_other(preset: Preset) -> None:
    seen = observed({50: [FACE], 55: [FACE]}, TENTHS, score=SEARCHES[preset].fair)
    assert len(build_plan(seen, Settings(preset=preset)).tracks) == 1


def test_a_weak_sighting_more_never_ends_the_hold_of_a_firm_one() -> None:
    weak = SEARCHES["balanced"].weak
    alone = set(build_plan(observed({50: [FACE]}, TENTHS), Settings()).by_frame())
    for frame, last in ((55, 7000), (65, 7500)):
        seen = observed({50: [FACE], frame: [FACE]}, TENTHS)
        looks = tuple(
            replace(look, scores=np.full(len(look.scores), weak, np.float32)) if look.frame == frame else look
            for look in seen.looks
        )
        held = set(build_plan(replace(seen, looks=looks), Settings()).by_frame())
        assert held >= alone
        assert max(held) == last


def test_nothing_seen_is_nothing_covered() -> None:
    plan = build_plan(observed({}, TENTHS), Settings())
    assert (plan.tracks, plan.doubts) == ((), ())


def test_a_face_that_the_camera_turns_away_from_is_covered_while_it_is_in_sight() -> None:
    moves = np.stack([np.eye(3), *[similarity(-20, 0)] * 99])
    plan = build_plan(observed({0: [FACE]}, TENTHS, moves=moves), Settings())
    (track,) = plan.tracks
    # its region ends at 140 grown by half its width, and goes 20 pixels to the left a frame
    assert track.pts.tolist() == [100 * i for i in range(8)]


def test_masks_of_what_no_look_saw_clearly_are_larger() -> None:
    def width(*scores: float) -> int:
        seen = observed({40: [FACE], 50: [FACE], 60: [FACE]}, TENTHS)
        given = iter(scores)
        looks = [
            replace(look, scores=look.scores * 0 + next(given, 0)) for look in seen.looks if len(look.boxes)
        ]
        rest = [look for look in seen.looks if not len(look.boxes)]
        ordered = tuple(sorted([*looks, *rest], key=lambda look: look.frame))
        (track,) = build_plan(replace(seen, looks=ordered), Settings(grow=2.0)).tracks
        x0, _, x1, _ = track.regions[len(track.regions) // 2].tolist()
        return int(x1 - x0)

    clear = width(0.9, 0.9, 0.9)
    assert clear == width(0.1, CLEAR, 0.1)
    assert width(0.2, 0.2, 0.2) == pytest.approx(UNCLEAR * clear, abs=2)


@pytest.mark.parametrize(
    ("size", "pixels"),
    [((1920, 1080), 12), ((720, 1280), 12), ((854, 480), 8), ((360, 640), 6), ((160, 120), 6)],
)
def test_masks_reach_beyond_a_small_face_by_pixels_for_the_size_of_the_picture(
    size: tuple[int, int], pixels: int
) -> None:
    seen = replace(observed({50: [(60, 60, 64, 64)]}, TENTHS), width=size[0], height=size[1])
    (track,) = build_plan(seen, Settings(grow=1.0)).tracks
    assert (track.regions[:, [0, 2, 3]] == [60 - pixels, 64 + pixels, 64 + pixels]).all()
    assert (track.regions[:, 1] < 60 - pixels).all()


sides = st.floats(1, 500, width=32)
places = st.floats(-500, 1500, width=32)


@given(st.lists(st.tuples(places, places, sides, sides), min_size=1), st.floats(1.0, 4.0))
def test_masks_hold_the_grown_boxes(found: list[Box], grow: float) -> None:
    faces = boxes(*((x, y, x + w, y + h) for x, y, w, h in found))
    for box, mask in zip(faces.astype(float), masks(faces, grow).tolist(), strict=True):
        half = np.maximum((box[2:] - box[:2]) / 2 * grow, (box[2:] - box[:2]) / 2 + MARGIN)
        middle = (box[:2] + box[2:]) / 2
        assert holds(tuple(mask), (*(middle - half + 1e-3), *(middle + half - 1e-3)))


@given(observations(), presets)
def test_regions_are_whole_pixels(seen: Observations, preset: Preset) -> None:
    for track in build_plan(seen, Settings(preset=preset)).tracks:
        assert track.regions.dtype == np.int32


@given(observations(), presets, st.floats(0, 0.5))
def test_higher_scores_never_make_a_face_unbelievable(
    seen: Observations, preset: Preset, more: float
) -> None:
    search = SEARCHES[preset]
    higher = replace(
        seen, looks=tuple(replace(look, scores=look.scores + np.float32(more)) for look in seen.looks)
    )
    for chain in link(seen, seen.time_base.ticks(search.memory)):
        assert not believable(seen, chain, search) or believable(higher, chain, search)


def test_what_other_looks_saw_decides_over_a_weak_sighting_and_not_over_a_certain_one() -> None:
    search = SEARCHES["balanced"]
    looks: dict[int, list[Box]] = {40: [], 43: [], 46: [], 50: [FACE], 53: [], 56: [], 60: []}
    for score, covers in ((search.sure, False), (search.certain, True)):
        plan = build_plan(observed(looks, TENTHS, score=score), Settings())
        assert bool(plan.tracks) is covers
        assert (FAINT in {doubt.reason for doubt in plan.doubts}) is not covers
    faint = observed(looks, TENTHS, score=search.sure)
    hints = Hints(boxes(FACE), np.array([search.fair - 0.01], np.float32))
    hinted = tuple(look if len(look.boxes) else replace(look, hints=hints) for look in faint.looks)
    assert build_plan(replace(faint, looks=hinted), Settings()).tracks


def test_two_weak_sightings_are_a_face_if_nothing_speaks_against_it() -> None:
    search = SEARCHES["balanced"]
    scene = [(0, 49), (50, 53), (54, 99)]
    for looks, covers in (({50: [FACE], 53: [FACE]}, True), ({50: [FACE], 51: [], 53: [FACE]}, False)):
        plan = build_plan(observed(looks, TENTHS, scenes=scene, score=search.fair - 0.01), Settings())
        assert bool(plan.tracks) is covers
