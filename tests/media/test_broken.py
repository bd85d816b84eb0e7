"""Where a container tells of damage and not the decoder: black as a whole, and the seconds are said."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from blur.errors import DamagedError, UnsupportedError
from blur.media import webp
from blur.media.clip import Clip
from blur.media.picture import plane_views
from blur.media.probe import probe
from blur.media.reader import mended, read
from tests.media.making import scene

SECONDS = 10
CODING = {
    "ogv": ["-c:v", "libtheora", "-b:v", "400k", "-c:a", "libvorbis"],
    "wmv": ["-c:v", "wmv2", "-g", "12", "-c:a", "wmav2"],
    "gif": ["-an"],
}


def made(path: Path) -> bytes:
    sources = [f"testsrc2=s=160x120:d={SECONDS}:r=10", f"sine=d={SECONDS}"]
    inputs = [word for source in sources for word in ("-f", "lavfi", "-i", source)]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *inputs, *CODING[path.suffix[1:]], str(path)]
    subprocess.run(command, check=True)
    return path.read_bytes()


def lumas(clip: Clip) -> dict[int, NDArray[np.uint8]]:
    return {frame.pts: plane_views(frame.picture)[0].copy() for frame in read(clip)}


def covered(path: Path, whole: dict[int, NDArray[np.uint8]]) -> tuple[float, float, int]:
    """First and last second of the damage, and how many frames are black; every other one is as it was."""
    with pytest.raises(DamagedError):
        list(read(probe(path)))
    clip = mended(probe(path))
    seen = lumas(clip)
    dark = {pts for pts, luma in seen.items() if luma.max() <= 16}
    assert all(np.array_equal(luma, whole[pts]) for pts, luma in seen.items() if pts not in dark)
    first, last = clip.damage[0][0], clip.damage[-1][1]
    assert {first, last} <= dark
    assert all(first <= pts <= last for pts in dark)
    return float(clip.time_base.seconds(first)), float(clip.time_base.seconds(last)), len(dark)


# How long the black lasts at most: to the next key frame, and in a GIF to the end.
LASTS = {"ogv": 2.5, "wmv": 2.5, "gif": SECONDS}


@pytest.mark.parametrize("loss", ["cut out", "overwritten", "missing from there on"])
@pytest.mark.parametrize("share", [0.3, 0.7])
@pytest.mark.parametrize("suffix", ["ogv", "wmv", "gif"])
def test_what_is_broken_is_black_and_all_else_as_it_was(
    tmp_path: Path, suffix: str, share: float, loss: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    content = made(path)
    whole = lumas(probe(path))
    packet = 3200 if suffix == "wmv" else 300  # of which the one that is taken out is missed
    at = int(share * len(content)) // packet * packet
    rest = {"cut out": content[at + packet :], "missing from there on": b""}
    noise = np.random.default_rng(1).bytes(packet) + content[at + packet :]
    path.write_bytes(content[:at] + rest.get(loss, noise))
    first, last, dark = covered(path, whole)
    assert first == pytest.approx(share * SECONDS, abs=1.5)
    if loss == "overwritten":
        assert last - first < LASTS[suffix]
        assert dark < len(whole) * (1 - share) + 2


@pytest.mark.parametrize("seed", range(12))
def test_no_damaged_picture_of_an_ogg_is_ever_shown(tmp_path: Path, seed: int) -> None:
    path, chance = tmp_path / "a.ogv", np.random.default_rng(seed)
    content = made(path)
    whole = lumas(probe(path))
    for _ in range(int(chance.integers(1, 4))):
        at, size = (int(number) for number in chance.integers((12_000, 1), (len(content), 9000)))
        kept = chance.bytes(size) if chance.random() < 0.5 else b""
        content = content[:at] + kept + content[at + size :]
    path.write_bytes(content)
    assert covered(path, whole)[2] > 0


def moving(path: Path) -> bytes:
    first, *rest = [Image.fromarray(scene(index, 96, 64)) for index in range(20)]
    first.save(path, save_all=True, append_images=rest, duration=500, lossless=True)
    return path.read_bytes()


def test_a_moving_webp_is_black_from_there_on(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    content = bytearray(moving(path))
    whole = lumas(probe(path))
    at = content.index(b"VP8L", int(0.7 * len(content)))
    content[at + 14 : at + 40] = b"\xff" * 26
    path.write_bytes(content)
    first, last, dark = covered(path, whole)
    assert first == pytest.approx(0.7 * SECONDS, abs=1.5)
    assert (last, dark) == (SECONDS - 0.5, (SECONDS - first) / 0.5)


def test_a_webp_too_large_to_be_held_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.webp"
    size = len(moving(path))
    monkeypatch.setattr(webp, "MAX_BYTES", size)
    assert probe(path).frames == 20
    monkeypatch.setattr(webp, "MAX_BYTES", size - 1)
    monkeypatch.setattr(Path, "read_bytes", None)
    with pytest.raises(UnsupportedError, match="held in memory whole"):
        probe(path)
