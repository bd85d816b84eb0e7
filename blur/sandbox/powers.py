"""What root may do beyond others is given up: decoders need none of it, whoever takes them over would."""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from blur.sandbox.kernel import PR_SET_NO_NEW_PRIVS, call, machine, prctl

_CAPGET = {"x86_64": 125, "aarch64": 90}
_CAPSET = {"x86_64": 126, "aarch64": 91}
_VERSION = 0x20080522
_KEPT = 1 << 1 | 1 << 2 | 1 << 3
"""CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH and CAP_FOWNER: root works on other users' clips too."""


def give_up() -> None:
    """Drops root's powers but those over files, for good: loading modules, mounting, tracing, the clock …

    Nothing that is started gets them back. For others than root it changes nothing. To be called before
    there are threads. Raises OSError where the system has no such powers to drop.
    """
    kind = machine()
    if kind is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    header = struct.pack("=Ii", _VERSION, 0)
    held = ctypes.create_string_buffer(24)
    call(_CAPGET[kind], header, held)
    kept = [
        word & mask
        for word, mask in zip(struct.unpack("=6I", held.raw), (_KEPT,) * 3 + (0,) * 3, strict=True)
    ]
    prctl(PR_SET_NO_NEW_PRIVS, 1)  # else ffmpeg would have them again
    call(_CAPSET[kind], header, struct.pack("=6I", *kept))
