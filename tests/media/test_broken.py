"""A file that is broken in its middle is refused with the seconds, also where nothing can be covered."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image

from blur.errors import DamagedError, UnsupportedError
from blur.media import webp
from blur.media.probe import probe
from blur.media.reader import mended
from tests.media.making import scene

SECONDS = 10
CODING = {
    "ogv": ["-c:v", "libtheora", "-b:v", "400k", "-c:a", "libvorbis"],
    "wmv": ["-c:v", "wmv2", "-c:a", "wmav2"],
    "gif": ["-an"],
}


def made(path: Path) -> bytes:
    sources = [f"testsrc2=s=160x120:d={SECONDS}:r=10", f"sine=d={SECONDS}"]
    inputs = [word for source in sources for word in ("-f", "lavfi", "-i", source)]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *inputs, *CODING[path.suffix[1:]], str(path)]
    subprocess.run(command, check=True)
    return path.read_bytes()


def refused(path: Path) -> float:
    """The second that the refusal to cover it names."""
    with pytest.raises(DamagedError) as told:
        mended(probe(path))
    assert "cannot be covered" in told.value.hint
    minutes, seconds = re.search(r"near (\d+):([\d.]+):", told.value.message).groups()  # type: ignore[union-attr]
    return 60 * int(minutes) + float(seconds)


@pytest.mark.parametrize("share", [0.3, 0.7])
@pytest.mark.parametrize("suffix", ["ogv", "wmv", "gif"])
def test_the_seconds_are_named_where_nothing_can_be_covered(
    tmp_path: Path, suffix: str, share: float
) -> None:
    path = tmp_path / f"a.{suffix}"
    content = made(path)
    at = int(share * len(content))
    packet = 3200 if suffix == "wmv" else 300  # of which the one that is taken out is missed
    path.write_bytes(content[: at // packet * packet] + content[at // packet * packet + packet :])
    assert refused(path) == pytest.approx(share * SECONDS, abs=1.5)


def moving(path: Path) -> bytes:
    first, *rest = [Image.fromarray(scene(index, 96, 64)) for index in range(20)]
    first.save(path, save_all=True, append_images=rest, duration=500, lossless=True)
    return path.read_bytes()


def test_a_moving_webp_names_them_too(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    content = bytearray(moving(path))
    at = content.index(b"VP8L", int(0.7 * len(content)))
    content[at + 14 : at + 40] = b"\xff" * 26
    path.write_bytes(content)
    assert refused(path) == pytest.approx(0.7 * SECONDS, abs=1.5)


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
