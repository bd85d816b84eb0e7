from __future__ import annotations

import io
import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.format import VideoFormat
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from blur.errors import EncryptedError, InputError, UnsupportedError
from blur.media.probe import orientation, planar_format, probe
from blur.media.reader import read
from tests.media.making import make_clip, scene, tone
from tests.media.photos import exif


def matrix(degrees: float, mirrored: bool) -> bytes:
    """A display matrix: flip from left to right, then turn counter-clockwise."""
    angle = math.radians(degrees)
    a, b, c, d = math.cos(angle), -math.sin(angle), math.sin(angle), math.cos(angle)
    flip = -1 if mirrored else 1
    numbers = [flip * a * 65536, flip * b * 65536, 0, c * 65536, d * 65536, 0, 0, 0, 1 << 30]
    return np.array(numbers).round().astype(np.int32).tobytes()


@given(st.integers(0, 3), st.booleans(), st.floats(-44, 44))
def test_any_angle_goes_to_the_nearest_quarter(turns: int, mirrored: bool, off: float) -> None:
    assert orientation(matrix(90 * turns + off, mirrored)) == (turns, mirrored)


def test_no_or_a_senseless_matrix_turns_nothing() -> None:
    assert orientation(None) == (0, False)
    assert orientation(bytes(36)) == (0, False)


@pytest.mark.parametrize(
    ("source", "size", "turned", "expected"),
    [
        ("yuv420p", (64, 48), False, "yuv420p"),
        ("yuvj420p", (64, 48), True, "yuv420p"),
        ("yuv420p", (63, 48), False, "yuv444p"),
        ("yuv420p", (64, 47), False, "yuv444p"),
        ("yuv422p", (64, 47), False, "yuv422p"),
        ("yuv422p", (64, 48), True, "yuv444p"),
        ("yuv440p", (64, 48), True, "yuv422p"),
        ("yuv444p10le", (63, 47), False, "yuv444p10le"),
        ("yuv420p12le", (64, 48), False, "yuv420p10le"),
        ("p010le", (64, 48), False, "yuv420p10le"),
        ("nv12", (64, 48), False, "yuv420p"),
        ("gray", (64, 48), False, "yuv420p"),
        ("gray10le", (64, 48), False, "yuv420p10le"),
        ("bgra", (64, 48), False, "yuv420p"),
        ("bgra", (63, 48), False, "yuv444p"),
        ("pal8", (64, 48), False, "yuv420p"),
        ("gbrp10le", (64, 48), False, "yuv420p10le"),
        ("yuva420p", (64, 48), False, "yuv420p"),
    ],
)
def test_pictures_keep_their_depth_and_get_the_closest_planar_format(
    source: str, size: tuple[int, int], turned: bool, expected: str
) -> None:
    assert planar_format(VideoFormat(source), *size, turned) == expected


def test_a_clip_is_described_as_it_is_seen(tmp_path: Path) -> None:
    sound = tone(0.4, 48000)
    path = make_clip(
        tmp_path / "a.mp4", turn=-90, sound=sound, aspect=Fraction(2, 3), time_base=Fraction(1, 30)
    )
    clip = probe(path)
    assert (clip.width, clip.height, clip.quarter_turns, clip.mirrored) == (64, 96, 3, False)
    assert clip.pixel_aspect == Fraction(3, 2)
    assert clip.frames == 12
    assert clip.duration == Fraction(12, 30)
    assert clip.codec == "h264"
    assert clip.sound is not None
    assert (clip.sound.index, clip.sound.codec, clip.sound.rate, clip.sound.channels) == (1, "aac", 48000, 1)


def test_a_silent_clip_has_no_sound_and_no_turn(tmp_path: Path) -> None:
    clip = probe(make_clip(tmp_path / "a.mkv"))
    assert clip.sound is None
    assert (clip.quarter_turns, clip.mirrored, clip.pixel_aspect) == (0, False, 1)


def test_a_huge_canvas_is_refused_before_it_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gif"
    size = (30000).to_bytes(2, "little")
    header = b"GIF89a" + size + size + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
    path.write_bytes(header + b",\0\0\0\0" + size + size + b"\0\x02\x02D\x01\0;")
    with pytest.raises(UnsupportedError, match="too large"):
        probe(path)


KEY = {
    "encryption_scheme": "cenc-aes-ctr",
    "encryption_key": "00112233445566778899aabbccddeeff",
    "encryption_kid": "ffeeddccbbaa99887766554433221100",
}


@pytest.mark.parametrize("muxing", [{}, {"movflags": "frag_keyframe+empty_moov"}], ids=["whole", "in pieces"])
@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_an_encrypted_clip_is_refused_as_such(tmp_path: Path, suffix: str, muxing: dict[str, str]) -> None:
    path = make_clip(tmp_path / f"a.{suffix}", muxing=KEY | muxing)
    with pytest.raises(EncryptedError, match="is encrypted") as caught:
        probe(path)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("suffix", "codec", "other"),
    [("mp4", b"avc1", b"xyz1"), ("mkv", b"V_MPEG4/ISO/AVC", b"V_MPEG4/ISO/XYZ")],
)
def test_a_picture_that_nothing_here_decodes_is_refused_as_such(
    tmp_path: Path, suffix: str, codec: bytes, other: bytes
) -> None:
    path = make_clip(tmp_path / f"a.{suffix}")
    path.write_bytes(path.read_bytes().replace(codec, other))
    with pytest.raises(UnsupportedError, match="no decoder") as caught:
        probe(path)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("broken/short-cenc.mp4", "EncryptedError"),
        ("weird/sample_fragmented_clearkey.mp4", "EncryptedError"),
        ("broken/gif_bomb_65535x65535.gif", "UnsupportedError"),
        ("broken/png_bomb_30000x30000.png", "UnreadableError"),
        ("broken/random_noise_64k.mp4", "UnreadableError"),
        ("broken/text_renamed.mp4", "UnreadableError"),
        ("broken/zero_byte.mp4", "UnreadableError"),
        ("broken/truncated_60pct_iphone.mov", "UnreadableError"),
        ("weird/hls_disguised_as.mp4", "UnreadableError"),
        ("weird/ffconcat_disguised_as.mp4", "UnreadableError"),
        ("weird/sample_audio_only.mp4", "UnreadableError"),
        ("photos/iphone_13_pro_max.HEIC", "UnsupportedError"),
        ("photos/portrait-orientation-6.jpg", "UnreadableError"),
    ],
)
def test_real_files_that_cannot_be_taken_are_named(shared: Path, name: str, error: str) -> None:
    with pytest.raises(InputError) as caught:
        probe(shared / "media" / name)
    assert caught.value.name == error
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "size", "turns"),
    [
        ("weird/decord_video_90.mov", (320, 568), 3),
        ("weird/sample_portrait.mp4", (720, 1080), 0),
        ("weird/portrait_4k60.mp4", (2160, 3840), 3),
        ("metadata/iphone_dolbyVision-hdr.MOV", (720, 1280), 3),
        ("metadata/cover_art_shows_unblurred_face.mp4", (704, 480), 0),
    ],
)
def test_real_files_stand_upright(shared: Path, name: str, size: tuple[int, int], turns: int) -> None:
    clip = probe(shared / "media" / name)
    assert ((clip.width, clip.height), clip.quarter_turns) == (size, turns)


@pytest.mark.parametrize(("turned", "size"), [(1, (96, 64)), (6, (64, 96))])
def test_pictures_may_carry_what_pyav_has_no_name_for(
    tmp_path: Path, turned: int, size: tuple[int, int]
) -> None:
    """As cameras' Motion JPEG does: Exif in every frame."""
    path = tmp_path / "a.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuvj420p"
        for index in range(4):
            picture = io.BytesIO()
            Image.fromarray(scene(index, 96, 64)).save(picture, "JPEG", exif=exif(turned))
            packet = av.Packet(picture.getvalue())
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, 10), True
            packet.pts = packet.dts = index
            container.mux(packet)
    clip = probe(path)
    assert (clip.width, clip.height) == size
    assert sum(1 for _ in read(clip)) == 4
