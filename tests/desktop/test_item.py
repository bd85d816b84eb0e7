from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.desktop.item import RENDER_SHARES, SHARES, Item, begun, ended, seconds_left, share_done, told
from blur.events import Failed, Finished, Notice, Progress, Started, as_json

ITEM = begun(Item("0" * 16, Path("a.mov"), Path("a-blurred.mp4")))


def test_the_engine_s_own_events_are_understood() -> None:
    item = told(ITEM, as_json(Started("a.mov", "render", 200)))
    assert (item.stage, item.done, item.total) == ("render", 0, 200)
    item = told(item, as_json(Progress("a.mov", "render", 50, 200)))
    assert (item.done, item.status) == (50, "working")
    item = told(item, as_json(Notice("a.mov", "sound-removed", "gone")))
    item = told(item, as_json(Finished("a.mov", "a-blurred.mp4", 200, 3, 1.5, 4)))
    assert (item.status, item.frames, item.look) == ("done", 200, True)
    assert item.codes == ("sound-removed",)


def test_a_failure_keeps_its_name_and_an_interruption_is_none() -> None:
    assert told(ITEM, as_json(Failed("a.mov", "DamagedError", "broken", "", 3))).error == "DamagedError"
    assert told(ITEM, as_json(Failed("a.mov", "Interrupted", "stopped", "", 130))).status == "cancelled"


@pytest.mark.parametrize(
    "event", [{}, {"event": "new"}, {"event": "progress", "stage": 3}, {"event": "finished"}]
)
def test_what_is_no_known_event_changes_nothing(event: dict[str, object]) -> None:
    assert told(ITEM, event) == ITEM


def test_an_engine_that_ends_without_a_word_has_crashed_unless_it_was_stopped() -> None:
    assert ended(ITEM, stopped=False).error == "CrashedError"
    assert ended(ITEM, stopped=True).status == "cancelled"
    done = replace(ITEM, status="done")
    assert ended(done, stopped=False) == done


def test_shares_make_a_whole() -> None:
    assert sum(SHARES.values()) == pytest.approx(1)
    assert sum(RENDER_SHARES.values()) == pytest.approx(1)


@given(st.booleans(), st.integers(1, 500))
def test_the_bar_never_runs_backwards(by_plan: bool, total: int) -> None:
    last = 0.0
    for stage in RENDER_SHARES if by_plan else SHARES:
        for done in (0, total // 2, total, total + 1):
            item = replace(ITEM, by_plan=by_plan, stage=stage, done=done, total=total)
            assert last <= share_done(item) <= 1
            last = share_done(item)


def test_the_time_left_is_what_the_pace_says() -> None:
    half = replace(ITEM, by_plan=True, stage="render", done=1, total=2)
    share = share_done(half)
    assert seconds_left(half, 10.0) == round(10 * (1 - share) / share)
    assert seconds_left(ITEM, 10.0) is None
    assert seconds_left(half, 0.5) is None
