from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blur.audit.playback import check_playback
from blur.errors import MissingError, OutputError, UnsupportedError
from blur.media.clip import Clip, Frame
from blur.media.inventory import inventory
from blur.media.picture import plane_views
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import _ENCODERS, Writer
from blur.settings import Codec, Settings
from blur.timing import TimeBase
from blur.traces.allowlist import check_traces
from tests.media.making import make_clip, scene


def blank_clip(pixel_format: str = "yuv420p", size: tuple[int, int] = (96, 64)) -> Clip:
    return Clip(
        path=Path("none.mp4"),
        container="mov",
        codec="h264",
        width=size[0],
        height=size[1],
        quarter_turns=0,
        mirrored=False,
        pixel_format=pixel_format,
        time_base=TimeBase(1, 90000),
        frames=None,
        duration=None,
        rate=Fraction(30),
        sound=None,
    )


def drawn(clip: Clip, pts: int, index: int = 0) -> Frame:
    picture = av.VideoFrame.from_ndarray(scene(index, clip.width, clip.height), "rgb24")
    return Frame(pts, picture.reformat(format=clip.pixel_format))


def write(path: Path, clip: Clip, pts: list[int], crf: int = 18) -> Clip:
    with Writer(path, clip, crf) as writer:
        for index, when in enumerate(pts):
            writer.write(drawn(clip, when, index))
    return probe(path)


def decibels(a: av.VideoFrame, b: av.VideoFrame) -> float:
    """Of the luma, as peak signal to noise."""
    one, two = plane_views(a)[0], plane_views(b)[0]
    peak = 255 if one.dtype == np.uint8 else 1023
    return float(10 * np.log10(peak**2 / max(1e-9, np.mean((one.astype(float) - two) ** 2))))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(-5000, 10**10),
    st.lists(st.integers(1, 50_000), min_size=1, max_size=10),
    st.sampled_from([TimeBase(1, 90000), TimeBase(1001, 30000), TimeBase(1, 600), TimeBase(1, 100)]),
)
def test_frames_keep_their_distances_exactly(
    tmp_path: Path, first: int, steps: list[int], time_base: TimeBase
) -> None:
    pts = [first + int(step) for step in np.cumsum([0, *steps])]
    written = write(tmp_path / "a.mp4", replace(blank_clip(), time_base=time_base), pts)
    seconds = [written.time_base.seconds(frame.pts) for frame in read(written)]
    assert seconds == [time_base.seconds(when - first) for when in pts]


@pytest.mark.parametrize(
    ("pixel_format", "suffix", "codec"),
    [
        ("yuv420p", ".mp4", "h264"),
        ("yuv422p", ".mp4", "h264"),
        ("yuv444p", ".mkv", "h264"),
        ("yuv420p10le", ".mp4", "hevc"),
        ("yuv422p10le", ".mkv", "hevc"),
        ("yuv444p10le", ".mp4", "hevc"),
        ("yuv420p", ".webm", "vp9"),
        ("yuv444p", ".webm", "vp9"),
    ],
)
def test_samples_keep_their_kind(tmp_path: Path, pixel_format: str, suffix: str, codec: str) -> None:
    written = write(tmp_path / f"a{suffix}", blank_clip(pixel_format), [0, 3000])
    assert (written.codec, written.pixel_format) == (codec, pixel_format)


@pytest.mark.parametrize("pixel_format", ["yuv444p", "yuv444p10le"])
@pytest.mark.parametrize("size", [(97, 65), (161, 121), (33, 200)])
def test_odd_sizes_are_kept(tmp_path: Path, size: tuple[int, int], pixel_format: str) -> None:
    written = write(tmp_path / "a.mp4", blank_clip(pixel_format, size), [0, 3000])
    assert (written.width, written.height) == size


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv420p10le"])
def test_colour_tags_and_pixel_aspect_are_kept(tmp_path: Path, pixel_format: str) -> None:
    tags = {"color_range": 2, "color_primaries": 9, "color_trc": 18, "colorspace": 9}
    clip = replace(blank_clip(pixel_format), pixel_aspect=Fraction(2, 3))
    frame = drawn(clip, 0)
    for name, value in tags.items():
        setattr(frame.picture, name, value)
    with Writer(tmp_path / "a.mp4", clip, 18) as writer:
        writer.write(frame)
    written = probe(tmp_path / "a.mp4")
    picture = next(iter(read(written))).picture
    assert {name: getattr(picture, name) for name in tags} == tags
    assert written.pixel_aspect == Fraction(2, 3)


def test_an_interlaced_picture_stays_interlaced(shared: Path, tmp_path: Path) -> None:
    clip = probe(shared / "media/weird/interlaced_tff_576i.mp4")
    with Writer(tmp_path / "a.mp4", clip, 18) as writer:
        for frame in read(clip):
            writer.write(frame)
    assert next(iter(read(probe(tmp_path / "a.mp4")))).picture.interlaced_frame


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_nothing_names_a_maker(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write(path, blank_clip(), [0, 3000, 6000])
    content = path.read_bytes()
    for stamp in (b"x264", b"x265", b"Lavf", b"Lavc", b"Handler", b"vpx"):
        assert stamp not in content
    assert all(key == "DURATION" or value.strip() in {"", "und"} for key, value in named_tags(path))


def named_tags(path: Path) -> list[tuple[str, str]]:
    brands = {"major_brand", "minor_version", "compatible_brands"}
    return [(key, value) for key, value in inventory(path).tags if key not in brands]


@pytest.mark.parametrize(("pixel_format", "kinds"), [("yuv420p", {6}), ("yuv420p10le", {39, 40})])
def test_no_supplemental_information_is_in_the_stream(
    tmp_path: Path, pixel_format: str, kinds: set[int]
) -> None:
    path = tmp_path / "a.mp4"
    write(path, blank_clip(pixel_format), [0, 3000, 6000])
    with av.open(str(path)) as container:
        units = [unit for packet in container.demux(video=0) for unit in split(bytes(packet))]
    assert units
    for unit in units:
        kind = unit[0] & 0x1F if pixel_format == "yuv420p" else (unit[0] >> 1) & 0x3F
        assert kind not in kinds


def split(sample: bytes) -> list[bytes]:
    """The NAL units of an MP4 sample, each behind its length."""
    units = []
    while sample:
        size = int.from_bytes(sample[:4], "big")
        units.append(sample[4 : 4 + size])
        sample = sample[4 + size :]
    return units


def test_captions_and_user_data_of_the_source_do_not_pass(shared: Path, tmp_path: Path) -> None:
    clip = probe(shared / "media/metadata/sony_a7m3_avchd_h264sei.mts")
    carried = 0
    with Writer(tmp_path / "a.mp4", clip, 30) as writer:
        for frame in read(clip):
            carried += len(frame.picture.side_data)
            writer.write(frame)
    assert carried
    assert b"MDPM" not in (tmp_path / "a.mp4").read_bytes()
    assert not any(len(frame.picture.side_data) for frame in read(probe(tmp_path / "a.mp4")))


def test_the_index_stands_in_front(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", blank_clip(), [0, 3000])
    content = (tmp_path / "a.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_real_faces_lose_nothing_that_can_be_seen(shared: Path, tmp_path: Path) -> None:
    clip = probe(shared / "media/crowdcam/2-rotest_2_441.mp4")
    path = tmp_path / "a.mp4"
    with Writer(path, clip, 18) as writer:
        for frame, _ in zip(read(clip), range(25), strict=False):
            writer.write(frame)
    pairs = zip(read(clip), read(probe(path)), strict=False)
    assert min(decibels(a.picture, b.picture) for a, b in pairs) >= 42


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "worst"),
    [
        ("a.mp4", "auto", "yuv420p", 43),
        ("a.mp4", "auto", "yuv420p10le", 41.5),
        ("a.mp4", "hevc", "yuv420p", 41.5),
        ("a.mp4", "av1", "yuv420p", 39),
        ("a.mp4", "av1", "yuv420p10le", 34),
        ("a.webm", "auto", "yuv420p", 42),
        ("a.webm", "auto", "yuv444p", 42),
    ],
)
@pytest.mark.parametrize("strength", [6, 50])
def test_the_night_s_noise_is_kept_as_well_as_anything(
    tmp_path: Path, name: str, codec: Codec, pixel_format: str, worst: float, strength: float
) -> None:
    """42 dB over all frames, in every kind of output at the default quality; the worst frame is told."""
    clip, chance = blank_clip(pixel_format, (320, 192)), np.random.default_rng(3)
    written: list[av.VideoFrame] = []
    with Writer(tmp_path / name, clip, Settings().crf, codec) as writer:
        for index in range(12):
            noisy = scene(index, 320, 192) + chance.normal(0, strength, (192, 320, 1))
            picture = av.VideoFrame.from_ndarray(np.clip(noisy, 0, 255).astype(np.uint8), "rgb24")
            written.append(picture.reformat(format=pixel_format))
            writer.write(Frame(3000 * index, written[-1]))
    pairs = zip(written, read(probe(tmp_path / name)), strict=True)
    quality = np.array([decibels(before, after.picture) for before, after in pairs])
    assert -10 * np.log10(np.mean(10 ** (-quality / 10))) >= 42
    assert quality.min() > worst


@pytest.mark.parametrize("name", ["a.avi", "a.gif", "a", "a.mp4.exe"])
def test_other_kinds_of_file_are_refused_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsupportedError, match="cannot write"):
        Writer(tmp_path / name, blank_clip(), 18)
    assert not list(tmp_path.iterdir())


def test_a_picture_that_no_encoder_takes_is_told_of_by_its_size(tmp_path: Path) -> None:
    clip = blank_clip("yuv444p", size=(65535, 1))
    with Writer(tmp_path / "a.mp4", clip, 20) as writer, pytest.raises(UnsupportedError, match="65535×1"):
        writer.write(drawn(clip, 0))


def test_depths_that_webm_cannot_hold_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="yuv420p10le"):
        Writer(tmp_path / "a.webm", blank_clip("yuv420p10le"), 18)


@pytest.mark.parametrize("name", ["-y.mp4", "http:x.mp4", "%03d.mp4"])
def test_a_name_is_only_ever_a_local_file(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert write(Path(name), blank_clip(), [0, 3000]).frames == 2
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_a_folder_that_is_not_there_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file"):
        write(tmp_path / "no" / "a.mp4", blank_clip(), [0])


@contextmanager
def little_space(size: int) -> Iterator[None]:
    """A disk that takes no file beyond ``size`` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


@pytest.mark.parametrize("size", [1000, 40_000, 100_000])
def test_a_full_disk_is_an_output_error(tmp_path: Path, size: int) -> None:
    clip = blank_clip("yuv420p", (320, 240))
    noise = np.random.default_rng(0)

    def work() -> None:
        with Writer(tmp_path / "a.mp4", clip, 4) as writer:
            for index in range(12):
                picture = av.VideoFrame.from_ndarray(noise.integers(0, 255, (240, 320, 3), np.uint8), "rgb24")
                writer.write(Frame(index * 3000, picture.reformat(format="yuv420p")))

    with little_space(size), pytest.raises(OutputError):
        work()


def test_an_error_in_the_block_comes_through(tmp_path: Path) -> None:
    clip = blank_clip()

    def work() -> None:
        with Writer(tmp_path / "a.mp4", clip, 18) as writer:
            writer.write(drawn(clip, 0))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()


def test_a_variable_rate_is_not_evened_out(tmp_path: Path) -> None:
    pts = [0, 100, 1000, 1100, 90_000]
    source = probe(make_clip(tmp_path / "a.mp4", pts=pts, time_base=Fraction(1, 90000)))
    with Writer(tmp_path / "b.mp4", source, 18) as writer:
        for frame in read(source):
            writer.write(frame)
    assert [frame.pts for frame in read(probe(tmp_path / "b.mp4"))] == pts


@pytest.mark.parametrize(
    ("codec", "suffix", "pixel_format"),
    [
        ("h264", ".mp4", "yuv420p"),
        ("hevc", ".mp4", "yuv420p"),
        ("hevc", ".mkv", "yuv422p10le"),
        ("av1", ".mp4", "yuv420p"),
        ("av1", ".mp4", "yuv420p10le"),
        ("av1", ".mkv", "yuv420p"),
        ("av1", ".webm", "yuv420p10le"),
    ],
)
def test_the_codec_can_be_chosen(tmp_path: Path, codec: Codec, suffix: str, pixel_format: str) -> None:
    pts = [0, 40, 73, 140, 900, 901, 1000]
    source = make_clip(
        tmp_path / "a.mkv",
        pts=pts,
        time_base=Fraction(1, 1000),
        codec="libx265" if pixel_format.endswith("10le") else "libx264",
        pixel_format=pixel_format,
        coding={"x265-params": "log-level=none"} if pixel_format.endswith("10le") else {},
    )
    clip, output = probe(source), tmp_path / f"b{suffix}"
    with Writer(output, clip, 18, codec) as writer:
        for frame in read(clip):
            writer.write(frame)
    assert (probe(output).codec, probe(output).pixel_format) == (codec, pixel_format)
    list(check_playback(output, np.array(pts), clip.time_base, 96, 64))
    assert check_traces(output) == []


@pytest.mark.parametrize(
    ("codec", "suffix", "pixel_format"),
    [("h264", ".webm", "yuv420p"), ("h264", ".mp4", "yuv420p10le"), ("av1", ".mp4", "yuv444p")],
)
def test_codecs_that_do_not_fit_are_refused_at_once(
    tmp_path: Path, codec: Codec, suffix: str, pixel_format: str
) -> None:
    with pytest.raises(UnsupportedError):
        Writer(tmp_path / f"a{suffix}", blank_clip(pixel_format), 18, codec)


def test_an_encoder_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_ENCODERS, "av1", "libnone")
    with pytest.raises(MissingError, match="libnone"):
        Writer(tmp_path / "a.mp4", blank_clip(), 18, "av1")
