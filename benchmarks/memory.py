"""Peak memory of a run, all its processes together, on a 4K clip and on one ten times as long.

usage: python benchmarks/memory.py      (Linux: reads /proc)
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

import imageio_ffmpeg
from common import BLUR, PUBLISHED, REPOSITORY, SHARED

CLIP = SHARED / "media/weird/portrait_4k60.mp4"


def family(pid: int) -> list[int]:
    """A process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        below = [int(child) for child in children.read_text().split()]
    except OSError:
        below = []
    return [pid, *(member for child in below for member in family(child))]


def held(pid: int) -> int:
    """Bytes that a process holds, what it shares with others counted in part; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def peak(clip: Path, folder: Path) -> int:
    """Largest memory of a run on a clip, in bytes, sampled twenty times a second."""
    command = [*BLUR, str(clip), "-o", str(folder / "out.mp4"), "--force", "--quiet"]
    most = 0
    with subprocess.Popen(command, cwd=REPOSITORY) as run:
        while run.poll() is None:
            most = max(most, sum(held(member) for member in family(run.pid)))
            time.sleep(0.05)
    if run.returncode not in PUBLISHED:
        raise SystemExit(f"the run ended with {run.returncode}")
    return most


def longer(clip: Path, folder: Path, times: int) -> Path:
    target = folder / "longer.mp4"
    loop = ["-stream_loop", str(times - 1), "-i", str(clip), "-map", "0:v", "-c", "copy"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", *loop, str(target)], check=True)
    return target


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for label, clip in (("as it is", CLIP), ("ten times as long", longer(CLIP, folder, 10))):
            print(f"{CLIP.name}, {label}: {peak(clip, folder) / 2**20:.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
