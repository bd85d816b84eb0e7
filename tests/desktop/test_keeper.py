"""What is done in the thread that keeps edits, and what waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject

from blur.desktop.keeper import Keeper
from blur.errors import OutputError

Until = Callable[[Callable[[], object]], None]


def test_the_window_does_not_wait_and_only_the_newest_of_those_that_wait_is_done(
    qapp: QObject, until: Until
) -> None:
    keeper, gate, done, main = Keeper(qapp), threading.Event(), [], threading.get_ident()

    began = threading.Event()

    def first() -> None:
        began.set()
        assert gate.wait(30)
        done.append("first")
        assert threading.get_ident() != main

    keeper.do(first)
    assert began.wait(30)
    keeper.do(lambda: done.append("second"))
    keeper.do(lambda: done.append("third"))
    keeper.afterwards(lambda: done.append("told" if threading.get_ident() == main else "wrongly told"))
    assert done == []
    gate.set()
    until(lambda: len(done) == 3)
    assert done == ["first", "third", "told"]


def test_a_job_that_fails_is_told_of_and_nothing_is_called_for_it(qapp: QObject, until: Until) -> None:
    keeper, told, called = Keeper(qapp), [], []
    keeper.failed.connect(told.append)

    def fail() -> None:
        raise OutputError("there is no space left")

    keeper.do(fail)
    keeper.afterwards(lambda: called.append(1))
    keeper.wait()
    until(lambda: told)
    assert str(keeper.error) == str(told[0])
    assert called == []
    keeper.do(lambda: None)
    keeper.afterwards(lambda: called.append(2))
    until(lambda: called)
    assert (keeper.error, called) == (None, [2])


def test_what_waits_for_an_older_edit_is_dropped_for_a_newer_one(qapp: QObject, until: Until) -> None:
    keeper, gate, called = Keeper(qapp), threading.Event(), []

    def waits() -> None:
        assert gate.wait(30)

    keeper.do(waits)
    keeper.do(lambda: None)
    keeper.afterwards(lambda: called.append("older"))
    keeper.do(lambda: None)
    keeper.afterwards(lambda: called.append("newer"))
    gate.set()
    until(lambda: called)
    keeper.wait()
    assert called == ["newer"]
