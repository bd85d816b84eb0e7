from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blur.media.clip import Clip, Frame
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.settings import Settings
from blur.sound.keep import add_sound
from blur.timing import TimeBase
from blur.traces.boxes import check_boxes

FORMATS = ["yuv420p", "yuv420p10le"]


def write(path: Path, pixel_format: str) -> Path:
    """A short clip as Blur writes it."""
    base = Fraction(1, 1000)
    clip = Clip(
        path=path,
        container="mov,mp4",
        codec="h264",
        width=96,
        height=64,
        quarter_turns=0,
        mirrored=False,
        pixel_format=pixel_format,
        time_base=TimeBase.of(base),
        frames=None,
        duration=None,
        rate=Fraction(30),
        sound=None,
    )
    scene = np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8)
    with Writer(path, clip, 23) as writer:
        for pts in range(0, 500, 33):
            # A pan, from which an encoder learns more than from noise.
            moved = np.roll(scene, pts // 33, axis=1)
            picture = av.VideoFrame.from_ndarray(moved, "rgb24").reformat(format=pixel_format)
            writer.write(Frame(pts, picture))
    return path


@pytest.fixture(scope="module", params=FORMATS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write(tmp_path_factory.mktemp("boxes") / "made.mp4", request.param).read_bytes()


def findings(tmp_path: Path, data: bytes) -> list[str]:
    path = tmp_path / "file.mp4"
    path.write_bytes(data)
    return check_boxes(path)


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


def set_at(data: bytes, kind: bytes, offset: int, value: bytes) -> bytes:
    """The file with bytes in the first box of a kind replaced; ``offset`` counts from its body."""
    at = data.index(kind) + 4 + offset
    return data[:at] + value + data[at + len(value) :]


def grow(data: bytes, path: tuple[bytes, ...], extra: bytes) -> bytes:
    """The file with bytes put at the end of a box, and the sizes around it and the chunks mended."""
    at, starts = 0, []
    for kind in path:
        at = data.index(kind, at) - 4
        starts.append(at)
    end = starts[-1] + struct.unpack_from(">I", data, starts[-1])[0]
    result = bytearray(data)
    for start in starts:
        struct.pack_into(">I", result, start, struct.unpack_from(">I", data, start)[0] + len(extra))
    if path[0] == b"moov":
        chunks = data.index(b"stco") + 4
        for index in range(struct.unpack_from(">I", data, chunks + 4)[0]):
            place = chunks + 8 + 4 * index
            struct.pack_into(">I", result, place, struct.unpack_from(">I", data, place)[0] + len(extra))
    return bytes(result[:end]) + extra + bytes(result[end:])


def test_what_blur_writes_has_no_finding(made: bytes, tmp_path: Path) -> None:
    assert findings(tmp_path, made) == []


def test_a_mended_file_is_told_from_a_torn_one(made: bytes, tmp_path: Path) -> None:
    """The helper that the next tests lean on makes files of which only the new bytes are wrong."""
    assert findings(tmp_path, grow(made, (b"moov",), box(b"what", b""))) == ["moov/what (unknown)"]


GROWN = {
    "user data": ((b"moov",), box(b"udta", box(b"\xa9xyz", b"+52.5+013.4/")), "moov/udta (user data)"),
    "metadata": ((b"moov",), box(b"meta", bytes(4)), "moov/meta (metadata)"),
    "in a track": ((b"moov", b"trak"), box(b"udta", b""), "moov/trak/udta (user data)"),
    "extension": ((b"moov",), box(b"uuid", b"maker's sixteen."), "moov/uuid (an extension)"),
    "reference": (
        (b"moov", b"trak"),
        box(b"tref", b""),
        "moov/trak/tref (a reference between tracks)",
    ),
    "after the handler": ((b"moov", b"trak", b"mdia", b"hdlr"), b"Apple", "a handler's name"),
    "after the times": ((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stts"), b"GPS!", "hidden bytes"),
    "after the sizes": ((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz"), b"GPS!", "hidden bytes"),
    "after the header": ((b"moov", b"mvhd"), b"GPS!", "moov/mvhd (hidden bytes)"),
    "list of tags": (
        (b"moov", b"udta", b"meta", b"ilst"),
        box(b"\xa9too", b"Lavf"),
        "moov/udta (user data)",
    ),
    "among samples": ((b"mdat",), b"GPS!", "bytes among the samples that belong to none"),
    "a second header": ((b"moov",), box(b"mvhd", bytes(100)), "moov/mvhd (there twice)"),
}


@pytest.mark.parametrize(("path", "extra", "expected"), GROWN.values(), ids=GROWN.keys())
def test_what_is_put_in_is_found(
    made: bytes, tmp_path: Path, path: tuple[bytes, ...], extra: bytes, expected: str
) -> None:
    (finding,) = findings(tmp_path, grow(made, path, extra))
    assert expected in finding


CHANGED = {
    "date": (b"mvhd", 4, struct.pack(">I", 3_900_000_000), "moov/mvhd (a date)"),
    "change": (b"mvhd", 8, b"\0\0\0\1", "moov/mvhd (a date)"),
    "track's date": (b"tkhd", 4, b"\0\0\0\1", "moov/trak/tkhd (a date)"),
    "media's date": (b"mdhd", 8, b"\0\0\0\1", "moov/trak/mdia/mdhd (a date)"),
    "language": (b"mdhd", 20, b"\x15\xc7", "moov/trak/mdia/mdhd (a language)"),
    "poster": (b"mvhd", 80, b"\1", "moov/mvhd (a preview or a selection)"),
    "manufacturer": (b"hdlr", 12, b"appl", "a handler's name"),
    "metadata track": (b"hdlr", 8, b"mdta", "a handler's name"),
    "brand": (b"ftyp", 8, b"qt  ", "ftyp (an unusual brand)"),
    "other file": (b"dref", 19, b"\0", "a reference to another file"),
}


@pytest.mark.parametrize(("kind", "offset", "value", "expected"), CHANGED.values(), ids=CHANGED.keys())
def test_what_is_written_over_is_found(
    made: bytes, tmp_path: Path, kind: bytes, offset: int, value: bytes, expected: str
) -> None:
    (finding,) = findings(tmp_path, set_at(made, kind, offset, value))
    assert expected in finding


def test_a_free_box_may_hold_nothing_but_noughts(made: bytes, tmp_path: Path) -> None:
    assert findings(tmp_path, made + box(b"free", bytes(40))) == []
    assert findings(tmp_path, made + box(b"free", bytes(39) + b"!")) == ["free (hidden bytes)"]


def test_the_encoders_name_in_the_sample_entry_is_found(made: bytes, tmp_path: Path) -> None:
    for entry in (b"avc1\0\0\0\0", b"hvc1\0\0\0\0"):
        if entry in made:
            (finding,) = findings(tmp_path, set_at(made, entry, 42, b"\x0cLavc libx264"))
            assert "a maker's name" in finding


def test_what_follows_the_last_box_is_found(made: bytes, tmp_path: Path) -> None:
    for tail in (b"!", bytes(3), bytes(8), b"GPS " * 10):
        assert findings(tmp_path, made + tail), tail


def _first_units(data: bytes) -> Iterator[int]:
    """Where the first sample's units begin."""
    chunks = data.index(b"stco") + 4
    (at,) = struct.unpack_from(">I", data, chunks + 8)
    (size,) = struct.unpack_from(">I", data, data.index(b"stsz") + 4 + 12)
    end = at + size
    while at < end:
        yield at
        at += 4 + struct.unpack_from(">I", data, at)[0]


def test_an_encoders_message_is_found(made: bytes, tmp_path: Path) -> None:
    deep = b"hvcC" in made
    *_, last = _first_units(made)
    for kind in (39, 40, 38) if deep else (6, 12):
        head = kind << 1 if deep else kind
        tampered = made[: last + 4] + bytes([head]) + made[last + 5 :]
        assert findings(tmp_path, tampered) == ["track 1, sample 1 (an encoder's or a camera's message)"]


def test_units_that_overrun_their_sample_are_a_finding(made: bytes, tmp_path: Path) -> None:
    *_, last = _first_units(made)
    (length,) = struct.unpack_from(">I", made, last)
    tampered = made[:last] + struct.pack(">I", length + 1) + made[last + 4 :]
    assert findings(tmp_path, tampered) == ["the file's boxes cannot be followed to their end"]


def test_a_signature_in_the_configuration_is_found(made: bytes, tmp_path: Path) -> None:
    kind = b"hvcC" if b"hvcC" in made else b"avcC"
    entry = b"hvc1\0\0\0\0" if kind == b"hvcC" else b"avc1\0\0\0\0"
    place = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", entry, kind)
    (finding,) = findings(tmp_path, grow(made, place, b"x265 (build 215)"))
    assert finding == "track 1 (an encoder's signature in its configuration)"


@pytest.mark.parametrize("format_", ["libx264", "libx265"])
def test_the_stamp_of_an_unfiltered_encoder_is_found(tmp_path: Path, format_: str) -> None:
    path = tmp_path / "plain.mp4"
    options = {"fflags": "+bitexact", "empty_hdlr_name": "1"}
    with av.open(str(path), "w", container_options=options) as container:
        stream = container.add_stream(format_, rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        # With frames out of order, libx265 leaves the decoding times of short clips unset.
        stream.options = {"x265-params": "log-level=none:bframes=0"} if format_ == "libx265" else {}
        stream.codec_context.codec_tag = "hvc1" if format_ == "libx265" else "avc1"
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
        picture.pts = 0
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    (finding,) = check_boxes(path)
    assert "an encoder's" in finding


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_torn_files_give_findings_and_no_traceback(made: bytes, tmp_path: Path, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(made) - 1))
    assert findings(tmp_path, made[:cut])
    at = data.draw(st.integers(0, len(made) - 4))
    value = data.draw(st.binary(min_size=1, max_size=4))
    findings(tmp_path, made[:at] + value + made[at + len(value) :])


EXPECTED = {
    "android_with-gps_xyz.mp4": "user data",
    "c2pa_video1.mp4": "an extension",
    "cover_art_shows_unblurred_face.mp4": "user data",
    "gopro_karma_gpmf_gps.mp4": "a date",
    "h265_with_metadata_track.mp4": "a metadata track",
    "iphone_dolbyVision-hdr.MOV": "a date",
    "iphone_with-gps_mebx.mov": "a handler's name",
    "mkv_with_attachment.mkv": "cannot be followed",
    "sample_with_chapters.mp4": "a reference between tracks",
    "sony_a7m3_avchd_h264sei.mts": "cannot be followed",
    "xmp_uuid_box.mp4": "an extension",
}


@pytest.mark.parametrize("name", EXPECTED)
def test_real_clips_are_full_of_traces(shared: Path, name: str) -> None:
    assert any(EXPECTED[name] in each for each in check_boxes(shared / "media" / "metadata" / name))


def test_every_broken_file_is_a_finding(shared: Path) -> None:
    for path in sorted((shared / "media" / "broken").iterdir()):
        assert check_boxes(path), path.name


def test_an_output_that_keeps_its_sound_has_no_finding(shared: Path, tmp_path: Path) -> None:
    clip = probe(shared / "media" / "video_faces" / "short_hamilton_clip.mp4")
    with Writer(tmp_path / "silent.mp4", clip, 40) as writer:
        for frame in read(clip):
            writer.write(frame)
    add_sound(tmp_path / "silent.mp4", clip, tmp_path / "loud.mp4", Settings(audio="keep"))
    assert b"mp4a" in (tmp_path / "loud.mp4").read_bytes()
    assert check_boxes(tmp_path / "loud.mp4") == []
