from __future__ import annotations

import pytest
from PySide6.QtCore import QObject

from blur.desktop.session import Session, Work
from blur.desktop.state import State
from blur.plan.store import dumps
from tests.desktop.making import FRAMES, plan

KEY = "0123456789abcdef"


@pytest.fixture
def session(qapp: QObject, state: State) -> Session:
    return Session(KEY, Work(plan()), None, state, qapp)


def test_an_edit_is_kept_on_disk_and_gone_when_it_is_undone(session: Session, state: State) -> None:
    session.cover((1, 2, 21, 22), 12)
    assert session.keep_now()
    kept = state.edited_plan(KEY)
    assert kept is not None
    assert dumps(kept) == dumps(session.plan)
    assert session.dirty
    session.undo()
    assert not session.dirty
    session.keeper.wait()
    assert state.edited_plan(KEY) is None
    session.redo()
    session.keeper.wait()
    assert state.edited_plan(KEY) is not None


def test_what_is_drawn_covers_a_second_before_and_after_and_is_selected(session: Session) -> None:
    session.cover((1, 2, 21, 22), 12)
    assert session.track is session.plan.tracks[1]
    assert session.track.pts.tolist() == list(range(FRAMES))
    session.cover((1, 2, 21, 22), 0)
    assert session.track.pts.tolist() == list(range(13))


def test_marks_tell_what_is_in_the_result_and_what_is_not_yet(session: Session) -> None:
    assert [(mark.index, mark.state) for mark in session.marks(0)] == [(0, "same")]
    assert session.marks(FRAMES - 1) == []
    session.reshape(0, 0, (12, 12, 32, 36))
    assert [(mark.index, mark.state) for mark in session.marks(0)] == [(None, "gone"), (0, "new")]
    session.undo()
    session.select(0)
    session.delete()
    assert [(mark.index, mark.state) for mark in session.marks(0)] == [(None, "gone")]
    assert session.selected is None


def test_begin_and_end_are_set_where_one_is(session: Session) -> None:
    session.select(0)
    session.begins(4)
    session.ends(8)
    assert session.track is not None
    assert session.track.pts.tolist() == [4, 5, 6, 7, 8]
    session.begins(20)
    assert session.track.pts.tolist() == [20]


def test_keys_move_and_resize_and_never_turn_a_mask_inside_out(session: Session) -> None:
    assert not session.nudge(0, 1, 0, 0)
    session.select(0)
    assert session.nudge(0, 1, 0, 0)
    assert session.track is not None
    assert session.track.regions[0].tolist() == [12, 10, 32, 34]
    for _ in range(30):
        session.nudge(0, 0, 0, -1)
    x0, y0, x1, y1 = session.track.regions[0].tolist()
    assert x1 > x0
    assert y1 > y0
    assert not session.nudge(FRAMES - 1, 1, 0, 0)


def test_masks_of_a_frame_are_walked_through(session: Session) -> None:
    session.cover((1, 2, 21, 22), 0)
    session.select(None)
    chosen = []
    for _ in range(3):
        session.select_next(0)
        chosen.append(session.selected)
    assert chosen == [0, 1, 0]


def test_an_edit_that_was_left_open_is_taken_up(qapp: QObject, state: State, session: Session) -> None:
    session.cover_all(3)
    session.mute(2)
    session.mute(5)
    session.keeper.wait()
    plan_kept, mutes_kept = state.edited_plan(KEY), state.edited_mutes(KEY)
    assert plan_kept is not None
    assert mutes_kept is not None
    again = Session(KEY, Work(plan()), Work(plan_kept, mutes_kept), state, qapp)
    assert again.dirty
    assert [mark.state for mark in again.marks(0)] == ["same", "new"]
    assert again.mutes == session.mutes
    again.undo()
    assert not again.dirty


def test_sound_is_muted_from_one_frame_to_another_and_heard_again(session: Session, state: State) -> None:
    session.mute(12)
    assert (session.mute_from, session.mutes) == (12, ((1000, 61917),))  # to the end, should nobody end it
    session.mute(6)
    assert (session.mute_from, session.mutes) == (None, ((500, 1000),))
    session.keeper.wait()
    assert state.edited_mutes(KEY) == ((500, 1000),)
    assert state.edited_plan(KEY) is None
    session.mute(9)
    assert session.mutes == ()
    session.undo()
    assert session.mutes == ((500, 1000),)
    session.cover_all(3)
    assert session.mutes == ((500, 1000),)
    for _ in range(3):
        session.undo()
    assert not session.dirty
    session.keeper.wait()
    assert state.edited_mutes(KEY) is None


def test_what_is_muted_to_the_last_frame_is_so_to_the_end_of_the_sound(session: Session) -> None:
    session.mute(FRAMES - 1)
    session.mute(12)
    assert session.mutes == ((1000, 1917),)
    session.mute(14)
    session.mute(12)
    session.mute(FRAMES - 1)
    assert session.mutes == ((1000, 61917),)


def test_what_was_muted_before_stays_so_while_a_span_is_given_its_end(session: Session) -> None:
    for frame in (0, 1, 20, 21, 6):
        session.mute(frame)
    session.cover_all(3)
    session.mute(12)
    assert session.mutes == ((0, 84), (500, 1000), (1666, 1750))


def test_a_span_that_was_only_begun_is_undone_alone(session: Session) -> None:
    session.cover_all(3)
    session.mute(4)
    session.undo()
    assert session.mute_from is None
    assert len(session.plan.tracks) == 2
