"""What the window remembers, for no longer than needed: the queue and the plans under work.

Files are readable by their owner alone. A plan shows where faces are, so it goes when its clip is done with.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from PySide6.QtCore import QLockFile, QStandardPaths

from blur.desktop.item import Item
from blur.desktop.mutes import Mutes
from blur.errors import BlurError, OutputError
from blur.media.plain import has_an_end
from blur.plan import store
from blur.plan.model import Plan, Track

SCHEMA = "blur-queue/1"


def usual_folder() -> Path:
    """A folder of the window's own where this system keeps what programs remember."""
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericStateLocation)
    return Path(place) / "blur" / "window"


class State:
    """A private folder that belongs to one window at a time.

    A second window gets a folder of its own, which is gone when it closes.
    """

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        self._lock = QLockFile(str(folder / "lock"))
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if not self._lock.tryLock(0):
            self._temporary = tempfile.TemporaryDirectory(prefix="blur-")
            folder = Path(self._temporary.name)
        self.folder = folder

    def close(self) -> None:
        if self._temporary is not None:
            self._temporary.cleanup()
        self._lock.unlock()

    def plan_file(self, key: str) -> Path:
        """Where the plan lies by which a clip was published."""
        return self.folder / f"{key}.plan.json"

    def made_file(self, key: str) -> Path:
        """Where the engine writes the plan by which it publishes a clip."""
        return self.folder / f"{key}.made.json"

    def mutes_file(self, key: str) -> Path:
        """Where the spans of sound to be muted are kept until they are rendered."""
        return self.folder / f"{key}.mutes.json"

    def edit_file(self, key: str) -> Path:
        """Where the plan as edited by hand is kept until it is rendered."""
        return self.folder / f"{key}.edit.json"

    def follow_file(self, key: str) -> Path:
        """Where the engine writes a plan in which a mask follows what is under it."""
        return self.folder / f"{key}.follow.json"

    def followed_plan(self, key: str) -> Plan | None:
        """Takes that plan out of its file; None where there is none."""
        plan = _plan(self.follow_file(key))
        self.follow_file(key).unlink(missing_ok=True)
        return plan

    def autosave(
        self,
        key: str,
        plan: Plan | None,
        mutes: Mutes,
        text_of: Callable[[Track], str] = store.track_text,
    ) -> None:
        """Keeps what was edited; ``plan`` is None where it is still the published one. Raises OutputError."""
        if plan is None:
            self.edit_file(key).unlink(missing_ok=True)
        else:
            store.save(plan, self.edit_file(key), text_of)
        try:
            self._write(self.mutes_file(key), mutes)
        except OSError as error:
            raise OutputError("the changes cannot be kept") from error

    def forget_edit(self, key: str) -> None:
        self.edit_file(key).unlink(missing_ok=True)
        self.mutes_file(key).unlink(missing_ok=True)

    def adopt(self, key: str) -> None:
        """The plan that the engine has made is the published one now, and nothing is edited."""
        with contextlib.suppress(FileNotFoundError):
            self.made_file(key).replace(self.plan_file(key))
        self.forget_edit(key)

    def wipe(self, key: str) -> None:
        """Removes everything about a clip."""
        for path in self.folder.glob(f"{key}.*"):
            path.unlink(missing_ok=True)

    def published_plan(self, key: str) -> Plan | None:
        """The plan by which a clip was published, None where there is none that can be read."""
        return _plan(self.plan_file(key))

    def edited_plan(self, key: str) -> Plan | None:
        """The plan as edited by hand, None where there is none."""
        return _plan(self.edit_file(key))

    def edited_mutes(self, key: str) -> Mutes | None:
        """The spans to be muted as edited by hand, None where there are none that can be read."""
        try:
            return _mutes(_stored(self.mutes_file(key)))
        except (OSError, ValueError, TypeError):
            return None

    def save_queue(self, items: Sequence[Item]) -> None:
        """Remembers the queue; clips at work will wait when they are restored."""
        entries = [{name: _plain(getattr(item, name)) for name in _KEPT} for item in items]
        self._write(self.folder / "queue.json", {"schema": SCHEMA, "items": entries})

    def _write(self, path: Path, value: object) -> None:
        handle, name = tempfile.mkstemp(prefix=".queue-", dir=self.folder)  # 0600 from the start
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(value, file)
        Path(name).replace(path)

    def load_queue(self) -> list[Item]:
        """The queue as it was left; empty where there is none or it cannot be read."""
        try:
            untrusted = _stored(self.folder / "queue.json")
            entries = untrusted["items"] if untrusted["schema"] == SCHEMA else []
            items = [_restored(entry) for entry in entries]
        except (OSError, ValueError, KeyError, TypeError):
            items = []
        self._sweep({item.key for item in items})
        return items

    def _sweep(self, keys: set[str]) -> None:
        """Removes plans that belong to no clip of the queue, and half-written files."""
        for path in [
            *self.folder.glob("*.json"),
            *self.folder.glob(".queue-*"),
            *self.folder.glob(".blur-*"),
        ]:
            if path.name != "queue.json" and path.name.split(".")[0] not in keys:
                path.unlink(missing_ok=True)


_KEPT = (
    "key",
    "source",
    "target",
    "status",
    "by_plan",
    "frames",
    "codes",
    "look",
    "looked",
    "mutes",
    "error",
    "edited",
    "unverified",
    "thorough",
)
_LARGEST = 1 << 24
_STATUSES = {"waiting": "waiting", "working": "waiting", "done": "done", "failed": "failed"}


def new_key() -> str:
    return secrets.token_hex(8)


def _stored(path: Path) -> Any:
    """What a file holds as JSON. Raises OSError, and ValueError where it holds none or has no end."""
    if not has_an_end(path) or path.stat().st_size > _LARGEST:
        raise ValueError(path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ValueError(path) from error


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def _restored(untrusted: dict[str, Any]) -> Item:
    """An item from a stored entry. Raises ValueError, KeyError or TypeError where it is none."""
    values = {name: untrusted[name] for name in _KEPT}
    key = str(values["key"])
    if not (len(key) == 16 and set(key) <= set("0123456789abcdef")):
        raise ValueError("no key of an item")
    values |= {
        "source": Path(values["source"]),
        "target": Path(values["target"]),
        "codes": tuple(map(str, values["codes"])),
        "mutes": _mutes(values["mutes"]),
        "status": _STATUSES.get(values["status"], "cancelled"),
    }
    item = Item(**values)
    kinds = {field.name: type(field.default) for field in fields(Item) if field.default is not MISSING}
    wrong = any(type(getattr(item, name)) is not kinds[name] for name in _KEPT if name in kinds)
    if wrong or any("\0" in str(path) for path in (item.source, item.target)):
        raise ValueError("no item")
    return item


def _mutes(untrusted: Any) -> Mutes:
    """Spans from what was stored. Raises ValueError or TypeError where it is none."""
    spans = tuple((first, last) for first, last in untrusted)
    if not all(type(at) is int for span in spans for at in span):
        raise ValueError("no spans")
    return spans


def _plan(path: Path) -> Plan | None:
    try:
        return store.load(path) if path.exists() else None
    except BlurError:
        return None
