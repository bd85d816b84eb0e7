"""Memory and open files over a folder of many short clips, and over one long clip: both must stay flat.

usage: python benchmarks/load.py [CLIPS [MINUTES]]      (by default 500 and 120; Linux: reads /proc)
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
from common import BLUR
from memory import family, held


@dataclass(frozen=True)
class Sample:
    """What all processes of a run hold at one moment."""

    memory: int
    files: int


def watched(arguments: list[str]) -> tuple[list[Sample], float]:
    """Samples of a run, four a second, and its wall time in seconds."""
    began = time.monotonic()
    samples = []
    with subprocess.Popen([*BLUR, *arguments, "--quiet"]) as run:
        while run.poll() is None:
            members = family(run.pid)
            samples.append(Sample(sum(map(held, members)), sum(map(open_files, members))))
            time.sleep(0.25)
    if run.returncode not in (0, 4):
        raise SystemExit(f"the run ended with {run.returncode}")
    return samples, time.monotonic() - began


def open_files(pid: int) -> int:
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return 0


def told(name: str, samples: list[Sample], seconds: float) -> None:
    """Prints the medians of the second and of the last tenth of a run: the first one loads libraries."""
    tenth = max(len(samples) // 10, 1)
    early, late = samples[tenth : 2 * tenth], samples[-tenth - 1 : -1]
    memory = [statistics.median(s.memory for s in part) / 2**20 for part in (early, late)]
    files = [statistics.median(s.files for s in part) for part in (early, late)]
    print(
        f"{name}: {seconds:.0f} s, memory {memory[0]:.0f} MiB early and {memory[1]:.0f} MiB late, "
        f"open files {files[0]:.0f} and {files[1]:.0f}",
        flush=True,
    )


def drawn(path: Path, seconds: float, size: str) -> Path:
    """A moving picture that ffmpeg draws."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i"]
    command += [f"testsrc2=size={size}:rate=25:duration={seconds}", "-pix_fmt", "yuv420p", "-c:v", "libx264"]
    subprocess.run([*command, "-preset", "ultrafast", "-crf", "30", str(path)], check=True)
    return path


def main(clips: int, minutes: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if clips:
            (folder / "in").mkdir()
            content = drawn(folder / "short.mp4", 1, "320x240").read_bytes()
            for number in range(clips):
                (folder / "in" / f"{number:04}.mp4").write_bytes(content)
            told(f"{clips} short clips", *watched([f"{folder}/in", "-o", f"{folder}/out/"]))
            assert len(list((folder / "out").iterdir())) == clips
        if minutes:
            long = drawn(folder / "long.mp4", 60 * minutes, "1280x720")
            told(f"{minutes:g} minutes of 720p", *watched([str(long), "-o", f"{folder}/long-out.mp4"]))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500, float(sys.argv[2]) if len(sys.argv) > 2 else 120)
