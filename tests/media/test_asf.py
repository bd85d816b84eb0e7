"""No picture of a Windows Media file is lost without a word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from blur.errors import DamagedError, InputError
from blur.media.asf import check_packets, false_packets
from blur.media.probe import probe
from blur.media.reader import mended, read
from tests.media.making import make_clip, tone

PACKET = 3200
"""Bytes of each packet that libav writes."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("asf") / "a.wmv"
    return make_clip(path, size=(160, 128), pts=range(60), codec="wmv2", sound=tone(2, 48000))


def test_a_whole_file_passes(made: Path) -> None:
    check_packets(made)
    assert mended(probe(made)).damage == ()


@pytest.mark.parametrize("lost", [1, 3, -2])
def test_a_packet_that_is_missing_is_damage(made: Path, tmp_path: Path, lost: int) -> None:
    content = made.read_bytes()
    start = int.from_bytes(content[16:24], "little") + 50
    packets = [content[at : at + PACKET] for at in range(start, len(content) - PACKET + 1, PACKET)]
    kept = bytearray(content[: start + len(packets) * PACKET])
    at = start + (lost % len(packets)) * PACKET
    kept[at : at + PACKET] = kept[at - PACKET : at]
    path = tmp_path / "a.wmv"
    path.write_bytes(kept + content[start + len(packets) * PACKET :])
    with pytest.raises(DamagedError):
        check_packets(path)
    ((begin, end),) = false_packets(path)
    assert begin <= at - PACKET
    assert end > at
    assert mended(probe(path)).damage


@pytest.mark.parametrize("bit", range(8))
def test_a_bit_in_a_packet_s_first_byte_is_damage(made: Path, tmp_path: Path, bit: int) -> None:
    content = bytearray(made.read_bytes())
    content[int.from_bytes(content[16:24], "little") + 50 + PACKET] ^= 1 << bit
    (tmp_path / "a.wmv").write_bytes(content)
    with pytest.raises(DamagedError):
        check_packets(tmp_path / "a.wmv")


def test_overwritten_bytes_never_cost_a_frame_unsaid(made: Path, tmp_path: Path) -> None:
    content, chance = made.read_bytes(), np.random.default_rng(5)
    start = int.from_bytes(content[16:24], "little") + 50
    for at in chance.integers(start, len(content) - 400, size=30).tolist():
        path = tmp_path / "a.wmv"
        path.write_bytes(content[:at] + chance.bytes(200) + content[at + 200 :])
        try:
            frames = len(list(read(probe(path))))
        except InputError:
            continue
        assert frames == 60


def test_a_size_that_no_file_has_is_damage(made: Path, tmp_path: Path) -> None:
    whole = made.read_bytes()
    path = tmp_path / "a.wmv"
    for at in (16, int.from_bytes(whole[16:24], "little") + 16):  # of the header, of the packets
        path.write_bytes(whole[:at] + b"\xff" * 8 + whole[at + 8 :])
        with pytest.raises(DamagedError):
            check_packets(path)
    assert mended(probe(path)).damage
