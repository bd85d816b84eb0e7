"""A changed bit, a missing page, a missing end: nothing of it passes in Ogg."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from blur.errors import DamagedError
from blur.media.broken import BrokenPlaceError
from blur.media.ogg import check_pages, false_pages
from blur.media.probe import probe
from blur.media.reader import mended, read


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds with sound, several pages of each."""
    path = tmp_path_factory.mktemp("ogg") / "a.ogv"
    sources = ["-f", "lavfi", "-i", "testsrc=s=160x128:d=2:r=15", "-f", "lavfi", "-i", "sine=d=2"]
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-v",
        "error",
        *sources,
        "-c:v",
        "libtheora",
        "-c:a",
        "libvorbis",
    ]
    subprocess.run([*command, path], check=True)
    return path


def test_a_whole_file_passes(made: Path) -> None:
    check_pages(made)
    assert len(list(read(probe(made)))) == 30


def test_every_flipped_bit_is_damage(made: Path, tmp_path: Path) -> None:
    content, chance = made.read_bytes(), np.random.default_rng(2)
    for at in [*range(0, 60, 7), *chance.integers(len(content), size=60).tolist()]:
        changed = bytearray(content)
        changed[at] ^= 1 << int(chance.integers(8))
        (tmp_path / "a.ogv").write_bytes(changed)
        with pytest.raises(DamagedError):
            check_pages(tmp_path / "a.ogv")


def pages(content: bytes) -> list[bytes]:
    return [b"OggS" + part for part in content.split(b"OggS")[1:]]


@pytest.mark.parametrize("missing", [5, -2, -1])
def test_a_missing_page_is_damage(made: Path, tmp_path: Path, missing: int) -> None:
    held = pages(made.read_bytes())
    del held[missing]
    path = tmp_path / "a.ogv"
    path.write_bytes(b"".join(held))
    with pytest.raises(DamagedError):
        check_pages(path)
    assert mended(probe(path)).damage


def test_of_ogg_without_theora_nothing_can_be_covered(made: Path, tmp_path: Path) -> None:
    sound = [page for page in pages(made.read_bytes()) if b"theora" not in page[:60]]
    del sound[4]
    path = tmp_path / "a.ogg"
    path.write_bytes(b"".join(sound))
    with pytest.raises(BrokenPlaceError):
        false_pages(path)


def test_signs_of_pages_that_are_none_are_not_followed_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "a.ogv"
    path.write_bytes((b"OggS" + b"\0" * 22 + b"\xff" * 230) * 20_000)
    began = time.process_time()
    with pytest.raises(BrokenPlaceError):
        false_pages(path)
    assert time.process_time() - began < 5


def test_an_end_cut_off_within_a_page_is_damage(made: Path, tmp_path: Path) -> None:
    (tmp_path / "a.ogv").write_bytes(made.read_bytes()[:-9])
    with pytest.raises(DamagedError):
        check_pages(tmp_path / "a.ogv")
