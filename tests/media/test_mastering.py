"""HDR10's static data is what the source says, digit for digit, or nothing: never nonsense."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from blur.media.mastering import Mastering, _display, svt_parameters, x265_parameters
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.settings import Codec
from blur.traces.allowlist import check_traces
from tests.media.making import make_clip

# BT.2020's green, blue and red, D65; 1000 and 0.0005 cd/m²; content up to 870, 211 on average.
DISPLAY = (8500, 39850, 6550, 2300, 35400, 14600, 15635, 16450, 10_000_000, 5)
KNOWN = Mastering(DISPLAY, (870, 211))
PQ = {"color_range": 1, "color_primaries": 9, "color_trc": 16, "colorspace": 9}


def make(path: Path, data: Mastering) -> Path:
    return make_clip(
        path,
        codec="libx265",
        pixel_format="yuv420p10le",
        tags=PQ,
        coding={"x265-params": f"{x265_parameters(data)}log-level=none"},
    )


def rewritten(source: Path, output: Path, codec: Codec = "auto") -> Path:
    clip = probe(source)
    with Writer(output, clip, 18, codec) as writer:
        for frame in read(clip):
            writer.write(frame)
    return output


@pytest.mark.parametrize("data", [KNOWN, Mastering(DISPLAY), Mastering(light=(870, 211))])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_hevc_keeps_what_the_source_says_and_passes_as_free_of_traces(
    tmp_path: Path, suffix: str, data: Mastering
) -> None:
    source = make(tmp_path / "a.mp4", data)
    assert probe(source).mastering == data
    output = rewritten(source, tmp_path / f"b.{suffix}")
    assert probe(output).mastering == data
    assert check_traces(output) == []
    frame = next(iter(read(probe(output)))).picture
    assert {name: getattr(frame, name) for name in PQ} == PQ


def test_av1_keeps_it_within_its_coarser_units(tmp_path: Path) -> None:
    output = rewritten(make(tmp_path / "a.mp4", KNOWN), tmp_path / "b.mp4", "av1")
    kept = probe(output).mastering
    assert kept.light == KNOWN.light
    assert kept.display is not None
    # AV1 counts in 1/65536, light in 1/256 and darkness in 1/16384 cd/m².
    assert np.abs(np.subtract(kept.display, DISPLAY)).max() <= 1
    assert check_traces(output) == []


def test_what_only_the_container_says_is_kept_too(tmp_path: Path) -> None:
    source, boxed, bare = make(tmp_path / "a.mp4", KNOWN), tmp_path / "b.mp4", tmp_path / "c.mp4"
    program = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i"]
    subprocess.run([*program, source, "-c:v", "libx265", "-x265-params", "log-level=none", boxed], check=True)
    without = ["-c", "copy", "-bsf:v", "filter_units=remove_types=39"]
    subprocess.run([*program, boxed, *without, bare], check=True)
    assert b"mdcv" in bare.read_bytes()
    assert probe(bare).mastering == KNOWN


def test_a_clip_without_it_gets_none(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mp4", Mastering())
    assert not probe(source).mastering
    picture = next(iter(read(probe(rewritten(source, tmp_path / "b.mp4"))))).picture
    assert not len(picture.side_data)
    assert (x265_parameters(Mastering()), svt_parameters(Mastering())) == ("", "")


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_no_encoder_signs_beside_it(tmp_path: Path, codec: str) -> None:
    """Eight bits may claim it too: H.264 then loses it, and HEVC carries it and nothing else."""
    clip = replace(probe(make_clip(tmp_path / "a.mp4")), mastering=KNOWN)
    output = tmp_path / "b.mp4"
    with Writer(output, clip, 18, "h264" if codec == "libx264" else "hevc") as writer:
        for frame in read(clip):
            writer.write(frame)
    assert check_traces(output) == []


@pytest.mark.parametrize(
    ("place", "value"), [(0, -1), (0, 60_000), (1, 0), (16, 20_000_000), (20, 0), (21, 0)]
)
def test_nonsense_is_left_out(place: int, value: int) -> None:
    red, green, blue, white = [35400, 14600], [8500, 39850], [6550, 2300], [15635, 16450]
    numbers = [part for number in red + green + blue + white for part in (number, 50_000)]
    numbers += [5, 10_000, 10_000_000, 10_000, 1, 1]
    assert _display(np.array(numbers, np.int32)) == DISPLAY
    numbers[place] = value
    assert _display(np.array(numbers, np.int32)) is None
