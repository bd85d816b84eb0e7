from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from blur.batch.discover import OUTPUT_SUFFIXES
from blur.media.muxing import MUXERS
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.traces.allowlist import CHECKS, check_traces
from blur.traces.source import find_traces
from tests.media.making import make_clip


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


@pytest.mark.parametrize("suffix", list(MUXERS))
@pytest.mark.parametrize("size", [(96, 64), (97, 65)])
def test_nothing_that_the_writer_makes_is_refused(tmp_path: Path, suffix: str, size: tuple[int, int]) -> None:
    """Every pixel format, with colour tags, odd sizes and pixels that are no squares."""
    tags = {"color_range": 2, "color_primaries": 9, "color_trc": 18, "colorspace": 9}
    source = probe(make_clip(tmp_path / "a.mkv", size=size, pixel_format="yuv444p", tags=tags))
    made = 0
    for pixel_format in ("yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le"):
        if (size[0] % 2 and "444" not in pixel_format) or (suffix == ".webm" and "10" in pixel_format):
            continue  # what a clip of this size, or this kind of file, never has
        clip = replace(source, pixel_format=pixel_format, pixel_aspect=Fraction(2, 3))
        path = tmp_path / f"{pixel_format}{suffix}"
        with Writer(path, clip, 23) as writer:
            for frame in read(clip):
                writer.write(frame)
        assert check_traces(path) == []
        assert find_traces(path) == ()
        made += 1
    assert made
