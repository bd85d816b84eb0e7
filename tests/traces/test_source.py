from __future__ import annotations

import csv
import struct
from collections import defaultdict
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blur.errors import InputError
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.settings import Settings
from blur.sound.keep import add_sound
from blur.traces.foreign import foreign_boxes
from blur.traces.source import KINDS, Trace, find_traces
from tests.media.making import make_clip, tone


def told(traces: tuple[Trace, ...]) -> str:
    return "\n".join(f"{trace.where} {trace.value}" for trace in traces).lower()


def test_every_needle_of_the_real_clips_is_told(shared: Path) -> None:
    needles: dict[str, list[str]] = defaultdict(list)
    with (shared / "media" / "NEEDLES.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["file"].startswith(("metadata/", "weird/", "video_faces/")):
                needles[row["file"]].append(row["bytes_that_must_not_appear_in_output"])
    assert len(needles) > 20
    missing = {}
    for name, wanted in needles.items():
        if "clearkey" in name:
            continue  # protected, so that nothing of it is opened
        said = told(find_traces(shared / "media" / name))
        missing[name] = [needle for needle in wanted if needle.lower() not in said]
    assert {name: needles for name, needles in missing.items() if needles} == {}


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("metadata/gopro_karma_gpmf_gps.mp4", {"device", "serial", "date", "telemetry", "track", "software"}),
        ("metadata/iphone_with-gps_mebx.mov", {"place", "device", "date", "telemetry"}),
        ("metadata/android_with-gps_xyz.mp4", {"place", "date"}),
        ("metadata/xmp_uuid_box.mp4", {"serial", "record", "software"}),
        ("metadata/sony_a7m3_avchd_h264sei.mts", {"record"}),
        ("metadata/sample_with_chapters.mp4", {"chapters", "software"}),
        ("metadata/mkv_with_attachment.mkv", {"attachment", "software"}),
        ("metadata/cover_art_shows_unblurred_face.mp4", {"picture"}),
        ("weird/three_audio_tracks.mkv", {"sound", "track"}),
    ],
)
def test_each_kind_is_told_by_its_name(shared: Path, name: str, kinds: set[str]) -> None:
    assert kinds <= {trace.kind for trace in find_traces(shared / "media" / name)}


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_an_output_has_no_trace(tmp_path: Path, suffix: str) -> None:
    source = make_clip(tmp_path / "source.mp4", sound=tone(0.4, 48000))
    assert find_traces(source)
    clip = probe(source)
    silent = tmp_path / f"silent{suffix}"
    with Writer(silent, clip, 23) as writer:
        for frame in read(clip):
            writer.write(frame)
    assert find_traces(silent) == ()
    add_sound(silent, clip, tmp_path / f"loud{suffix}", Settings(audio="keep"))
    assert find_traces(tmp_path / f"loud{suffix}") == ()


def test_tags_are_told_once_and_cleaned_for_the_screen(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        container.metadata["LOCATION"] = "+52.5\x1b[31m"
        container.metadata["Camera_Serial"] = "x" * 1000
        stream = container.add_stream("libx264", rate=30)
        stream.width = stream.height = 64
        stream.metadata["title"] = "at the square"
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
        picture.pts = 0
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    by_kind = {trace.kind: trace.value for trace in find_traces(path)}
    assert by_kind["place"] == "+52.5\N{REPLACEMENT CHARACTER}[31m"
    assert len(by_kind["serial"]) == 300
    assert by_kind["track"] == "at the square"
    assert by_kind["software"].startswith("x264 - core")


def test_kinds_are_all_known() -> None:
    assert {trace.kind for trace in (Trace(kind, "", "") for kind in KINDS)} == set(KINDS)
    assert Trace("place", "file", "+1").meaning == "a place"


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (box(b"free", b"shot at home"), ("record", "free", "shot at home")),
        (box(b"uuid", bytes(16) + b"maker's own words"), ("record", "uuid", "maker's own words")),
        (box(b"moov", box(b"udta", box(b"LENS", b"LAE610111"))), ("serial", "moov/udta/LENS", "LAE610111")),
        (
            box(b"moov", box(b"udta", box(b"\xa9xyz", b"\0\x12\x15\xc7+52.5+013.4/"))),
            ("place", "moov/udta/?xyz", "+52.5+013.4/"),
        ),
    ],
)
def test_boxes_that_libav_does_not_tell_of_are_read(
    tmp_path: Path, extra: bytes, expected: tuple[str, str, str]
) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(box(b"ftyp", b"isom\0\0\0\0") + box(b"free", bytes(9)) + extra)
    assert list(foreign_boxes(path)) == [expected]


def test_positions_and_names_in_an_action_cameras_measurements_are_told(tmp_path: Path) -> None:
    sample = b"DVNMc\1\0\x0bHERO Test 1\0CASNc\1\0\x0eC3461324500000\0\0GPS5l\x14\0\1" + bytes(20)
    entry = struct.pack(">II", 0, 1) + box(b"gpmd", bytes(6) + b"\0\1")
    sizes = struct.pack(">IIII", 0, 0, 1, len(sample))
    head = box(b"ftyp", b"isom\0\0\0\0") + box(b"mdat", sample)
    place = struct.pack(">III", 0, 1, len(head) - len(sample))
    table = box(b"stbl", box(b"stsd", entry) + box(b"stsz", sizes) + box(b"stco", place))
    path = tmp_path / "a.mp4"
    path.write_bytes(head + box(b"moov", box(b"trak", box(b"mdia", box(b"minf", table)))))
    told = [(kind, value) for kind, _, value in foreign_boxes(path)]
    assert told[:2] == [("device", "HERO Test 1"), ("serial", "C3461324500000")]
    assert told[2][0] == "place"
    assert told[3][0] == "telemetry"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_torn_files_end_the_walk_and_nothing_else(tmp_path: Path, data: st.DataObject) -> None:
    whole = tmp_path / "whole.mp4"
    if not whole.exists():
        make_clip(whole, sound=tone(0.4, 48000))
    content = bytearray(whole.read_bytes())
    at = data.draw(st.integers(0, len(content) - 4))
    value = data.draw(st.binary(min_size=1, max_size=4))
    content[at : at + len(value)] = value
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(content[: data.draw(st.integers(9, len(content)))])
    list(foreign_boxes(torn))


@pytest.mark.parametrize(
    "name", ["zero_byte.mp4", "random_noise_64k.mp4", "text_renamed.mp4", "png_bomb_30000x30000.png"]
)
def test_what_is_no_video_is_refused(shared: Path, name: str) -> None:
    with pytest.raises(InputError):
        find_traces(shared / "media" / "broken" / name)


def test_what_is_damaged_is_read_as_far_as_it_goes(shared: Path) -> None:
    assert find_traces(shared / "media" / "broken" / "truncated_50pct_faststart.mp4")
