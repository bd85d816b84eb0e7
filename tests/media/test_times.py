"""Odd clocks and hidden frames: what is presented comes out at its distance from the first frame, exactly."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from blur.media.clip import Clip
from blur.media.flash import demuxed
from blur.media.inventory import inventory
from blur.media.picture import plane_views
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.traces.allowlist import check_traces
from tests.media.making import make_clip, scene

QUIET = {"x265-params": "log-level=none"}


def seconds(clip: Clip) -> list[Fraction]:
    """When each frame comes, after the first."""
    pts = [frame.pts for frame in read(clip)]
    return [clip.time_base.seconds(time - pts[0]) for time in pts]


def rewritten(clip: Clip, output: Path) -> Clip:
    with Writer(output, clip, 8) as writer:
        for frame in read(clip):
            writer.write(frame)
    return probe(output)


def bars(clip: Clip) -> list[int]:
    """Where the bar of `scene` stands in each frame: it moves by three pixels from one to the next."""
    return [int((plane_views(frame.picture)[0][40:60].mean(axis=0) > 165).argmax()) for frame in read(clip)]


@pytest.mark.parametrize("rate", [10, 24, 120, 240])
@pytest.mark.parametrize(
    ("suffix", "codec", "coding"),
    [
        ("mp4", "libx264", {"bf": "2"}),
        ("mov", "libx265", QUIET),
        ("mkv", "libx264", {}),
        ("ts", "libx264", {}),
    ],
)
def test_slow_and_fast_clips_keep_their_clock(
    tmp_path: Path, rate: int, suffix: str, codec: str, coding: dict[str, str]
) -> None:
    base = Fraction(1, rate)
    path = make_clip(tmp_path / f"a.{suffix}", pts=range(24), time_base=base, codec=codec, coding=coding)
    clip = probe(path)
    found = seconds(clip)
    # Matroska counts milliseconds.
    assert all(abs(time - index * base) <= clip.time_base.fraction for index, time in enumerate(found))
    assert len(found) == 24
    assert seconds(rewritten(clip, tmp_path / "b.mp4")) == found


@pytest.mark.parametrize(
    ("suffix", "codec", "coding"),
    [("ts", "libx264", {"bf": "2"}), ("wmv", "wmv2", {}), ("flv", "libx264", {"bf": "2"})],
)
def test_times_below_nought_are_times_as_others(
    tmp_path: Path, suffix: str, codec: str, coding: dict[str, str]
) -> None:
    path = make_clip(
        tmp_path / f"a.{suffix}",
        pts=range(-6, 18),
        codec=codec,
        coding=coding,
        muxing={"avoid_negative_ts": "disabled"},
    )
    with av.open(str(path)) as container:
        assert next(demuxed(container, container.streams.video[0])).pts < 0
    clip = probe(path)
    found = seconds(clip)
    assert len(found) == 24
    assert all(abs(time - index * Fraction(1, 30)) <= Fraction(1, 1000) for index, time in enumerate(found))
    assert seconds(rewritten(clip, tmp_path / "b.mp4")) == found


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_what_an_edit_list_cuts_off_is_nowhere_in_the_output(tmp_path: Path, suffix: str) -> None:
    """The muxer makes such a list of the frames before nought, and the file holds them all the same."""
    path = make_clip(
        tmp_path / f"a.{suffix}",
        pts=range(-6, 18),
        coding={"bf": "2", "crf": "4"},
        muxing={"avoid_negative_ts": "disabled"},
    )
    with av.open(str(path)) as container:
        assert sum(packet.size > 0 for packet in container.demux(video=0)) == 24
    clip = probe(path)
    assert bars(clip) == [3 * index for index in range(6, 24)]
    output = rewritten(clip, tmp_path / "b.mp4")
    assert bars(output) == bars(clip)
    with av.open(str(output.path)) as container:
        assert sum(packet.size > 0 for packet in container.demux(video=0)) == 18


def test_avi_which_only_knows_when_to_decode_is_shown_evenly(tmp_path: Path) -> None:
    path = make_clip(
        tmp_path / "a.avi", pts=range(24), time_base=Fraction(1, 25), coding={"bf": "3", "crf": "4"}
    )
    clip = probe(path)
    assert bars(clip) == [3 * index for index in range(24)]
    assert seconds(clip) == [Fraction(index, 25) for index in range(24)]


@pytest.mark.parametrize(
    ("suffix", "codec", "muxing"),
    [
        ("webm", "libvpx-vp9", {"live": "1"}),
        ("mkv", "libx264", {"live": "1"}),
        ("mp4", "libx264", {"movflags": "frag_keyframe+empty_moov"}),
    ],
)
def test_a_duration_that_is_missing_is_not_missed(
    tmp_path: Path, suffix: str, codec: str, muxing: dict[str, str]
) -> None:
    path = make_clip(tmp_path / f"a.{suffix}", pts=range(24), codec=codec, muxing=muxing)
    clip = probe(path)
    assert clip.frames is None
    assert len(seconds(clip)) == 24
    assert seconds(rewritten(clip, tmp_path / "b.mp4")) == seconds(clip)


def test_a_duration_of_days_is_not_believed(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", pts=range(24))
    content = bytearray(path.read_bytes())
    for kind, place in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
        at = content.index(kind) + place
        content[at : at + 4] = (2_000_000_000).to_bytes(4, "big")
    path.write_bytes(content)
    clip = probe(path)
    output = rewritten(clip, tmp_path / "b.mp4")
    assert seconds(output) == seconds(clip)
    assert output.duration == Fraction(24, 30)


def two_pictures(path: Path) -> Path:
    """A clip whose first track is what plays, and whose second shows the bar lower down and is brighter."""
    with av.open(str(path), "w") as container:
        streams: list[Any] = [container.add_stream("libx264", rate=25) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for index in range(12):
            for number, stream in enumerate(streams):
                picture = scene(index, 96, 64) if number == 0 else np.full((64, 96, 3), 255, np.uint8)
                frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p")
                frame.pts = index
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_of_two_pictures_one_comes_out_and_the_hidden_one_is_gone(tmp_path: Path, suffix: str) -> None:
    source = two_pictures(tmp_path / f"a.{suffix}")
    assert inventory(source).kinds == ("video", "video")
    output = rewritten(probe(source), tmp_path / "b.mp4")
    assert inventory(output.path).kinds == ("video",)
    assert bars(output) == [3 * index for index in range(12)]
    assert all(plane_views(frame.picture)[0].mean() < 180 for frame in read(output))


def second_layer(sample: bytes) -> bytes:
    """The coded pictures of an MP4's HEVC sample once more, as those of a second eye: their layer is 1."""
    units, at = b"", 0
    while at < len(sample):
        size = int.from_bytes(sample[at : at + 4], "big")
        unit = bytearray(sample[at + 4 : at + 4 + size])
        if unit[0] >> 1 & 0x3F < 32:
            unit[1] |= 8
            units += sample[at : at + 4] + unit
        at += 4 + size
    return units


def test_of_two_eyes_one_comes_out(tmp_path: Path) -> None:
    plain, stereo = make_clip(tmp_path / "a.mp4", codec="libx265", coding=QUIET), tmp_path / "b.mp4"
    with av.open(str(plain)) as source, av.open(str(stereo), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                both = av.Packet(bytes(packet) + second_layer(bytes(packet)))
                both.pts, both.dts, both.duration = packet.pts, packet.dts, packet.duration
                both.time_base, both.is_keyframe, both.stream = packet.time_base, packet.is_keyframe, stream
                target.mux(both)
    assert stereo.stat().st_size > plain.stat().st_size + 200
    pictures = [[plane_views(f.picture)[0].copy() for f in read(probe(path))] for path in (plain, stereo)]
    assert len(pictures[1]) == 12
    assert all(np.array_equal(one, other) for one, other in zip(*pictures, strict=True))
    output = rewritten(probe(stereo), tmp_path / "c.mp4")
    assert check_traces(output.path) == []
