"""Lets a mask follow what is under it. The engine does it, in a process of its own: `blur follow`."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from blur.desktop.engine import Engine
from blur.desktop.item import Item
from blur.desktop.session import Session
from blur.desktop.state import State


class Follower(QObject):
    """Follows one mask at a time; whoever asks anew ends what was under way.

    Signals:
        running: whether it is at work.
        ended: how it did: ``followed``, and the session has it; ``not_followed``; or ``outdated``, where
            something was edited meanwhile, which counts more.
    """

    running = Signal(bool)
    ended = Signal(str)

    def __init__(self, state: State, program: Callable[[], list[str]], parent: QObject) -> None:
        super().__init__(parent)
        self._state = state
        self._program = program
        self._engine: Engine | None = None
        self._asked = 0
        """How often it was asked to do something else; what was asked for before counts no more."""

    def follow(self, session: Session, item: Item, frame: int) -> None:
        """Lets the selected mask follow what it covers in ``frame``, if it covers anything there."""
        self.stop()
        track, index, at = session.track, session.selected, int(session.plan.pts[frame])
        if track is None or index is None or at not in track.pts or len(track.pts) == 1:
            return
        asked, begun_with = self._asked, session.plan

        def start() -> None:
            if asked != self._asked:
                return
            if session.plan is begun_with:
                self._start(session, item, index, at)
            else:
                self.ended.emit("outdated")

        session.keep()
        session.keeper.afterwards(start)  # the engine reads what is on disk

    def _start(self, session: Session, item: Item, index: int, at: int) -> None:
        edited = self._state.edit_file(item.key)
        plan = edited if edited.exists() else self._state.plan_file(item.key)
        made = self._state.follow_file(item.key)
        call = ["follow", "--track", str(index), "--at", str(at), "-o", str(made), "--json"]
        self._engine = Engine([*self._program(), *call, "--", str(plan), str(item.source)], self)
        begun_with = session.plan

        def done(_stopped: bool) -> None:
            self._drop()
            followed = self._state.followed_plan(item.key)
            if followed is None or index >= len(followed.tracks):
                self.ended.emit("not_followed")
            elif session.plan is begun_with:
                session.take(index, followed.tracks[index])
                self.ended.emit("followed")
            else:
                self.ended.emit("outdated")

        self._engine.ended.connect(done)
        self._engine.start()
        self.running.emit(True)

    def stop(self) -> None:
        """Ends what is under way; nothing comes of it."""
        self._asked += 1
        if self._engine is not None:
            self._engine.ended.disconnect()
            self._engine.stop_and_wait()
            self._drop()

    def _drop(self) -> None:
        if self._engine is not None:
            self._engine.deleteLater()
            self._engine = None
            self.running.emit(False)
