"""Landlock: the kernel lets this process and its children touch only the files that were named.

Documentation/userspace-api/landlock.rst. It needs no privilege, and can be narrowed but never taken
off again. It holds for the calling thread and for threads and processes that come from it, so that it
belongs before the first library that starts threads. It bars contents, not names: files' sizes,
dates and permissions stay visible.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from blur.sandbox.kernel import PR_SET_NO_NEW_PRIVS, call, machine, prctl

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on all processors
_VERSION, _PATH_BENEATH, _NET_PORT = 1, 1, 2

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_DIR, MAKE_REG = 1 << 7, 1 << 8
REFER = 1 << 13
TRUNCATE = 1 << 14
_OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE

READ = READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | TRUNCATE | MAKE_REG | REMOVE_FILE
OWN = WRITE | MAKE_DIR | REMOVE_DIR | REFER
"""All that can be done in a folder without running anything."""
RECEIVE = READ_DIR | MAKE_REG | REFER
"""Files that were made elsewhere may be moved here; nothing that is here can be read or changed."""

# What each version of the interface can refuse: files (linking elsewhere since 2, cutting short
# since 3, device controls since 5), TCP since 4, local sockets and signals to others since 6.
_FILES = ((1, (1 << 13) - 1), (2, REFER), (3, TRUNCATE), (5, 1 << 15))
BIND_TCP, CONNECT_TCP = 0b01, 0b10
_SCOPES = 0b11
NO_PORTS: Mapping[int, int] = MappingProxyType({})


def version() -> int:
    """The version of the kernel's interface, 0 where it has none or it is turned off."""
    if machine() is None:
        return 0
    try:
        return call(_CREATE_RULESET, 0, 0, _VERSION)
    except OSError:
        return 0


def restrict(rights: Mapping[Path, int], ports: Mapping[int, int] = NO_PORTS) -> None:
    """Leaves this process, from here on, only these rights below these files and folders, and to these ports.

    Names that are not there are passed over: what cannot be opened needs no permission. Ports are those
    of TCP; where the interface is older than version 4, all stay as they were.
    Raises OSError where the kernel refuses.
    """
    found = version()
    if not found:
        raise OSError(errno.ENOSYS, "the kernel has no Landlock")
    handled = sum(bits for since, bits in _FILES if found >= since)
    tcp = BIND_TCP | CONNECT_TCP if found >= 4 else 0
    attributes = struct.pack("=QQQ", handled, tcp, _SCOPES if found >= 6 else 0)
    size = 8 if found < 4 else 16 if found < 6 else 24
    ruleset = call(_CREATE_RULESET, ctypes.create_string_buffer(attributes), size, 0)
    try:
        for path, wanted in rights.items():
            _allow(ruleset, path, wanted & handled)
        for port, wanted in ports.items() if tcp else ():
            call(_ADD_RULE, ruleset, _NET_PORT, struct.pack("=QQ", wanted, port), 0)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (OSError, ValueError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            rights &= _OF_A_FILE
        call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)
