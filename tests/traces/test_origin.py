"""Who filmed, with what and when leaves no mark: sources of one picture and sound give the same bytes."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import pytest
from PIL import Image

from blur.media.clip import Frame
from blur.media.photo_kind import PHOTO_KINDS
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.stills import probe_still, read_still, write_still
from blur.media.writer import Writer
from blur.settings import Audio, Codec, Settings
from blur.sound.keep import add_sound
from tests.media.making import make_clip, scene, tone

OUTPUTS: list[tuple[str, str, Codec]] = [
    ("a.mp4", "yuv420p", "h264"),
    ("b.mp4", "yuv420p", "hevc"),
    ("c.mp4", "yuv420p10le", "hevc"),
    ("d.mp4", "yuv420p", "av1"),
    ("e.mkv", "yuv420p", "h264"),
    ("f.mkv", "yuv420p", "hevc"),
    ("g.mkv", "yuv420p", "av1"),
    ("h.webm", "yuv420p", "auto"),
    ("i.webm", "yuv420p", "av1"),
]


def signed(source: Path, target: Path) -> Path:
    """The same picture and sound, with what phones and people add, more tracks, and in another order."""
    with (
        av.open(str(source)) as old,
        av.open(
            str(target), "w", container_options={"movflags": "use_metadata_tags", "brand": "qt  "}
        ) as new,
    ):
        new.metadata.update(
            title="the march",
            artist="Ana",
            location="+52.5163+013.3777/",
            creation_time="2026-05-01T12:00:00Z",
        )
        new.metadata["com.apple.quicktime.model"] = "iPhone 99"
        heard, seen = old.streams.audio[0], old.streams.video[0]
        streams: dict[int, list[Any]] = {stream.index: [] for stream in (heard, seen)}
        for stream in (heard, seen, heard):
            copy = new.add_stream_from_template(stream)
            copy.metadata.update(language="spa", handler_name="Core Media", vendor_id="appl")
            streams[stream.index].append(copy)
        new.set_chapters(
            [
                {
                    "id": 1,
                    "start": 0,
                    "end": 1,
                    "time_base": Fraction(1, 4),
                    "metadata": {"title": "Ana speaks"},
                }
            ]
        )
        for packet in old.demux(heard, seen):
            if packet.dts is None:
                continue
            for copy in streams[packet.stream.index]:
                twin = av.Packet(bytes(packet))
                twin.pts, twin.dts, twin.time_base = packet.pts, packet.dts, packet.time_base
                twin.duration, twin.is_keyframe, twin.stream = packet.duration, packet.is_keyframe, copy
                new.mux(twin)
    return target


def written(source: Path, target: Path, pixel_format: str, codec: Codec, audio: Audio) -> bytes:
    clip = replace(probe(source), pixel_format=pixel_format)
    silent = target.with_stem("silent")
    with Writer(silent, clip, 30, codec) as writer:
        for frame in read(clip):
            writer.write(Frame(frame.pts, frame.picture.reformat(format=pixel_format)))
    add_sound(silent, clip, target, Settings(audio=audio))
    return target.read_bytes()


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("origin")
    plain = make_clip(
        folder / "plain.mp4", time_base=Fraction(1, 15360), pts=range(0, 6144, 512), sound=tone(0.4, 48000)
    )
    return plain, signed(plain, folder / "IMG_20260501_120000_Ana.mov")


def test_the_sources_differ_in_what_they_tell(sources: tuple[Path, Path]) -> None:
    one, other = sources
    assert b"Ana" in other.read_bytes()
    assert b"Ana" not in one.read_bytes()
    pictures = [
        [(frame.pts, bytes(frame.picture.planes[0])) for frame in read(probe(path))] for path in sources
    ]
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize(("name", "pixel_format", "codec"), OUTPUTS)
def test_videos_of_two_people_come_out_the_same(
    sources: tuple[Path, Path], tmp_path: Path, name: str, pixel_format: str, codec: Codec
) -> None:
    one, other = (written(source, tmp_path / name, pixel_format, codec, "keep") for source in sources)
    assert one == other


@pytest.mark.parametrize("audio", ["keep", "disguise"])
@pytest.mark.parametrize("rate", [8000, 32_000, 44_100, 48_000])
def test_the_rate_of_a_microphone_is_not_in_the_output(tmp_path: Path, rate: int, audio: Audio) -> None:
    source = tmp_path / "a.mkv"
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    inputs = ["-f", "lavfi", "-i", "testsrc=s=96x64:d=0.4", "-f", "lavfi", "-i", f"sine=r={rate}:d=0.4"]
    subprocess.run([ffmpeg, "-v", "error", *inputs, "-ar", str(rate), str(source)], check=True)
    assert heard_rate(source) == rate
    written(source, tmp_path / "out.mp4", "yuv420p", "h264", audio)
    assert heard_rate(tmp_path / "out.mp4") == 48_000


def heard_rate(path: Path) -> int:
    with av.open(str(path)) as container:
        return container.streams.audio[0].rate


@pytest.mark.parametrize("suffix", sorted(PHOTO_KINDS))
def test_photos_of_two_people_come_out_the_same(tmp_path: Path, suffix: str) -> None:
    picture = Image.fromarray(scene(0, 96, 64))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0132], exif[0x013B] = "Maker", "Model 7", "2026:05:01 12:00:00", "Ana"
    picture.save(tmp_path / "plain.png")
    picture.save(tmp_path / "DSC_0815.png", exif=exif)
    results = []
    for name in ("plain.png", "DSC_0815.png"):
        target = tmp_path / f"out{suffix}"
        write_still(target, read_still(probe_still(tmp_path / name)))
        results.append(target.read_bytes())
    assert results[0] == results[1]
