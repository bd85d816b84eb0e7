"""Every sighting in a photo is covered, and several of one face are one track."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blur.plan.photo import Sightings, build_photo_plan
from blur.settings import Settings

WIDTH, HEIGHT = 400, 300

sighting = st.tuples(
    st.integers(-50, 390),
    st.integers(-50, 290),
    st.integers(6, 200),
    st.integers(6, 200),
    st.floats(0.1, 0.99),
)


def seen(rows: list[tuple[int, int, int, int, float]]) -> Sightings:
    array = np.array(rows, np.float32).reshape(-1, 5)
    boxes = np.concatenate([array[:, :2], array[:, :2] + array[:, 2:4]], axis=1)
    return Sightings(WIDTH, HEIGHT, boxes, array[:, 4])


@given(st.lists(sighting, max_size=12), st.floats(1.0, 4.0))
def test_every_box_in_sight_lies_in_a_region_that_is_larger(rows: list, grow: float) -> None:
    sightings = seen(rows)
    plan = build_photo_plan(sightings, Settings(grow=grow))
    regions = np.concatenate([np.empty((0, 4)), *(track.regions for track in plan.tracks)])
    for x0, y0, x1, y1 in sightings.boxes.tolist():
        if x0 < WIDTH and y0 < HEIGHT and x1 > 0 and y1 > 0:
            around = (regions[:, :2] <= (x0 - 11.9, y0 - 11.9)).all(axis=1)
            around &= (regions[:, 2:] >= (x1 + 11.9, y1 + 11.9)).all(axis=1)
            assert around.any()


def test_boxes_of_one_face_are_one_track_and_neighbours_are_not() -> None:
    face, other, far = (100, 100, 40, 50, 0.5), (104, 97, 44, 52, 0.5), (150, 100, 40, 50, 0.3)
    plan = build_photo_plan(seen([face, other, far]), Settings())
    assert [track.certainty for track in plan.tracks] == [750, 300]
    assert plan.pts.tolist() == [0]


def test_a_photo_without_sightings_has_an_empty_plan_of_one_frame() -> None:
    plan = build_photo_plan(seen([]), Settings())
    assert (plan.tracks, plan.pts.tolist(), plan.width, plan.height) == ((), [0], WIDTH, HEIGHT)
