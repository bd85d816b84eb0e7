"""What was seen of a long clip, kept stretch by stretch, so that a run that was stopped goes on.

Only numbers are kept: times, movements of the camera, places of faces. They are private: files of mode 0600
in a folder of the user's own state, overwritten and removed when the clip is done.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from blur.errors import AuditError, InputError
from blur.media.plain import has_an_end
from blur.track.observe import Observations
from blur.track.store import LARGEST, packed, unpacked

_LAST = "last"
_NAME = re.compile(rf"[0-9a-f]{{64}}\.([0-9]+|[0-9a-f]{{16}}|{_LAST})")
_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """The stretches of one clip: the files in ``folder`` whose names begin with its ``key``."""

    folder: Path
    key: str

    @classmethod
    def of(cls, folder: Path, clip: Path, choice: bytes) -> Kept:
        """What is kept of a clip with these bytes under a choice of settings. Raises OSError."""
        with clip.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").digest()
        return cls(folder, hashlib.sha256(content + choice).hexdigest())

    def load(self) -> tuple[list[Observations], bool]:
        """The stretches from the clip's beginning, as far as they are whole; whether they reach its end."""
        found: list[Observations] = []
        while (seen := self._follows(found, str(len(found)))) is not None:
            found.append(seen)
        last = self._follows(found, _LAST) if found else None
        return (found, False) if last is None else ([*found, last], True)

    def add(self, number: int, seen: Observations, *, last: bool = False) -> None:
        """Keeps a stretch, whole or not at all; without a word where there is no room for it."""
        path = self._path(_LAST if last else str(number))
        temporary = self._path(secrets.token_hex(8))
        with contextlib.suppress(OSError):
            try:
                with open(temporary, "xb", opener=_private) as file:
                    file.write(packed(seen))
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)

    @contextlib.contextmanager
    def until_done(self) -> Iterator[None]:
        """Wipes it at the end, unless the work was stopped, or may succeed if it is done again."""
        try:
            yield
        except (InputError, AuditError):
            self.wipe()
            raise
        self.wipe()

    def wipe(self) -> None:
        """Overwrites and removes all of it."""
        with contextlib.suppress(OSError):
            for path in self.folder.glob(f"{self.key}.*"):
                wipe(path)

    def _path(self, name: str) -> Path:
        return self.folder / f"{self.key}.{name}"

    def _follows(self, before: list[Observations], name: str) -> Observations | None:
        """A stretch that begins with the last frame of those before; None where there is none."""
        path = self._path(name)
        with contextlib.suppress(OSError, ValueError):
            if path.is_symlink() or not has_an_end(path) or path.stat().st_size > LARGEST:
                return None
            seen = unpacked(path.read_bytes())
            if not before or seen.pts[0] == before[-1].pts[-1]:
                return seen
        return None


def wipe_all(folder: Path) -> bool:
    """Wipes what is kept of every clip; False where there was nothing. Raises OSError where it stays."""
    if folder.is_symlink():  # not Blur's: what it leads to stays
        folder.unlink()
        return True
    if not folder.is_dir():
        return False
    for path in folder.iterdir():
        if _NAME.fullmatch(path.name):
            wipe(path)
    folder.rmdir()
    return True


def wipe(path: Path) -> None:
    """Overwrites and removes a file. Of a link only the name goes, never what it leads to. Raises OSError."""
    status = path.lstat()
    if stat.S_ISREG(status.st_mode):
        with open(path, "r+b", opener=_private) as file:
            left = status.st_size
            while left > 0:
                left -= file.write(bytes(min(left, _AT_ONCE)))
            file.flush()
            os.fsync(file.fileno())
    path.unlink()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)
