"""Matroska files are held to their checksums and to their structure; those without either are left alone."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from blur.errors import DamagedError
from blur.media.matroska import check_elements
from blur.media.picture import as_luma
from blur.media.probe import probe
from blur.media.reader import mended, read, read_from
from tests.media.making import make_clip, tone


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("mkv") / "a.mkv", pts=range(60), sound=tone(2, 48000))


def test_every_flipped_bit_in_a_cluster_is_damage(made: Path, tmp_path: Path) -> None:
    check_elements(made)
    content, chance = made.read_bytes(), np.random.default_rng(2)
    start = content.index(b"\x1f\x43\xb6\x75") + 12
    for at in chance.integers(start, content.rindex(b"\x1c\x53\xbb\x6b"), size=60).tolist():
        changed = bytearray(content)
        changed[at] ^= 1 << int(chance.integers(8))
        (tmp_path / "a.mkv").write_bytes(changed)
        with pytest.raises(DamagedError):
            check_elements(tmp_path / "a.mkv")


def test_reading_to_the_end_tells_of_it(made: Path, tmp_path: Path) -> None:
    content = bytearray(made.read_bytes())
    clip = probe(made)
    (tmp_path / "a.mkv").write_bytes(content)
    assert len(list(read(clip))) == 60
    content[content.rindex(b"\x1c\x53\xbb\x6b") - 3] ^= 1  # in the last packet, of sound
    (tmp_path / "a.mkv").write_bytes(content)
    with pytest.raises(DamagedError, match="broken or missing"):
        list(read(probe(tmp_path / "a.mkv")))


def clusters(content: bytes) -> list[int]:
    return [found.start() for found in re.finditer(b"\x1f\x43\xb6\x75", content)]


@pytest.fixture(scope="module")
def parted(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Nine seconds in several clusters, each of which begins with a key frame."""
    path = tmp_path_factory.mktemp("mkv") / "a.mkv"
    muxing = {"cluster_time_limit": "1000"}
    return make_clip(path, pts=range(270), coding={"g": "15", "bf": "2"}, muxing=muxing).read_bytes()


def test_a_cluster_with_a_false_checksum_is_black_to_its_end_and_no_more(
    parted: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(parted)
    whole = [frame.pts for frame in read(probe(path))]
    starts = clusters(parted)
    chance = np.random.default_rng(4)
    covered = 0
    for at in chance.integers(starts[2] + 30, starts[3], size=40).tolist():
        content = bytearray(parted)
        content[at] ^= 1 << int(chance.integers(8))
        path.write_bytes(content)
        try:
            clip = mended(probe(path))
        except DamagedError as error:
            assert "near 0:0" in error.message  # noqa: PT017 - some bits cost the structure
            continue
        covered += 1
        times = [frame.pts for frame in read(clip)]
        (begin, end), *others = clip.damage
        assert not others
        assert 1500 < begin < end < 3600
        assert [t for t in times if not begin <= t <= end] == [t for t in whole if not begin <= t <= end]
        dark = [f.pts for f in read(clip) if as_luma(f.picture, clip.width, clip.height).max() <= 17]
        assert dark == [pts for pts in times if begin <= pts <= end]
        assert [frame.pts for frame in read_from(clip, begin)] == [pts for pts in times if pts >= begin]
    assert covered > 20


@pytest.mark.parametrize("flip", [0x01, 0x40])
def test_a_cluster_whose_clock_is_wrong_moves_no_other_frame(
    parted: bytes, tmp_path: Path, flip: int
) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(parted)
    whole = [frame.pts for frame in read(probe(path))]
    content = bytearray(parted)
    start = clusters(parted)[2]
    content[content.index(b"\xe7\x82", start) + 2] ^= flip  # the higher byte of its timestamp
    path.write_bytes(content)
    clip = mended(probe(path))
    ((begin, end),) = clip.damage
    assert 1900 < begin < end < 3600
    held = [frame.pts for frame in read(clip)]
    assert [t for t in held if not begin <= t <= end] == [t for t in whole if not begin <= t <= end]


def test_a_cluster_that_is_no_longer_called_one_is_missed(parted: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    for start in clusters(parted):
        content = bytearray(parted)
        content[start + 3] ^= 2
        path.write_bytes(content)
        with pytest.raises(DamagedError):
            check_elements(path)


def test_a_header_with_a_false_checksum_is_not_covered(parted: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    content = bytearray(parted)
    content[content.rindex(b"\x1c\x53\xbb\x6b") + 20] ^= 1  # in the index
    path.write_bytes(content)
    with pytest.raises(DamagedError) as told:
        mended(probe(path))
    assert "cannot be covered" in told.value.hint


def test_what_only_ends_early_can_still_be_mended(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", pts=range(90), coding={"g": "10", "bf": "0", "crf": "4"})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * 0.7)])
    with pytest.raises(DamagedError):
        list(read(probe(path)))
    assert 30 < len(list(read(mended(probe(path))))) < 80


@pytest.mark.parametrize(("suffix", "codec"), [("webm", "libvpx"), ("mkv", "libx264")])
def test_files_without_sizes_or_checksums_pass(tmp_path: Path, suffix: str, codec: str) -> None:
    for muxing in ({"live": "1"}, {"write_crc32": "0"} if suffix == "mkv" else {}):
        path = make_clip(tmp_path / f"a.{suffix}", codec=codec, muxing=muxing)
        check_elements(path)
        assert mended(probe(path)).damage == ()


def test_an_element_that_does_not_end_where_the_next_begins_is_damage(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.webm", codec="libvpx")
    content = bytearray(path.read_bytes())
    block = content.rindex(b"\xa3")
    content[block + 1] ^= 2
    path.write_bytes(content)
    with pytest.raises(DamagedError):
        check_elements(path)


@pytest.mark.parametrize(
    "name",
    [
        "metadata/mkv_with_attachment.mkv",
        "video_faces/intel_asl_eat.mkv",
        "weird/bear-vp9-odd-dimensions.webm",
        "weird/no_duration.webm",
        "weird/three_audio_tracks.mkv",
    ],
)
def test_real_files_pass(shared: Path, name: str) -> None:
    check_elements(shared / "media" / name)
