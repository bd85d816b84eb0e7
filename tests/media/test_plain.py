from __future__ import annotations

import os
from pathlib import Path

import pytest

from blur.media.plain import has_an_end


def test_only_regular_files_with_bytes_in_them_can_be_read_to_an_end(tmp_path: Path) -> None:
    whole, empty = tmp_path / "whole", tmp_path / "empty"
    whole.write_bytes(b"x")
    empty.touch()
    assert has_an_end(whole)
    assert not has_an_end(empty)
    assert not has_an_end(tmp_path)
    with pytest.raises(FileNotFoundError):
        has_an_end(tmp_path / "absent")


@pytest.mark.skipif(os.name == "nt", reason="pipes and devices of POSIX systems")
def test_pipes_devices_and_endless_files_of_the_system_cannot(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "log").symlink_to("/proc/self/maps")
    assert not any(has_an_end(path) for path in tmp_path.iterdir() if path.exists())
