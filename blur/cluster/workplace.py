"""Where a worker keeps footage while it works on it. It is wiped whatever ends the worker, kill -9 too."""

from __future__ import annotations

import os
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree

from blur.media.workplace import private_folder

_BLOCK = bytes(1 << 20)


@contextmanager
def workplace(above: Path) -> Iterator[Path]:
    """A private folder, wiped at the end by a process of its own that outlives this one.

    To be called before any thread is started. What a machine that lost its power left is swept by the next
    worker in the same folder. Raises OSError where none can be made.
    """
    with private_folder(above) as place:
        held, hold = os.pipe()
        ready, begun = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            janitor = os.fork()
        if not janitor:
            os.close(hold)
            _wait_and_wipe(place, held, begun)
        for end in (held, begun):
            os.close(end)
        os.read(ready, 1)
        os.close(ready)
        try:
            yield place
        finally:
            os.close(hold)
            os.waitpid(janitor, 0)


def _wait_and_wipe(place: Path, held: int, begun: int) -> None:
    """Ends this process, once nobody holds the other end of ``held`` any more."""
    try:
        os.setsid()  # whoever ends the worker's whole group leaves this one
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.close(begun)
        os.read(held, 1)
        for _ in range(100):  # a child of the worker may take a moment to notice, and write till then
            wipe(place)
            if not place.exists():
                break
            time.sleep(0.1)
    finally:
        os._exit(0)


def wipe(folder: Path) -> None:
    """Overwrites and removes a folder's files, and the folder.

    Flash memory may keep older copies of a block all the same.
    """
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                _overwrite(Path(root, name))
    rmtree(folder, ignore_errors=True)


def _overwrite(path: Path) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_NOFOLLOW), "wb") as file:
        left = os.fstat(file.fileno()).st_size
        while left > 0:
            left -= file.write(_BLOCK[:left])
        file.flush()
        os.fsync(file.fileno())
