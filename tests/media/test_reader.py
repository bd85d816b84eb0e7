from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blur.errors import DamagedError, InputError
from blur.media.clip import Frame
from blur.media.picture import as_luma, plane_views
from blur.media.probe import probe
from blur.media.reader import ahead, read, read_from
from blur.timing import TimeBase
from tests.media.making import make_clip, tone


def times(path: Path) -> list[int]:
    return [frame.pts for frame in read(probe(path))]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 900), min_size=1, max_size=12), st.sampled_from(["0", "2"]))
def test_variable_times_come_out_as_they_are(tmp_path: Path, steps: list[int], b_frames: str) -> None:
    pts = np.cumsum([0, *steps]).tolist()
    path = make_clip(tmp_path / "a.mp4", pts=pts, time_base=Fraction(1, 90000), coding={"bf": b_frames})
    clip = probe(path)
    assert clip.time_base == TimeBase(1, 90000)
    assert [frame.pts for frame in read(clip)] == pts


@pytest.mark.parametrize("suffix", ["mkv", "webm", "mp4"])
def test_a_late_start_stays_late(tmp_path: Path, suffix: str) -> None:
    pts = [2500, 2540, 2600]
    codec = "libvpx-vp9" if suffix == "webm" else "libx264"
    path = make_clip(tmp_path / f"a.{suffix}", pts=pts, time_base=Fraction(1, 1000), codec=codec)
    base = probe(path).time_base
    assert [base.seconds(time) for time in np.diff(times(path)).tolist()] == [
        Fraction(40, 1000),
        Fraction(60, 1000),
    ]


@pytest.mark.parametrize(("gap", "whole"), [(3600, True), (3601, False), (1 << 30, False)])
def test_a_clock_that_jumps_by_hours_is_damage(tmp_path: Path, gap: int, whole: bool) -> None:
    path = make_clip(tmp_path / "a.mkv", pts=[0, 1, 1 + gap], time_base=Fraction(1, 1))
    if whole:
        assert times(path) == [0, 1000, 1000 + 1000 * gap]
    else:
        with pytest.raises(DamagedError, match="clock jumps"):
            times(path)


def test_frames_come_in_the_order_in_which_they_are_shown(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", pts=range(24), coding={"bf": "3"})
    bars = [as_luma(frame.picture, 96, 64)[48].argmax() for frame in read(probe(path))]
    assert bars == sorted(bars)
    assert len(set(bars)) > 20


def test_times_that_stand_still_are_made_to_rise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = probe(make_clip(tmp_path / "a.mp4", pts=range(5), time_base=Fraction(1, 30)))
    real = [frame.picture for frame in read(clip)]
    decoded = zip([3, None, 3, 2, None], real, strict=True)
    monkeypatch.setattr("blur.media.reader._decoded", lambda *_: decoded)
    step = round(1 / (30 * clip.time_base.fraction))
    assert [frame.pts for frame in read(clip)] == [3, 3 + step, 4 + step, 5 + step, 5 + 2 * step]


def test_frames_that_an_edit_list_hides_stay_hidden(shared: Path) -> None:
    clip = probe(shared / "media/weird/sample_edit_list.mp4")
    pts = [frame.pts for frame in read(clip)]
    assert len(pts) == clip.frames == 77
    assert pts[0] == 0


def as_read(frames: Iterator[Frame]) -> list[tuple[int, bytes]]:
    return [(frame.pts, b"".join(view.tobytes() for view in plane_views(frame.picture))) for frame in frames]


CODINGS = (
    ("mp4", "libx264", {"g": "5", "bf": "2"}),
    ("mkv", "libx264", {"g": "5", "bf": "2", "x264-params": "open-gop=1"}),
    ("ts", "libx264", {"g": "5", "bf": "2"}),
    ("avi", "mpeg4", {"g": "5"}),
    ("mp4", "libx265", {"g": "5", "x265-params": "open-gop=1:log-level=none"}),
)


@pytest.mark.parametrize(("suffix", "codec", "coding"), CODINGS)
def test_reading_from_a_frame_on_gives_what_reading_all_gives(
    tmp_path: Path, suffix: str, codec: str, coding: dict[str, str]
) -> None:
    path = make_clip(tmp_path / f"a.{suffix}", pts=tuple(range(24)), codec=codec, coding=coding)
    clip = probe(path)
    frames = as_read(read(clip))
    for number in (0, 4, 5, 11, len(frames) - 1):
        assert as_read(read_from(clip, frames[number][0])) == frames[number:]


@pytest.mark.parametrize("name", ["sony_a7m3_avchd_h264sei.mts", "sample_vvc.mp4"])
def test_real_clips_that_are_hard_to_enter_are_entered_rightly(shared: Path, name: str) -> None:
    clip = probe(next((shared / "media").rglob(name)))
    frames = as_read(read(clip))
    middle = len(frames) // 2
    assert as_read(read_from(clip, frames[middle][0])) == frames[middle:]


def test_what_lies_before_the_key_frame_is_not_read(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", pts=tuple(range(24)), coding={"g": "6", "bf": "0"})
    clip = probe(path)
    frames = as_read(read(clip))
    with av.open(str(path)) as container:
        end = next((p.pos or 0) + p.size for p in container.demux(video=0))
    data = bytearray(path.read_bytes())
    data[end - 40 : end] = b"\xff" * 40
    path.write_bytes(data)
    with pytest.raises(DamagedError):
        as_read(read(clip))
    assert as_read(read_from(clip, frames[15][0])) == frames[15:]
    with pytest.raises(DamagedError):
        as_read(read_from(clip, frames[2][0]))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".avi", ".flv", ".mov"])
@pytest.mark.parametrize("share", [0.35, 0.6, 0.9])
def test_a_file_that_was_cut_short_is_damaged(tmp_path: Path, suffix: str, share: float) -> None:
    muxing = {"movflags": "+faststart"} if suffix in {".mp4", ".mov"} else {}
    coding = {"crf": "4", "g": "10", "bf": "0"}
    path = make_clip(tmp_path / f"a{suffix}", pts=range(180), muxing=muxing, coding=coding)
    assert len(times(path)) == 180
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    if suffix == ".ts":
        assert len(times_or_none(path) or []) < 180  # a transport stream promises no length
        return
    with pytest.raises(InputError):
        times(path)


def times_or_none(path: Path) -> list[int] | None:
    try:
        return times(path)
    except InputError:
        return None


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_overwritten_bytes_are_damage_and_never_a_smeared_frame(tmp_path: Path, codec: str) -> None:
    coding = {"crf": "4", "x265-params": "log-level=none"}
    path = make_clip(tmp_path / "a.mp4", size=(320, 240), pts=range(40), codec=codec, coding=coding)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = np.random.default_rng(1).bytes(3000)
    path.write_bytes(content)
    with pytest.raises(DamagedError, match=r"near 0:0"):
        times(path)


def test_nine_of_ten_flipped_bits_in_vp9_are_noticed(tmp_path: Path) -> None:
    coding = {"b": "400k", "deadline": "realtime", "cpu-used": "8"}
    path = make_clip(tmp_path / "a.webm", size=(160, 128), codec="libvpx-vp9", coding=coding)
    assert len(times(path)) == 12
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    whole, chance, noticed = path.read_bytes(), np.random.default_rng(3), 0
    for _ in range(20):
        start, size = places[chance.integers(len(places))]
        rotten = bytearray(whole)
        rotten[start + int(chance.integers(size // 2, size))] ^= 1 << int(chance.integers(8))
        path.write_bytes(rotten)
        noticed += times_or_none(path) is None
    assert noticed >= 15


def test_deep_vp9_has_its_decoder_and_transparent_clips_lie_on_black(tmp_path: Path) -> None:
    program = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi"]
    half = "color=white:s=64x48:d=0.2:r=25,format=yuva420p,geq=lum=200:cb=128:cr=128:a='if(gt(X,31),0,255)'"
    made = {
        "deep": ("testsrc=s=64x48:d=0.2", "libvpx-vp9", "yuv420p10le"),
        "vp8": (half, "libvpx", "yuva420p"),
        "vp9": (half, "libvpx-vp9", "yuva420p"),
    }
    for name, (source, encoder, pixels) in made.items():
        coding = ["-c:v", encoder, "-pix_fmt", pixels, "-deadline", "realtime", "-auto-alt-ref", "0"]
        subprocess.run([*program, "-i", source, *coding, tmp_path / f"{name}.webm"], check=True)
    assert {frame.picture.format.name for frame in read(probe(tmp_path / "deep.webm"))} == {"yuv420p10le"}
    for name in ("vp8", "vp9"):
        luma = as_luma(next(iter(read(probe(tmp_path / f"{name}.webm")))).picture, 64, 48)
        assert luma[:, :24].min() > 180
        assert luma[:, 40:].max() < 24


def torn(path: Path) -> Path:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 600] = np.random.default_rng(1).bytes(600)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("suffix", ["gif", "avi", "mkv"])
def test_lost_frames_are_missed_in_every_container(tmp_path: Path, suffix: str) -> None:
    codec, pixel_format = {"gif": ("gif", "rgb8"), "avi": ("mpeg4", "yuv420p")}.get(
        suffix, ("libx264", "yuv420p")
    )
    path = tmp_path / f"a.{suffix}"
    make_clip(path, size=(160, 128), pts=range(40), codec=codec, pixel_format=pixel_format)
    assert len(times(path)) == 40
    with pytest.raises(InputError):
        times(torn(path))


def test_frames_that_a_theora_stream_lost_are_missed(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", size=(160, 128), pts=range(60))
    path = tmp_path / "a.ogv"
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-i",
        str(source),
        "-c:v",
        "libtheora",
        "-q:v",
        "9",
        str(path),
    ]
    subprocess.run(command, check=True, capture_output=True)
    assert len(times(path)) == 60
    with pytest.raises(DamagedError):
        times(torn(path))


def test_hidden_vp8_pictures_are_not_missing_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    source = ["-f", "lavfi", "-i", "testsrc=s=160x120:d=4:r=25"]
    coding = ["-c:v", "libvpx", "-b:v", "100k", "-auto-alt-ref", "1", "-lag-in-frames", "25"]
    for number in ("1", "2"):  # only a second pass makes such pictures
        passes = ["-pass", number, "-passlogfile", str(tmp_path / "log")]
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", *source, *coding, *passes, str(path)]
        subprocess.run(command, check=True)
    with av.open(str(path)) as container:
        packets = sum(packet.size > 0 for packet in container.demux(video=0))
    assert packets > 100
    assert len(times(path)) == 100


def test_a_longer_sound_is_no_missing_picture(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", pts=range(10), sound=tone(4, 48000))
    assert len(times(path)) == 10


def test_a_clip_whose_size_changes_keeps_the_size_that_was_probed(tmp_path: Path) -> None:
    clip = probe(make_clip(tmp_path / "a.mp4"))
    frame = next(iter(read(replace(clip, width=48, height=32))))
    assert (frame.picture.width, frame.picture.height) == (48, 32)


@pytest.mark.parametrize(
    "name",
    [
        "bitrot_60kB_mid.mp4",
        "decord_corrupted.mp4",
        "no_timescale.mp4",
        "sample_with_invalid_nalu.mp4",
        "truncated_50pct_faststart.mp4",
    ],
)
def test_real_damage_is_named(shared: Path, name: str) -> None:
    clip = probe(shared / "media/broken" / name)
    with pytest.raises(DamagedError) as caught:
        list(read(clip))
    assert name in caught.value.message


@pytest.mark.parametrize(
    ("name", "frames"),
    [
        ("weird/no_duration.webm", 74),
        ("weird/sample_fragmented.mp4", 30),
        ("weird/bear-vp9-odd-dimensions.webm", 30),
        ("weird/pigs_in_a_polka.gif", 30),
        ("weird/hlg10-color-test.mp4", 9),
        ("weird/three_audio_tracks.mkv", 60),
        ("weird/sample_vvc.mp4", 120),
        ("weird/interlaced_tff_576i.mp4", 25),
        ("metadata/sony_a7m3_avchd_h264sei.mts", 13),
        ("metadata/iphone_with-gps_mebx.mov", 120),
        ("metadata/iphone_dolbyVision-hdr.MOV", 4),
        ("video_faces/pyfeat_no_face.mp4", 95),
        ("video_faces/pyfeat_face_noface.mov", 169),
        ("video_faces/intel_asl_eat.mkv", 47),
        ("broken/video_with_failing_audio.mp4", 280),
    ],
)
def test_real_clips_are_read_whole(shared: Path, name: str, frames: int) -> None:
    clip = probe(shared / "media" / name)
    last = None
    count = 0
    for frame in read(clip):
        shape = (frame.picture.width, frame.picture.height, frame.picture.format.name)
        assert shape == (clip.width, clip.height, clip.pixel_format)
        assert last is None or frame.pts > last
        last = frame.pts
        count += 1
    assert count == frames


def test_ahead_gives_the_same_items() -> None:
    assert list(ahead(iter(range(100)), 3)) == list(range(100))


def test_ahead_raises_what_its_source_raised() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise DamagedError("gone")

    items = ahead(broken(), 2)
    assert next(items) == 1
    with pytest.raises(DamagedError, match="gone"):
        next(items)


def test_ahead_fetches_no_more_than_it_may() -> None:
    fetched: list[int] = []

    def source() -> Iterator[int]:
        for item in range(50):
            fetched.append(item)
            yield item

    items = ahead(source(), 3)
    next(items)
    time.sleep(0.1)
    assert len(fetched) <= 4
    items.close()


def test_closing_ahead_stops_its_thread_and_closes_its_source() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    items = ahead(endless(), 2)
    next(items)
    items.close()
    assert closed.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name == "blur-ahead"]
