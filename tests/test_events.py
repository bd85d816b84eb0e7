from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.events import SCHEMA, Event, Failed, Finished, Notice, Progress, Stage, Started, as_json, from_json

counts = st.integers(0, 1 << 40)
stages = st.sampled_from(get_args(Stage))
events = st.one_of(
    st.builds(Started, st.text(), stages, st.none() | counts),
    st.builds(Progress, st.text(), stages, counts, st.none() | counts),
    st.builds(Notice, st.text(), st.text(), st.text()),
    st.builds(Failed, st.text(), st.text(), st.text(), st.text(), st.integers(0, 255)),
    st.builds(
        Finished, st.text(), st.none() | st.text(), counts, counts, st.floats(0, 1e6), st.integers(0, 255)
    ),
)


@given(events)
def test_an_event_is_the_same_after_its_way_as_a_line_of_json(event: Event) -> None:
    line = json.dumps(as_json(event))
    assert "\n" not in line
    assert from_json(json.loads(line)) == event


@given(events)
def test_every_event_names_the_schema_and_its_kind(event: Event) -> None:
    told = as_json(event)
    assert told["schema"] == SCHEMA
    assert told["event"] == type(event).__name__.lower()


def test_the_names_of_a_line_are_those_that_others_rely_on() -> None:
    assert as_json(Progress("a.mp4", "render", 3, 10)) == {
        "schema": "blur-events/1",
        "event": "progress",
        "clip": "a.mp4",
        "stage": "render",
        "done": 3,
        "total": 10,
    }


@pytest.mark.parametrize("told", [{"event": "other"}, {}, {"event": "notice", "clip": "a", "more": 1}])
def test_what_is_no_event_is_refused(told: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError)):
        from_json(told)
