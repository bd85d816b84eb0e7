from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.plan import model
from blur.plan.model import Plan, Track
from blur.timing import TimeBase

HERE = [[1, 2, 3, 4], [5, 6, 7, 8]]


def track(pts: list[int], regions: list[list[int]]) -> Track:
    return Track("face", 900, np.array(pts, np.int64), np.array(regions, np.int32).reshape(-1, 4))


def plan(*tracks: Track) -> Plan:
    return Plan(64, 48, TimeBase(1, 30), np.arange(10), tracks)


def test_the_regions_of_a_frame_are_those_of_all_tracks_in_it() -> None:
    other = track([3, 4], [[9, 9, 12, 12], [8, 8, 11, 11]])
    found = plan(track([2, 3], HERE), other).by_frame()
    assert {pts: sorted(rows.tolist()) for pts, rows in found.items()} == {
        2: [[1, 2, 3, 4]],
        3: [[5, 6, 7, 8], [9, 9, 12, 12]],
        4: [[8, 8, 11, 11]],
    }


def test_a_frame_without_a_region_is_not_there() -> None:
    assert plan().by_frame() == {}
    assert 5 not in plan(track([2, 3], HERE)).by_frame()


@given(st.data(), st.integers(1, 12))
def test_regions_by_frame_are_the_same_in_blocks_of_any_size(data: st.DataObject, block: int) -> None:
    tracks = []
    for number in range(data.draw(st.integers(0, 4))):
        pts = sorted(data.draw(st.sets(st.integers(0, 9), max_size=10)))
        tracks.append(track(pts, [[number, time, 99, 99] for time in pts]))
    wanted: dict[int, list[list[int]]] = {}
    for each in tracks:
        for time, region in zip(each.pts.tolist(), each.regions.tolist(), strict=True):
            wanted.setdefault(time, []).append(region)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "BLOCK", block)
        found = plan(*tracks).by_frame()
        assert {time: rows.tolist() for time, rows in found.items()} == wanted
        assert (list(found), len(found)) == (sorted(wanted), len(wanted))
        for time in data.draw(st.permutations(range(-2, 12))):
            assert (time in found, found.get(time, np.empty(0)).tolist()) == (
                time in wanted,
                wanted.get(time, []),
            )


@pytest.mark.parametrize("pts", [[3, 3], [4, 3]])
def test_a_track_s_times_must_rise(pts: list[int]) -> None:
    with pytest.raises(ValueError, match="rise"):
        track(pts, HERE)


def test_a_track_has_one_region_for_each_time() -> None:
    with pytest.raises(ValueError, match="regions"):
        track([1, 2, 3], HERE)


def test_a_track_cannot_be_changed() -> None:
    made = track([2, 3], HERE)
    with pytest.raises(ValueError, match="read-only"):
        made.regions[0, 0] = 0
    with pytest.raises(ValueError, match="read-only"):
        made.pts[0] = 0
