"""Where drafts lie: hidden, locked while their run lives, and swept by the next run when it died."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.platform != "win32":
    import fcntl

OPENING = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_OF_A_FOLDER = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_NAME = re.compile(r"\.blur-draft-[0-9a-f]{16}(\.[0-9A-Za-z]{1,8})?")

PRIVATE: dict[Path, Path] = {}
"""For folders of outputs, the folders inside them in which drafts grow. Empty where drafts may grow
beside their outputs; a confined process may write nowhere else."""


def draft_name(suffix: str = "") -> str:
    """A name that is hidden, random and tells nothing."""
    return f".blur-draft-{secrets.token_hex(8)}{suffix}"


def lock(handle: int) -> None:
    """Marks an open draft as one of a living run, until it is closed. Raises OSError."""
    if sys.platform != "win32":
        fcntl.flock(handle, fcntl.LOCK_EX)


@contextlib.contextmanager
def private_folder(folder: Path) -> Iterator[Path]:
    """A folder of its own for drafts inside ``folder``; it is gone at the end, with all that is in it.

    Also where ``folder`` has another name by then, and a link to elsewhere has its old one.
    Raises OSError where none can be made.
    """
    sweep(folder)
    path = folder / draft_name()
    path.mkdir(0o700)
    handle = os.open(path, _OF_A_FOLDER)
    around = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):  # some network folders have no locks
            lock(handle)
        if not path.exists():  # another run's sweep took it in between
            raise FileNotFoundError(path)
        yield path
    finally:
        shutil.rmtree(path.name, ignore_errors=True, dir_fd=around)
        os.close(handle)
        os.close(around)


def sweep(folder: Path) -> None:
    """Removes drafts in the folder, and folders for drafts, that no living run holds."""
    for entry in _drafts(folder):
        path = Path(entry.path)
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                path.unlink()  # refused for a file that anyone has open
                continue
            handle = os.open(path, _OF_A_FOLDER if entry.is_dir(follow_symlinks=False) else OPENING)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(path)
                else:
                    path.unlink()
            finally:
                os.close(handle)


def _drafts(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if _NAME.fullmatch(entry.name) and not entry.is_symlink()]
    except OSError:
        return []
