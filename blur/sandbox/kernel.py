"""The few Linux system calls that have no place in Python's library."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38

MACHINES = ("x86_64", "aarch64")


def machine() -> str | None:
    """The kind of processor whose system calls are known here, on Linux; else None."""
    if sys.platform != "linux" or sys.maxsize < 1 << 32:
        return None
    return os.uname().machine if os.uname().machine in MACHINES else None


_RENAME = {"x86_64": 316, "aarch64": 276}
_HERE, _NO_REPLACE = -100, 1


def rename_to_free(source: Path, target: Path) -> None:
    """Renames, in one step, where nothing has the new name: renameat2(2).

    Raises OSError, FileExistsError among it, and where the kernel or the file system cannot do it.
    """
    kind = machine()
    if kind is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    call(_RENAME[kind], _HERE, os.fsencode(source), _HERE, os.fsencode(target), _NO_REPLACE)


def call(number: int, *arguments: object) -> int:
    """A system call. Raises OSError as the calls of ``os`` do."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    return _checked(libc.syscall(ctypes.c_long(number), *words))


def prctl(option: int, value: int) -> None:
    """Sets a property of this process. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    _checked(libc.prctl(option, *(ctypes.c_ulong(word) for word in (value, 0, 0, 0))))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
