"""How much of the machine a clip may use, so that a hostile one cannot take all of it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from blur.sandbox.inforce import in_force, note
from blur.sandbox.kernel import PR_SET_DUMPABLE, prctl
from blur.sandbox.powers import give_up
from blur.sandbox.seccomp import bar_children

if sys.platform != "win32":
    import resource

# Bytes of private memory as RLIMIT_DATA counts them. Measured on two processors, at most: 0.9 GiB for
# 1280x720, 2.0 GiB for 7680x4320; every processor adds threads with stacks and heaps of their own.
_MEMORY = 2 << 30
_MEMORY_PER_PROCESSOR = 128 << 20
_MEMORY_PER_PIXEL = 256

# Bytes of an output, and seconds of processor time, at most. Both are far beyond what any clip
# needs: a run of `thorough` on a slow machine takes a minute for each megabyte of a phone's video.
_OUTPUT = 8 << 30
_OUTPUT_PER_BYTE = 64
_SECONDS = 4 * 3600
_SECONDS_PER_MEGABYTE = 2000

# Threads and processes, beside those that the machine runs when a clip begins: the system counts all of
# a user's. Measured on two processors: 19, and ffmpeg's; libraries start some for every processor.
_TASKS = 512
_TASKS_PER_PROCESSOR = 256


def hold(*, childless: bool = False) -> None:
    """Puts this process under limits, root too. Nothing of its memory lands in a file when it crashes.

    ``childless``, it can start threads and nothing else.
    """
    note(limits=True)
    _lower(resource.RLIMIT_CORE, 0)
    # Until a clip's size is known: probing it, or reading a plan, must not take the whole machine either.
    _lower(resource.RLIMIT_DATA, 2 * memory(0, os.cpu_count() or 1))
    prctl(PR_SET_DUMPABLE, 0)
    with suppress(OSError):  # an unknown kind of processor
        give_up()
        if childless:
            bar_children()


def fit(source: Path, pixels: int) -> None:
    """Sets the limits for a clip; does nothing in a process that was not put under limits.

    Args:
        source: the clip's file.
        pixels: of one picture.
    """
    if not in_force().limits:
        return
    size = source.stat().st_size
    processors = os.cpu_count() or 1
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    _lower(resource.RLIMIT_DATA, memory(pixels, processors))
    _lower(resource.RLIMIT_FSIZE, _OUTPUT + _OUTPUT_PER_BYTE * size)
    _lower(resource.RLIMIT_CPU, int(used) + _SECONDS + _SECONDS_PER_MEGABYTE * (size >> 20))
    with suppress(OSError):  # some systems do not tell how many run
        _lower(resource.RLIMIT_NPROC, _running() + _TASKS + _TASKS_PER_PROCESSOR * processors)


def memory(pixels: int, processors: int) -> int:
    """Bytes that a clip with so many pixels in a picture may take."""
    return _MEMORY + _MEMORY_PER_PROCESSOR * processors + _MEMORY_PER_PIXEL * pixels


def _running() -> int:
    """The machine's threads."""
    return int(Path("/proc/loadavg").read_text(encoding="ascii").split()[3].partition("/")[2])


def _lower(kind: int, value: int) -> None:
    """Sets what the process is held to, unless it is held to less from outside."""
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
