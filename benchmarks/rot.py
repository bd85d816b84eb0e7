"""How much bit rot is noticed: bytes of coded pictures are changed at random, and the clip is read again.

    python benchmarks/rot.py [TRIALS]

For each kind of coding and 1, 8 or 200 changed bytes: how often reading refused the clip, how often the
pictures came out as before (more than 40 dB, in the worst frame), how often they came out otherwise
without a word ("smeared"), and how often some were missing without a word.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import cv2
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray
from skimage.data import astronaut

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from blur.errors import BlurError
from blur.media.picture import plane_views
from blur.media.probe import probe
from blur.media.reader import read
from tests.media.making import make_clip

SIZE, FRAMES, SEED = (352, 288), 48, 7
AMOUNTS = (1, 8, 200)
LIKE = 40.0
OUTCOMES = ("refused", "as before", "smeared", "missing")


@dataclass(frozen=True)
class Kind:
    name: str
    suffix: str
    encoder: str
    coding: dict[str, str] = field(default_factory=dict)
    pixels: str = "yuv420p"


RATE, LIVE = {"b": "800k"}, {"b": "800k", "deadline": "realtime", "cpu-used": "8"}
KINDS = (
    Kind("H.264, CABAC", "mp4", "libx264"),
    Kind("H.264, CAVLC", "mp4", "libx264", {"coder": "vlc"}),
    Kind("HEVC", "mp4", "libx265", {"x265-params": "log-level=none"}),
    Kind("HEVC with hashes", "mp4", "libx265", {"x265-params": "log-level=none:hash=1"}),
    Kind("AV1", "mp4", "libsvtav1", {"preset": "12"}),
    Kind("VP9", "webm", "libvpx-vp9", LIVE),
    Kind("VP8", "webm", "libvpx", LIVE),
    Kind("MPEG-4 Part 2", "avi", "mpeg4", RATE),
    Kind("Motion JPEG", "avi", "mjpeg", RATE, "yuvj420p"),
    Kind("MPEG-2", "mpg", "mpeg2video", RATE),
    Kind("H.263", "3gp", "h263", RATE),
    Kind("ProRes", "mov", "prores_ks", {}, "yuv422p10le"),
    Kind("WMV 8", "wmv", "wmv2", RATE),
    Kind("Flash", "flv", "flv", RATE),
    Kind("Theora", "ogv", "libtheora"),
    Kind("GIF", "gif", "gif", {}, "rgb8"),
)


def draw(index: int, width: int, height: int) -> NDArray[np.uint8]:
    """A window that wanders over a photo."""
    x, y = 3 * index, index
    return np.ascontiguousarray(cv2.resize(astronaut(), (560, 420))[y : y + height, x : x + width])


def make(kind: Kind, folder: Path) -> Path:
    path = folder / f"clip.{kind.suffix}"
    if kind.encoder == "libtheora":  # which PyAV cannot write
        source = make_clip(folder / "source.mkv", size=SIZE, pts=range(FRAMES), draw=draw)
        program = imageio_ffmpeg.get_ffmpeg_exe()
        command = [program, "-v", "error", "-y", "-i", source, "-c:v", kind.encoder, "-q:v", "8", path]
        subprocess.run(command, check=True)
        return path
    base = Fraction(1, 100) if kind.suffix == "gif" else Fraction(1, 25)
    pts = range(0, 4 * FRAMES, 4) if kind.suffix == "gif" else range(FRAMES)
    return make_clip(
        path,
        size=SIZE,
        pts=pts,
        time_base=base,
        codec=kind.encoder,
        pixel_format=kind.pixels,
        coding=kind.coding,
        draw=draw,
    )


def lumas(path: Path) -> NDArray[np.float32]:
    return np.array([plane_views(frame.picture)[0] for frame in read(probe(path))], np.float32)


def rotten(content: bytes, places: list[tuple[int, int]], amount: int, chance: random.Random) -> bytes:
    """The file with so many bytes of one coded picture changed; of a single one, one bit."""
    changed = bytearray(content)
    start, size = chance.choice(places)
    at = chance.randrange(start, start + size)
    for i in range(at, min(at + amount, len(changed))):
        changed[i] = chance.randrange(256) if amount > 1 else changed[i] ^ 1 << chance.randrange(8)
    return bytes(changed)


def outcome(path: Path, clean: NDArray[np.float32]) -> str:
    try:
        found = lumas(path)
    except BlurError:
        return "refused"
    if found.shape != clean.shape:
        return "missing"
    peak = 255 if clean.max() < 256 else 1023
    worst = ((found - clean) ** 2).mean(axis=(1, 2)).max()
    return "as before" if 10 * np.log10(peak**2 / max(worst, 1e-9)) > LIKE else "smeared"


def main(trials: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        for kind in KINDS:
            path = make(kind, Path(name))
            clean, content = lumas(path), path.read_bytes()
            with av.open(str(path)) as container:
                places = [(p.pos, p.size) for p in container.demux(video=0) if p.size and p.pos]
            for amount in AMOUNTS:
                chance, counts = random.Random(SEED), Counter[str]()
                for _ in range(trials):
                    path.write_bytes(rotten(content, places, amount, chance))
                    counts[outcome(path, clean)] += 1
                told = ", ".join(f"{word} {counts[word] / trials:.2f}" for word in OUTCOMES)
                print(f"{kind.name:17} {amount:3} bytes: {told}", flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
