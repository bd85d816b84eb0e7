from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blur.media.ebml import number
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.settings import Settings
from blur.sound.keep import add_sound
from blur.traces.matroska import check_elements
from tests.media.making import make_clip, tone

SEGMENT, INFO, TRACKS, ENTRY = (0x18538067, 0x1549A966, 0x1654AE6B, 0xAE)
CLUSTER, TAGS, TAG = (0x1F43B675, 0x1254C367, 0x7373)
OUTPUTS = [".mkv", ".webm"]


def write(folder: Path, suffix: str, *, sound: bool) -> bytes:
    source = make_clip(folder / "source.mkv", pts=range(20), sound=tone(0.6, 48000))
    clip = probe(source)
    silent = folder / f"silent{suffix}"
    with Writer(silent, clip, 23) as writer:
        for frame in read(clip):
            writer.write(frame)
    add_sound(silent, clip, folder / f"loud{suffix}", Settings(audio="keep"))
    return (folder / f"{'loud' if sound else 'silent'}{suffix}").read_bytes()


@pytest.fixture(scope="module", params=[(s, loud) for s in OUTPUTS for loud in (False, True)])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    suffix, loud = request.param
    return write(tmp_path_factory.mktemp("matroska"), suffix, sound=loud)


def findings(tmp_path: Path, data: bytes) -> list[str]:
    path = tmp_path / "file.mkv"
    path.write_bytes(data)
    return check_elements(path)


def element(kind: int, body: bytes) -> bytes:
    return (
        kind.to_bytes((kind.bit_length() + 7) // 8, "big") + (1 << 56 | len(body)).to_bytes(8, "big") + body
    )


def grow(data: bytes, path: tuple[int, ...], extra: bytes) -> bytes:
    """The file with bytes put at the end of the first element of a place, and the sizes around it mended."""
    if not path:
        return data + extra
    at = 0
    while at < len(data):
        kind, behind = number(data, at, marked=True)
        size, start = number(data, behind)
        if kind == path[0]:
            body = grow(data[start : start + size], path[1:], extra)
            return data[:at] + element(kind, body) + data[start + size :]
        at = start + size
    raise AssertionError(f"no element {path[0]:X}")


def test_what_blur_writes_has_no_finding(made: bytes, tmp_path: Path) -> None:
    assert findings(tmp_path, made) == []


def test_a_mended_file_is_told_from_a_torn_one(made: bytes, tmp_path: Path) -> None:
    """The helper that the next tests lean on makes files of which only the new bytes are wrong."""
    assert findings(tmp_path, grow(made, (SEGMENT,), b"")) == []
    assert findings(tmp_path, grow(made, (SEGMENT, TRACKS, ENTRY), b"")) == []


GROWN = {
    "attachment": ((SEGMENT,), element(0x1941A469, b"font"), "Segment/Attachments"),
    "chapters": ((SEGMENT,), element(0x1043A770, b""), "Segment/Chapters"),
    "date": ((SEGMENT, INFO), element(0x4461, bytes(8)), "Segment/Info/DateUTC"),
    "title": ((SEGMENT, INFO), element(0x7BA9, b"demo"), "Segment/Info/Title"),
    "identifier": ((SEGMENT, INFO), element(0x73A4, bytes(16)), "Segment/Info/SegmentUUID"),
    "second name": ((SEGMENT, INFO), element(0x5741, b"Lavf"), "Segment/Info/WritingApp (there twice)"),
    "track name": ((SEGMENT, TRACKS, ENTRY), element(0x536E, b"GoPro"), "Segment/Tracks/TrackEntry/Name"),
    "hidden bytes": ((SEGMENT,), element(0xEC, b"GPS!"), "Segment/Void (hidden bytes)"),
    "checksum": ((SEGMENT, TRACKS), element(0xBF, bytes(4)), "Segment/Tracks/CRC-32"),
    "tag": (
        (SEGMENT, TAGS, TAG),
        element(0x67C8, element(0x45A3, b"LOCATION") + element(0x4487, b"+52.5+013.4/")),
        "Segment/Tags/Tag/SimpleTag/TagName (a tag)",
    ),
    "duration": (
        (SEGMENT, TAGS, TAG),
        element(0x67C8, element(0x45A3, b"DURATION") + element(0x4487, b"+52.5+013.4/")),
        "Segment/Tags/Tag/SimpleTag/TagString (a tag)",
    ),
    "unknown": ((SEGMENT, CLUSTER), element(0x5854, b"x"), "Segment/Cluster/5854"),
    "trailer": ((), element(0x1254C367, b""), "Tags"),
    "free text": ((), b"GPS!", "cannot be followed"),
}


@pytest.mark.parametrize(("path", "extra", "expected"), GROWN.values(), ids=GROWN.keys())
def test_what_is_put_in_is_found(
    made: bytes, tmp_path: Path, path: tuple[int, ...], extra: bytes, expected: str
) -> None:
    assert any(expected in finding for finding in findings(tmp_path, grow(made, path, extra)))


CHANGED = {
    "muxer": (b"\x4d\x80\x84\0\0\0\0", b"\x4d\x80\x84Lavf", "MuxingApp (a program's name)"),
    "language": (b"\x22\xb5\x9c\x83und", b"\x22\xb5\x9c\x83deu", "Language (a language)"),
    "identifier": (b"\x73\xc5\x88" + bytes(7), b"\x73\xc5\x88" + b"random!", "TrackUID (an identifier)"),
}


@pytest.mark.parametrize(("old", "new", "expected"), CHANGED.values(), ids=CHANGED.keys())
def test_what_is_written_over_is_found(
    made: bytes, tmp_path: Path, old: bytes, new: bytes, expected: str
) -> None:
    assert old in made
    assert any(expected in finding for finding in findings(tmp_path, made.replace(old, new, 1)))


def test_a_file_of_nothing_but_its_header_is_a_finding(made: bytes, tmp_path: Path) -> None:
    size, start = number(made, 4)
    assert findings(tmp_path, made[: start + size]) == ["the file holds no track"]


def test_an_encoders_message_is_found(tmp_path: Path) -> None:
    data = write(tmp_path, ".mkv", sound=False)
    message = b"\0\0\0\6\6\5\2hi\x80"
    block = element(0xA3, b"\x81\0\0\x80" + message)
    tampered = grow(data, (SEGMENT, CLUSTER), block)
    assert findings(tmp_path, tampered) == [
        "Segment/Cluster/SimpleBlock (an encoder's or a camera's message)"
    ]


def test_samples_that_are_laced_are_found(made: bytes, tmp_path: Path) -> None:
    (finding,) = findings(
        tmp_path, grow(made, (SEGMENT, CLUSTER), element(0xA3, b"\x81\0\0\x86" + b"\0" * 9))
    )
    assert "several samples in one block" in finding


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_torn_files_give_findings_and_no_traceback(made: bytes, tmp_path: Path, data: st.DataObject) -> None:
    assert findings(tmp_path, made[: data.draw(st.integers(0, len(made) - 1))])
    at = data.draw(st.integers(0, len(made) - 4))
    value = data.draw(st.binary(min_size=1, max_size=4))
    findings(tmp_path, made[:at] + value + made[at + len(value) :])


EXPECTED = {
    "metadata/mkv_with_attachment.mkv": "Segment/Attachments",
    "weird/three_audio_tracks.mkv": "Segment/Tracks/TrackEntry/Name",
    "weird/bear-vp9-odd-dimensions.webm": "Segment/Info/MuxingApp (a program's name)",
    "weird/no_duration.webm": "cannot be followed",
    "video_faces/intel_asl_eat.mkv": "Segment/Cluster/SimpleBlock (an encoder's or a camera's message)",
}


@pytest.mark.parametrize("name", EXPECTED)
def test_real_clips_are_full_of_traces(shared: Path, name: str) -> None:
    assert any(EXPECTED[name] in each for each in check_elements(shared / "media" / name))


def test_every_broken_file_is_a_finding(shared: Path) -> None:
    for path in sorted((shared / "media" / "broken").iterdir()):
        assert check_elements(path), path.name
