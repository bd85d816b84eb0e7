"""Which files a run may touch: its inputs, its output folders, Blur itself and the system's libraries."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from blur.sandbox import landlock
from blur.sandbox.landlock import EXECUTE, READ, READ_FILE, WRITE, WRITE_FILE

SYSTEM = (
    *("/usr", "/lib", "/lib64", "/nix/store", "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system", "/sys/fs/cgroup"),
    *("/dev/zero", "/dev/random", "/dev/urandom"),
)
"""The system's libraries, and what tells them of processors and memory."""
LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")
"""What starts every program, ffmpeg too."""
NOWHERE = Path("/dev/null")


@dataclass(frozen=True, slots=True)
class Reach:
    """What a run may touch beside Blur: the files that it reads and the folders that it writes to."""

    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()

    @staticmethod
    def to(read: Iterable[Path], written: Iterable[Path]) -> Reach:
        """What reaches the files that are read, and the folders of those that are written."""
        return Reach(tuple(read), tuple(dict.fromkeys(path.parent for path in written)))


NOTHING = Reach()


def confine(reach: Reach) -> bool:
    """Bars this process from every other file, for good; False where the system cannot do that.

    To be called before any library starts threads.
    """
    try:
        landlock.restrict(rights(reach))
    except OSError:
        return False
    return True


def rights(reach: Reach) -> dict[Path, int]:
    """The Landlock rights for each file and folder. A folder's hold for all that is below it."""
    allowed = dict.fromkeys((*map(Path, SYSTEM), *_program()), READ)
    allowed |= {Path(path): READ | EXECUTE for path in LOADERS} | dict.fromkeys(_ffmpeg(), READ | EXECUTE)
    allowed[NOWHERE] = READ_FILE | WRITE_FILE
    for path in reach.reads:
        if path.is_file():
            allowed[path] = READ_FILE
    for folder in reach.writes:
        allowed[folder] = allowed.get(folder, 0) | WRITE
    return allowed


def _program() -> Iterator[Path]:
    """Where Python, Blur and the libraries that both load lie."""
    yield Path(__file__).resolve().parents[2]
    for name in (*sys.path, sys.prefix, sys.base_prefix, *os.environ.get("LD_LIBRARY_PATH", "").split(":")):
        if name:
            yield Path(name)


def _ffmpeg() -> Iterator[Path]:
    """The one program that Blur starts, where imageio_ffmpeg carries it or was told that it lies."""
    spec = find_spec("imageio_ffmpeg")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(folder, "binaries")
    if told := os.environ.get("IMAGEIO_FFMPEG_EXE"):
        yield Path(told)
