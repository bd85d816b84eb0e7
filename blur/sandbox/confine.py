"""Which files a run may touch: its inputs, its output folders, Blur itself and the system's libraries."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from blur.sandbox import landlock
from blur.sandbox.inforce import note
from blur.sandbox.landlock import EXECUTE, READ, READ_FILE, RECEIVE, REFER, REMOVE_FILE, WRITE, WRITE_FILE

SYSTEM = (
    *("/usr", "/lib", "/lib64", "/nix/store", "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg"),
    *("/sys/devices/system", "/sys/fs/cgroup"),
    *("/dev/zero", "/dev/random", "/dev/urandom"),
)
"""The system's libraries, and what tells them of processors and memory."""
LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")
"""What starts every program, ffmpeg too."""
NOWHERE = Path("/dev/null")


@dataclass(frozen=True, slots=True)
class Reach:
    """What a run may touch beside Blur.

    Attributes:
        reads: the files that it reads.
        publishes: the folders in which its outputs appear.
        writes: folders that it writes to directly, and that are open to it as a whole.
        replaces: whether outputs may take the place of files that are there.
        starts: whether ffmpeg is started, as sound needs it; else there is no program and no child process.
    """

    reads: tuple[Path, ...] = ()
    publishes: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    replaces: bool = False
    starts: bool = False

    @staticmethod
    def to(
        read: Iterable[Path],
        published: Iterable[Path] = (),
        written: Iterable[Path] = (),
        *,
        replaces: bool = False,
        starts: bool = False,
    ) -> Reach:
        """What reaches the files that are read, and the folders of those that are made."""
        return Reach(tuple(read), _folders(published), _folders(written), replaces, starts)

    @property
    def folders(self) -> tuple[Path, ...]:
        return tuple(dict.fromkeys((*self.publishes, *self.writes)))


NOTHING = Reach()


def _folders(paths: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(path.parent for path in paths))


def can_publish() -> bool:
    """Whether this system can let a process move files into a folder without opening the folder to it."""
    return landlock.version() >= 2


def confine(reach: Reach, private: Mapping[Path, Path]) -> bool:
    """Bars this process from every other file, for good; False where the system cannot do that.

    ``private`` are folders of its own inside those in which it publishes; where one has none, it is
    open as a whole. To be called before any library starts threads.
    """
    try:
        landlock.restrict(rights(reach, private))
    except OSError:
        return False
    note(files=landlock.version())
    return True


def rights(reach: Reach, private: Mapping[Path, Path]) -> dict[Path, int]:
    """The Landlock rights for each file and folder. A folder's hold for all that is below it."""
    allowed = dict.fromkeys((*map(Path, SYSTEM), *_program()), READ)
    if reach.starts:
        allowed |= {Path(path): READ | EXECUTE for path in LOADERS} | dict.fromkeys(_ffmpeg(), READ | EXECUTE)
    allowed[NOWHERE] = READ_FILE | WRITE_FILE
    for path in reach.reads:
        if path.is_file():
            allowed[path] = READ_FILE
    for folder in reach.publishes:
        if folder in private:
            _add(allowed, private[folder], WRITE | REFER)
            _add(allowed, folder, RECEIVE | (REMOVE_FILE if reach.replaces else 0))
    for folder in (*reach.writes, *(folder for folder in reach.publishes if folder not in private)):
        _add(allowed, folder, WRITE)
    return allowed


def _add(allowed: dict[Path, int], path: Path, bits: int) -> None:
    allowed[path] = allowed.get(path, 0) | bits


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
