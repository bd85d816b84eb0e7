"""Footage on a worker is gone when the worker is, whatever ended it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blur.cluster.workplace import wipe, workplace
from tests.conftest import REPO

HOLD = """
import os, sys, time
from pathlib import Path
from blur.cluster.workplace import workplace
with workplace(Path(sys.argv[1])) as place:
    (place / "deep").mkdir()
    (place / "deep" / "clip.mp4").write_bytes(b"face" * 1000)
    print("there", flush=True)
    time.sleep(60)
"""


def gone(folder: Path) -> bool:
    end = time.monotonic() + 20
    while list(folder.iterdir()) and time.monotonic() < end:
        time.sleep(0.02)
    return not list(folder.iterdir())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("whole", [False, True])
def test_it_is_wiped_whatever_ends_the_worker(tmp_path: Path, number: signal.Signals, whole: bool) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], cwd=REPO, stdout=subprocess.PIPE, start_new_session=True
    )
    assert worker.stdout is not None
    with worker.stdout:
        assert worker.stdout.readline() == b"there\n"
        assert len(list(tmp_path.iterdir())) == 1
        (os.killpg if whole else os.kill)(worker.pid, number)
        worker.wait()
        assert gone(tmp_path)


def test_it_is_private_and_gone_after_the_work(tmp_path: Path) -> None:
    with workplace(tmp_path) as place:
        assert place.stat().st_mode & 0o777 == 0o700
        (place / "clip.mp4").write_bytes(b"face")
    assert list(tmp_path.iterdir()) == []


def test_files_are_overwritten_and_links_are_not_followed(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.write_bytes(b"mine")
    (folder / "clip").write_bytes(b"face" * (1 << 19))
    (folder / "link").symlink_to(elsewhere)
    with (folder / "clip").open("rb") as held:
        wipe(folder)
        assert held.read() == bytes(4 << 19)
    assert not folder.exists()
    assert elsewhere.read_bytes() == b"mine"
