from __future__ import annotations

import pytest

from blur.traces.coded import configuration_problem, sample_problem

VP9 = b"\x82\x49\x83\x42"
OPUS_HEAD = b"OpusHead\1\2\x38\1\x80\xbb\0\0\0\0\0"

LIGHT = b"\0\0\0\x09\x4e\1\x90\4\3\xe8\1\x90\x80"
DISPLAY = b"\0\0\0\x1e\x4e\1\x89\x18" + bytes(range(1, 22)) + b"\0\0\3\1\x80"
OPEN_LIGHT = b"\x2a\6\1\3\xe8\1\x90\x80"
OPEN_DISPLAY = b"\x2a\x1a\2" + bytes(range(24)) + b"\x80"

PLAIN = [
    ("h264", b"\0\0\0\2\x65\x88"),
    ("hevc", b"\0\0\0\3\x26\1\xaf"),
    ("vp9", VP9),
    ("vp9", VP9 + b"\x86\0" + b"\xc1\4\2\xc1"),
    ("av1", b"\x12\0\x0a\2\1\2\x32\x81\0\7"),
    ("hevc", LIGHT + DISPLAY + b"\0\0\0\3\x26\1\xaf"),
    ("av1", b"\x12\0" + OPEN_LIGHT + OPEN_DISPLAY + b"\x32\1\7"),
    ("aac", b"\x21\x2b\xcf"),
    ("opus", b"\xfc\x7f\x06"),
    ("opus", b"\xff\x41\2abc\0\0"),
]
SIGNED = [
    ("h264", b"\0\0\0\2\x06\5"),
    ("h264", b"\0\0\0\2\x65\x88\0\0\0\1\x0c"),
    ("hevc", b"\0\0\0\3\x4e\1\5"),
    ("vp9", b"GPS +52.5"),
    ("vp9", VP9 + b"GPS!" + b"\xc0\4\xc0"),
    ("vp9", VP9 + b"GPS!" + b"\xc1\4\4\xc1"),
    ("av1", b"\x12\0\x2a\3GPS\x32\1\7"),
    ("av1", b"\x12\0\x7a\3GPS"),
    ("hevc", LIGHT + LIGHT),
    ("hevc", LIGHT.replace(b"\x90\4", b"\x05\4")),
    ("hevc", LIGHT.replace(b"\x4e\1", b"\x4e\2")),
    ("hevc", b"\0\0\0\x0a" + LIGHT[4:] + b"\x80"),
    ("hevc", DISPLAY.replace(b"\x18", b"\x17")),
    ("hevc", DISPLAY[:-1] + b"\x81"),
    ("av1", OPEN_LIGHT + OPEN_LIGHT),
    ("av1", OPEN_LIGHT.replace(b"\6\1", b"\6\4")),
    ("av1", b"\x2a\7" + OPEN_LIGHT[2:] + b"\x80"),
    ("av1", OPEN_DISPLAY[:-1] + b"\x81"),
    ("aac", b"\xde\2\0Lavc62"),
    ("aac", b"\x21\x2bLavc62.11.100"),
    ("aac", b"\x8a\x2bfree"),
    ("aac", b""),
    ("opus", b"\xfc\x7fLavf62.3.100"),
    ("opus", b"\xff\x41\2abcGP"),
    ("opus", b"\xff\x41\x09abc"),
]


@pytest.mark.parametrize(("codec", "sample"), PLAIN)
def test_plain_samples_pass(codec: str, sample: bytes) -> None:
    assert sample_problem(codec, sample) is None


@pytest.mark.parametrize(("codec", "sample"), SIGNED)
def test_what_is_signed_or_hidden_is_found(codec: str, sample: bytes) -> None:
    assert sample_problem(codec, sample)


@pytest.mark.parametrize("letters", [b"FhGq", b"Nero", b"LAME", b"Lavc", b"Lavf"])
def test_letters_that_come_by_chance_in_hours_of_sound_are_no_signature(letters: bytes) -> None:
    assert sample_problem("aac", b"\x21\x2b" + letters + b"\0") is None


@pytest.mark.parametrize("codec", ["vp8", "mjpeg", ""])
def test_codecs_that_are_never_written_are_refused(codec: str) -> None:
    with pytest.raises(ValueError, match="ever written"):
        sample_problem(codec, b"\0")
    with pytest.raises(ValueError, match="ever written"):
        configuration_problem(codec, b"\0")


@pytest.mark.parametrize(
    ("codec", "body"),
    [("vp9", b""), ("aac", b"\x12\x10"), ("aac", b"\x12\x10\x56\xe5\0"), ("opus", OPUS_HEAD)],
)
def test_plain_configurations_pass(codec: str, body: bytes) -> None:
    assert configuration_problem(codec, body) is None
    assert configuration_problem(codec, body + b"Lavc")


def test_a_programme_configuration_is_refused() -> None:
    """AAC tells of unusual channels in an element with room for a comment, and encoders sign there."""
    assert configuration_problem("aac", b"\x11\x80\x04\xc8\x04Lavc")
