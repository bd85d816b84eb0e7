"""A run of Blur against a plain re-encode of the same clip with the same encoder, wall time.

usage: python benchmarks/reencode.py [CLIP ...]
Each clip is measured as it is and enlarged to 1080 lines. Runs alternate; the median ratio counts.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import imageio_ffmpeg
from common import BLUR, SHARED, seconds

PLAIN = """
import sys
from pathlib import Path
from blur.media.probe import probe
from blur.media.reader import ahead, read
from blur.media.writer import Writer
clip = probe(Path(sys.argv[1]))
with Writer(Path(sys.argv[2]), clip, 18) as writer:
    for frame in ahead(read(clip)):
        writer.write(frame)
"""
ROUNDS = 3


def compare(clip: Path, folder: Path) -> float:
    """Median ratio of Blur's wall time to the plain re-encode's."""
    plain = [sys.executable, "-c", PLAIN, str(clip), str(folder / "plain.mp4")]
    covered = [*BLUR, str(clip), "-o", str(folder / "covered.mp4"), "--force"]
    ratios = []
    for _ in range(ROUNDS):
        base, took = seconds(plain), seconds(covered)
        ratios.append(took / base)
        print(f"  plain {base:.1f} s, blur {took:.1f} s, ratio {ratios[-1]:.2f}", flush=True)
    return statistics.median(ratios)


def enlarged(clip: Path, folder: Path) -> Path:
    large = folder / f"{clip.stem}-1080.mp4"
    scale = ["-vf", "scale=-2:1080", "-crf", "20", "-preset", "veryfast"]
    subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(clip), *scale, "-an", str(large)],
        check=True,
    )
    return large


def main() -> None:
    clips = [Path(name) for name in sys.argv[1:]] or sorted((SHARED / "media/crowdcam").glob("*.mp4"))[3:6]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for clip in clips:
            for size, source in (("as it is", clip), ("1080 lines", enlarged(clip, folder))):
                print(f"{clip.name}, {size}", flush=True)
                print(f"  median ratio {compare(source, folder):.2f}", flush=True)


if __name__ == "__main__":
    main()
