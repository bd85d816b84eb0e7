"""The queue: clips come in, one at a time is worked on, and what breaks one never stops the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from blur.batch.discover import Job, discover
from blur.batch.naming import NEUTRAL, is_neutral
from blur.desktop import engine, item
from blur.desktop.item import Item
from blur.desktop.mutes import Mutes
from blur.desktop.state import State, new_key
from blur.errors import BlurError
from blur.settings import Settings


class Queue(QObject):
    """The clips in the window, by key, in their order.

    Signals:
        added, changed, gone: the key of an item.
        refused: a BlurError that says why something was not taken.
    """

    added = Signal(str)
    changed = Signal(str)
    gone = Signal(str)
    refused = Signal(object)

    def __init__(self, state: State, program: Callable[[], list[str]] = engine.command) -> None:
        super().__init__()
        self.settings = Settings()
        self.folder: Path | None = None
        """Where results go; None for beside their sources."""
        self.items: dict[str, Item] = {}
        self._state = state
        self._program = program
        self._engine: engine.Engine | None = None
        self._working = ""
        self._began = 0.0
        self._last: dict[str, object] = {}
        self._mutes: Mutes = ()
        """Of the clip at work."""

    def restore(self) -> None:
        """Takes up the clips that were left when the window was closed last."""
        for each in self._state.load_queue():
            self.items[each.key] = each
            self.added.emit(each.key)
        self._next()

    def add(self, paths: Sequence[Path]) -> None:
        """Takes files and folders; what is none of a clip's is told by ``refused``."""
        for job in self._jobs(paths):
            if not any(each.busy and each.source == job.source for each in self.items.values()):
                new = Item(new_key(), job.source.absolute(), self._free(job.target.absolute()))
                self.items[new.key] = new
                self.added.emit(new.key)
        self._next()

    def _jobs(self, paths: Sequence[Path]) -> Sequence[Job]:
        if not paths:
            return ()
        folder = None if self.folder is None else f"{self.folder}/"
        try:
            return discover(paths, folder, None).jobs
        except BlurError as error:
            if len(paths) == 1:
                self.refused.emit(error)
                return ()
        # One of them is refused: the others are not.
        return [job for path in paths for job in self._jobs([path])]

    def again(self, key: str) -> None:
        """Once more, with the choices in sight: by its plan where it was published, else from the start."""
        each = self.items[key]
        if each.busy:
            return
        # Only what this item itself published may be replaced; any other file in the way keeps its name.
        if each.frames and self._state.plan_file(key).exists():
            self._set(replace(each, status="waiting", by_plan=True))
        else:
            again = replace(each, status="waiting", by_plan=False, target=self._free(each.target, key))
            # What did not pass once would not pass the same way twice.
            failed = each.error == "AuditError" and not each.unverified
            self._set(replace(again, thorough=each.thorough or failed))
        self._next()

    def publish_anyway(self, key: str) -> None:
        """Once more, and published even where the second look finds faces that are not covered."""
        if not self.items[key].busy:
            self._set(replace(self.items[key], unverified=True))
            self.again(key)

    def cancel(self, key: str) -> None:
        if key == self._working and self._engine is not None:
            self._engine.stop()
        elif key in self.items and self.items[key].status == "waiting":
            self._set(replace(self.items[key], status="cancelled"))

    def remove(self, key: str) -> None:
        """Takes a clip off the list and wipes its plan; neither its source nor its result is touched."""
        if key in self.items and key != self._working:
            del self.items[key]
            self._state.wipe(key)
            self._remember()
            self.gone.emit(key)

    def mark_edited(self, key: str, edited: bool) -> None:
        if self.items[key].edited != edited:
            self._set(replace(self.items[key], edited=edited))

    def mark_looked(self, key: str) -> None:
        """Somebody went through all grave doubts of a result."""
        if self.items[key].look:
            self._set(replace(self.items[key], looked=True))
            self._remember()

    @property
    def busy(self) -> bool:
        return self._engine is not None

    def seconds_left(self) -> int | None:
        """For the clip at work."""
        if not self._working:
            return None
        return item.seconds_left(self.items[self._working], time.monotonic() - self._began)

    def close(self) -> None:
        """Ends the work, forgets what is done with and remembers the rest."""
        if self._engine is not None:
            self._engine.told.disconnect()
            self._engine.ended.disconnect()
            self._engine.stop_and_wait()
        for key, each in list(self.items.items()):
            if each.status in ("done", "cancelled") and not each.edited:
                del self.items[key]
                self._state.wipe(key)
            elif not each.frames:
                self._state.wipe(key)  # there is nothing published to look at, so no plan is needed
        self._remember()

    def _next(self) -> None:
        self._remember()
        waiting = next((each for each in self.items.values() if each.status == "waiting"), None)
        if self._engine is not None or waiting is None:
            return
        key, state = waiting.key, self._state
        state.made_file(key).unlink(missing_ok=True)  # of a run that was cut off
        if waiting.by_plan:
            plan, edit = state.plan_file(key), state.edit_file(key)
            old = plan if waiting.target.exists() else None
            plans = engine.Plans(state.made_file(key), edit if edit.exists() else plan, old)
        else:
            state.wipe(key)
            plans = engine.Plans(state.made_file(key))
        edited = state.edited_mutes(key)
        self._mutes = waiting.mutes if edited is None else edited
        self._working, self._began, self._last = key, time.monotonic(), {}
        self._set(item.begun(waiting))
        program = [*self._program(), *engine.arguments(waiting, self.settings, plans, self._mutes)]
        self._engine = engine.Engine(program, self)
        self._engine.told.connect(self._told)
        self._engine.ended.connect(self._ended)
        self._engine.start()

    def _told(self, event: dict[str, object]) -> None:
        # How it ended counts once the engine is gone; until then its files may be in use.
        if event.get("event") in ("finished", "failed"):
            self._last = event
        else:
            self._set(item.told(self.items[self._working], event))

    def _ended(self, stopped: bool) -> None:
        key, self._working = self._working, ""
        if self._engine is not None:
            self._engine.deleteLater()
            self._engine = None
        after = item.ended(item.told(self.items[key], self._last), stopped=stopped)
        if after.status == "done":
            self._state.adopt(key)
            after = replace(after, mutes=self._mutes)
        self._set(after)
        self._next()

    def _set(self, new: Item) -> None:
        self.items[new.key] = new
        self.changed.emit(new.key)

    def _free(self, target: Path, own: str = "") -> Path:
        """The target's name, numbered where it is taken: a result never stands in another one's way."""
        taken = {each.target for key, each in self.items.items() if key != own}
        stem = NEUTRAL if is_neutral(target.stem) else f"{target.stem}-"
        names = [target, *(target.with_stem(f"{stem}{number}") for number in range(2, 1000))]
        return next((name for name in names if name not in taken and not name.exists()), target)

    def _remember(self) -> None:
        try:
            self._state.save_queue(list(self.items.values()))
        except OSError as error:
            self.refused.emit(error)
