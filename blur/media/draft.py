"""The private file in which an output grows until it may be published."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from blur.errors import ExistsError, OutputError, UsageError
from blur.media.workplace import OPENING, PRIVATE, draft_name, lock, sweep
from blur.sandbox.kernel import rename_to_free
from blur.text import printable

CHANGED = 946_684_800
"""When every output was last changed, as its file says: on 1 January 2000, in seconds of 1970."""


class Draft:
    """A temporary file beside the target, removed on every way out, published by one rename.

    Where the target's folder has a private one for drafts (see workplace.PRIVATE), it lies in there.

    What is published carries a fixed time of change, so that a copy does not tell when it was made.

    The file is readable by nobody else (0600), its name is hidden, random and tells nothing of the
    source. While the draft lives it is locked; drafts of runs that died are not, and are removed
    by the next run in the same folder.

    Args:
        target: where the output will appear; its suffix is the draft's.
        force: whether an existing target is replaced.
        private: whether it stays its owner's alone when it is published, as plans and reports do.

    Raises:
        ExistsError: at once and again when publishing, where the target exists without ``force``.
        OutputError: where the folder cannot be written to.
    """

    def __init__(self, target: Path, force: bool, *, private: bool = False) -> None:
        self._target = target
        self._force = force
        self._private = private
        self._handle: int | None = None
        self._check_target()
        self._folder = PRIVATE.get(target.parent, target.parent)
        self.path = self._free_name()

    def __enter__(self) -> Self:
        sweep(self._folder)
        try:
            while not self._create():
                self.path = self._free_name()
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

    def secure(self) -> None:
        """Makes the finished draft safe on the disk, so that nothing but its name is missing.

        Raises as ``publish``.
        """
        self._check_target()
        try:
            # A file of its own may stand at the path by now: a tool has written it anew.
            handle = os.open(self.path, OPENING)
            try:
                os.utime(self.path, (CHANGED, CHANGED))
                self.path.chmod(0o600 if self._private else 0o666 & ~_umask())
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise _refused(self._target, error) from error

    def publish(self) -> None:
        """Gives the finished draft the target's name, in one step, once it is safe on the disk.

        Without ``force`` a target that has appeared meanwhile is never replaced.

        Raises:
            ExistsError: the target exists.
            OutputError: the disk is full, or the target cannot be put there.
        """
        self.secure()
        try:
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

    def _free_name(self) -> Path:
        kind = self._target.suffix
        if not re.fullmatch(r"\.[0-9A-Za-z]{1,8}", kind):
            if self._private:
                return self._folder / draft_name()
            name = printable(self._target.name)
            raise UsageError(f"{name} does not name a kind of file", "End the name in .mp4.")
        return self._folder / draft_name(kind)

    def _create(self) -> bool:
        """Makes and locks the file; False where another run's sweep took it in between."""
        self._handle = os.open(self.path, OPENING | os.O_CREAT | os.O_EXCL, 0o600)
        with contextlib.suppress(OSError):  # some network folders have no locks
            lock(self._handle)
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


def _rename_to_free(source: Path, target: Path) -> None:
    """Renames without ever replacing; raises FileExistsError where the target exists."""
    if os.name == "nt":
        source.rename(target)  # refuses to replace, there
        return
    with contextlib.suppress(OSError):
        rename_to_free(source, target)
        return
    # An old kernel, another system, or a target that is there.
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:
        # Memory cards know no links, so that what appears under the name in this very moment is lost.
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        source.replace(target)
    else:
        source.unlink()


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
