"""What a run of many clips remembers, so that the next one goes on where it stopped.

One small private database. It holds no picture. Names of files stand in it only until their clip is
published; of what is done only hashes are kept, made with a key that lies in the same database and goes
with it. ``forget`` removes all of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

from blur import __version__
from blur.batch.discover import Job
from blur.detect.weights import all_weights
from blur.errors import EXIT_LOOK, EXIT_OK, OutputError, UsageError
from blur.media.plain import has_an_end
from blur.settings import Settings

FILE = "batches.sqlite3"
_KEY = 32
STRETCHES = "stretches"
"""The folder beside it with what was seen of long clips that are not done."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS secret(key BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS done(
    content BLOB, choice BLOB, output BLOB, code INTEGER NOT NULL, PRIMARY KEY(content, choice, output));
CREATE TABLE IF NOT EXISTS batch(
    id INTEGER PRIMARY KEY AUTOINCREMENT, settings TEXT NOT NULL, choice BLOB NOT NULL,
    total INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS job(
    batch INTEGER NOT NULL, source BLOB NOT NULL, target BLOB NOT NULL, stage TEXT NOT NULL,
    error TEXT NOT NULL, PRIMARY KEY(batch, source));
"""


@dataclass(frozen=True, slots=True)
class Left:
    """A clip of an open batch that is not published.

    Attributes:
        stage: the last one that began, ``""`` where none did.
        error: the name of the error that it ended in, ``""`` where it did not.
    """

    job: Job
    stage: str
    error: str


@dataclass(frozen=True, slots=True)
class Open:
    """A batch with clips left. ``settings`` and ``force`` are those that it was begun with."""

    total: int
    settings: Settings
    force: bool
    left: tuple[Left, ...]


def _kept(path: Path) -> bytes:
    """Where a file lies, in the system's own bytes: not every name is text."""
    return os.fsencode(path.absolute())


def state_folder() -> Path:
    """Where Blur remembers: ``$BLUR_STATE``, else the system's place for a user's state."""
    if told := os.environ.get("BLUR_STATE"):
        return Path(told)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "Blur"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "blur"


def choice(settings: Settings) -> bytes:
    """A hash of all that decides how an output looks: settings, detectors' weights, Blur's version."""
    told = [__version__, as_text(settings, force=False), sorted(all_weights().items())]
    return hashlib.sha256(json.dumps(told).encode()).digest()


class Journal:
    """The open database; leaving ``opened`` closes it. Only the parent of the readers ever holds one."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.executescript(_SCHEMA)
        with database:
            database.execute("BEGIN IMMEDIATE")
            if not database.execute("SELECT 1 FROM secret").fetchone():
                database.execute("INSERT INTO secret VALUES (?)", (secrets.token_bytes(_KEY),))
        (self._key,) = database.execute("SELECT key FROM secret").fetchone()
        if not isinstance(self._key, bytes) or len(self._key) != _KEY:
            raise _damaged()

    def content(self, path: Path) -> bytes:
        """The keyed hash of a file's bytes. Raises OSError, also for what is no file and may have no end."""
        if not has_an_end(path):
            raise FileNotFoundError(path)
        with path.open("rb") as file:
            return hashlib.file_digest(file, self._hash).digest()

    def name(self, path: Path) -> bytes:
        """The keyed hash of where a file lies."""
        digest = self._hash()
        digest.update(_kept(path))
        return digest.digest()

    def outputs(self, content: bytes, choice: bytes) -> Mapping[bytes, int]:
        """What was made of such a clip with such a choice: hashes of names, and exit codes."""
        query = "SELECT output, code FROM done WHERE content = ? AND choice = ?"
        found = dict(self._database.execute(query, (content, choice)))
        if not set(found.values()) <= {EXIT_OK, EXIT_LOOK}:
            raise _damaged()
        return found

    def begin(self, jobs: Sequence[Job], settings: Settings, *, force: bool) -> int:
        """Opens a batch; clips that an earlier one with this choice left go over to it. Gives its number."""
        chosen = choice(settings)
        before = self.left(settings)
        rows = []
        for job in jobs:
            left = before.get(job.source.absolute())
            how = (left.stage, left.error) if left and left.job.target == job.target.absolute() else ("", "")
            rows.append((_kept(job.source), _kept(job.target), *how))
        with self._database as database:
            database.executemany(
                "DELETE FROM job WHERE source = ?1 AND batch IN (SELECT id FROM batch WHERE choice = ?2)",
                [(row[0], chosen) for row in rows],
            )
            self._close_empty()
            batch = database.execute(
                "INSERT INTO batch(settings, choice, total) VALUES (?, ?, ?)",
                (as_text(settings, force=force), chosen, len(rows)),
            ).lastrowid
            database.executemany("INSERT INTO job VALUES (?, ?, ?, ?, ?)", [(batch, *row) for row in rows])
        return int(batch or 0)

    def left(self, settings: Settings) -> Mapping[Path, Left]:
        """The clips that batches with this choice left, by source."""
        query = "SELECT source, target, stage, error FROM job JOIN batch ON batch = id WHERE choice = ?"
        return {
            left.job.source: left for left in map(_left, self._database.execute(query, (choice(settings),)))
        }

    def note(self, batch: int, source: Path, stage: str) -> None:
        """A stage of a clip begins."""
        self._change(
            "UPDATE job SET stage = ?1, error = '' WHERE batch = ?2 AND source = ?3", stage, batch, source
        )

    def fail(self, batch: int, source: Path, error: str) -> None:
        """A clip ended in an error; its name stays, for another try."""
        self._change("UPDATE job SET error = ?1 WHERE batch = ?2 AND source = ?3", error, batch, source)

    def finish(self, batch: int, job: Job, content: bytes | None, choice: bytes, code: int) -> None:
        """A clip is published, or was before: its names leave the journal. The last one closes the batch."""
        with self._database as database:
            if content is not None:
                row = (content, choice, self.name(job.target), code)
                database.execute("INSERT OR REPLACE INTO done VALUES (?, ?, ?, ?)", row)
            database.execute("DELETE FROM job WHERE batch = ? AND source = ?", (batch, _kept(job.source)))
            self._close_empty()

    def batches(self) -> list[Open]:
        """The open batches, oldest first. Raises UsageError where one is of another version of Blur."""
        found = []
        for batch, told, total in self._database.execute("SELECT id, settings, total FROM batch ORDER BY id"):
            settings, force = as_settings(told)
            query = "SELECT source, target, stage, error FROM job WHERE batch = ? ORDER BY rowid"
            left = tuple(map(_left, self._database.execute(query, (batch,))))
            found.append(Open(total, settings, force, left))
        return found

    def _change(self, command: str, what: str, batch: int, source: Path) -> None:
        with self._database as database:
            database.execute(command, (what, batch, _kept(source)))

    def _close_empty(self) -> None:
        self._database.execute("DELETE FROM batch WHERE id NOT IN (SELECT batch FROM job)")

    def _hash(self) -> hashlib.blake2b:
        return hashlib.blake2b(key=self._key, digest_size=32)


@contextmanager
def opened(folder: Path) -> Iterator[Journal]:
    """The journal in a folder; both are made where they are missing, and are open to nobody else.

    Raises OutputError where it cannot be read or written.
    """
    path = folder / FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        os.close(handle)
        path.chmod(0o600)
        database = sqlite3.connect(path, timeout=20)
    except (OSError, sqlite3.Error) as error:
        raise OutputError(
            "the journal of batches cannot be opened", "Go without it: --no-journal."
        ) from error
    try:
        database.execute("PRAGMA secure_delete = ON")  # names that are taken out are overwritten
        yield Journal(database)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE):
            raise OutputError(
                "there is no space left for the journal of batches",
                "Free some space and start the same command again, or go without it: --no-journal.",
            ) from error
        raise OutputError(
            "the journal of batches is damaged or cannot be written", "Remove it: blur batch forget."
        ) from error
    finally:
        database.close()


def batches_in(folder: Path) -> list[Open]:
    """The open batches of the journal in a folder, none where there is no journal; makes nothing."""
    if not (folder / FILE).exists():
        return []
    with opened(folder) as journal:
        return journal.batches()


def forget(folder: Path) -> bool:
    """Overwrites and removes the journal and what was seen of long clips, and the folder if that was all.

    False where there was nothing. Raises OutputError where it cannot be removed.
    """
    from blur.detect.kept import wipe, wipe_all

    try:
        found = wipe_all(folder / STRETCHES)
        for path in (folder / FILE, folder / f"{FILE}-journal"):
            if os.path.lexists(path):
                found = True
                wipe(path)
        if found and not any(folder.iterdir()):
            folder.rmdir()
    except OSError as error:
        raise OutputError("the journal of batches cannot be removed", "Remove its folder by hand.") from error
    return found


def _damaged() -> sqlite3.Error:
    return sqlite3.DatabaseError("no journal of Blur's, or a damaged one")


def _left(row: tuple[object, ...]) -> Left:
    paths = [Path(os.fsdecode(path)) for path in row[:2] if isinstance(path, bytes) and 0 not in path]
    if len(paths) < 2:
        raise _damaged()
    return Left(Job(*paths), str(row[2]), str(row[3]))


def as_text(settings: Settings, *, force: bool) -> str:
    """Settings, and whether outputs are replaced, as text that ``as_settings`` reads."""
    return json.dumps({"force": force, **asdict(settings)}, default=str, sort_keys=True)


def as_settings(told: str) -> tuple[Settings, bool]:
    """What ``as_text`` wrote. Raises UsageError where another version of Blur did."""
    try:
        values = dict(json.loads(told))
        force = bool(values.pop("force"))
        values["mute"] = tuple((_seconds(first), _seconds(last)) for first, last in values["mute"])
        return Settings(**values), force
    except (ValueError, TypeError, KeyError, ArithmeticError, RecursionError, UsageError) as error:
        raise UsageError(
            "an open batch is of another version of Blur",
            "Run: blur batch forget, and start the batch again.",
        ) from error


def _seconds(told: str) -> Fraction:
    """A fraction from what ``str`` made of it. Raises ValueError for other text, which could be endless."""
    if not re.fullmatch(r"[0-9]{1,20}(/[0-9]{1,20})?", told):
        raise ValueError(told)
    return Fraction(told)
