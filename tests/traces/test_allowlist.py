from __future__ import annotations

from pathlib import Path

import pytest

from blur.batch.discover import OUTPUT_SUFFIXES
from blur.media.muxing import MUXERS
from blur.traces.allowlist import CHECKS, check_traces


def test_every_kind_of_output_has_its_check() -> None:
    assert set(MUXERS) <= set(CHECKS)
    assert set(CHECKS) == set(OUTPUT_SUFFIXES)


@pytest.mark.parametrize("name", ["a.avi", "a", "a.mp4.exe", "a.mov"])
def test_what_nothing_can_check_is_a_finding(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"anything")
    (finding,) = check_traces(path)
    assert "nothing can check" in finding


@pytest.mark.parametrize("name", ["a.mp4", "b.MKV", "c.webm"])
def test_a_file_of_another_kind_is_a_finding(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for content in (b"", b"anything at all", bytes(64)):
        path.write_bytes(content)
        assert check_traces(path)
