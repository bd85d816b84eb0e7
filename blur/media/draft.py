"""The private file in which an output grows until it may be published."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from blur.errors import ExistsError, OutputError, UsageError
from blur.text import printable

if sys.platform != "win32":
    import fcntl

CHANGED = 946_684_800
"""When every output was last changed, as its file says: on 1 January 2000, in seconds of 1970."""

_NAME = re.compile(r"\.blur-draft-[0-9a-f]{16}\.[0-9A-Za-z]{1,8}")
_FLAGS = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class Draft:
    """A temporary file beside the target, removed on every way out, published by one rename.

    What is published carries a fixed time of change, so that a copy does not tell when it was made.

    The file is readable by nobody else (0600), its name is hidden, random and tells nothing of the
    source. While the draft lives it is locked; drafts of runs that died are not, and are removed
    by the next run in the same folder.

    Args:
        target: where the output will appear; its suffix is the draft's.
        force: whether an existing target is replaced.

    Raises:
        ExistsError: at once and again when publishing, where the target exists without ``force``.
        OutputError: where the folder cannot be written to.
    """

    def __init__(self, target: Path, force: bool) -> None:
        self._target = target
        self._force = force
        self._handle: int | None = None
        self._check_target()
        self.path = _free_name(target)

    def __enter__(self) -> Self:
        sweep(self._target.parent)
        try:
            while not self._create():
                self.path = _free_name(self._target)
        except OSError as error:
            self._remove()
            raise _refused(self._target, error) from error
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def publish(self) -> None:
        """Gives the finished draft the target's name, in one step, once it is safe on the disk.

        Without ``force`` a target that has appeared meanwhile is never replaced.

        Raises:
            ExistsError: the target exists.
            OutputError: the disk is full, or the target cannot be put there.
        """
        self._check_target()
        try:
            # A file of its own may stand at the path by now: a tool has written it anew.
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())
            os.utime(self.path, (CHANGED, CHANGED))
            self.path.chmod(0o666 & ~_umask())
            self._close()
            if self._force:
                self.path.replace(self._target)
            else:
                _rename_to_free(self.path, self._target)
            _sync_folder(self._target.parent)
        except FileExistsError as error:
            raise _exists(self._target) from error
        except OSError as error:
            raise _refused(self._target, error) from error

    def _check_target(self) -> None:
        if self._target.is_dir():
            raise OutputError(f"{printable(self._target.name)} is a folder", "Name a file with -o.")
        if not self._force and os.path.lexists(self._target):
            raise _exists(self._target)

    def _create(self) -> bool:
        """Makes and locks the file; False where another run's sweep took it in between."""
        self._handle = os.open(self.path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        with contextlib.suppress(OSError):  # some network folders have no locks
            _lock(self._handle)
        if os.fstat(self._handle).st_nlink:
            return True
        self._close()
        return False

    def _close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _remove(self) -> None:
        if sys.platform == "win32":
            self._close()  # an open file cannot be deleted there; elsewhere the lock is held until then
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        self._close()


def same_file(a: Path, b: Path) -> bool:
    """Whether two paths lead to one existing file, through links too."""
    try:
        return a.samefile(b)
    except OSError:
        return False


def _lock(handle: int) -> None:
    if sys.platform != "win32":
        fcntl.flock(handle, fcntl.LOCK_EX)


def _free_name(target: Path) -> Path:
    if not re.fullmatch(r"\.[0-9A-Za-z]{1,8}", target.suffix):
        raise UsageError(f"{printable(target.name)} does not name a kind of file", "End the name in .mp4.")
    return target.parent / f".blur-draft-{secrets.token_hex(8)}{target.suffix}"


def _rename_to_free(source: Path, target: Path) -> None:
    """Renames without ever replacing; raises FileExistsError where the target exists."""
    if os.name == "nt":
        source.rename(target)  # refuses to replace, there
        return
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:
        # Memory cards know no links. An empty file of our own holds the name instead.
        os.close(os.open(target, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            source.replace(target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    else:
        source.unlink()


def sweep(folder: Path) -> None:
    """Removes drafts in the folder that no living run holds."""
    for path in _drafts(folder):
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                path.unlink()  # refused for a file that anyone has open
                continue
            handle = os.open(path, _FLAGS)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(handle)


def _drafts(folder: Path) -> Iterator[Path]:
    try:
        names = [entry.name for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False)]
    except OSError:
        return
    yield from (folder / name for name in names if _NAME.fullmatch(name))


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # some file systems keep no folder to sync; the file itself is safe
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0o077)  # it can only be read by setting it
    os.umask(mask)
    return mask


def _exists(target: Path) -> ExistsError:
    return ExistsError(f"{printable(target.name)} exists already")


def _refused(target: Path, error: OSError) -> OutputError:
    return OutputError(f"{printable(target.name)} cannot be written: {error.strerror or error}")
