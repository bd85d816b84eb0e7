"""Memory and open files over a folder of many clips of 10 s, 3 % of them broken, and over one long clip.

Both must stay flat, and every clip of the folder must be accounted for.

usage: python benchmarks/load.py [CLIPS [MINUTES [RATE [SIZE]]]]
    (by default 500 clips, 120 minutes, 25 frames a second and 1280x720; Linux: reads /proc)
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import imageio_ffmpeg
from common import BLUR, PUBLISHED
from memory import family, held

BROKEN_EVERY = 33


@dataclass(frozen=True)
class Sample:
    """What all processes of a run hold at one moment."""

    memory: int
    files: int


def watched(arguments: list[str], events: Path, ends: tuple[int, ...]) -> tuple[list[Sample], float]:
    """Samples of a run, four a second, and its wall time in seconds; its events go to a file."""
    began = time.monotonic()
    samples = []
    with events.open("wb") as file, subprocess.Popen([*BLUR, *arguments, "--json"], stdout=file) as run:
        while run.poll() is None:
            members = family(run.pid)
            samples.append(Sample(sum(map(held, members)), sum(map(open_files, members))))
            time.sleep(0.25)
    if run.returncode not in ends:
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


def drawn(path: Path, seconds: float, size: str, rate: int | str = 25) -> Path:
    """A moving picture that ffmpeg draws."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i"]
    command += [f"testsrc2=size={size}:rate={rate}:duration={seconds}", "-pix_fmt", "yuv420p"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", str(path)]
    subprocess.run(command, check=True)
    return path


def many(clips: int, folder: Path) -> None:
    """A folder of clips in one run. Broken ones are torn, empty or noise, in turn."""
    (folder / "in").mkdir()
    content = drawn(folder / "short.mp4", 10, "192x144", rate=10).read_bytes()
    wrong = (content[: len(content) // 2], b"", os.urandom(len(content)))
    numbers = range(7, clips, BROKEN_EVERY)
    broken = {f"{number:04}.mp4": fault for number, fault in zip(numbers, cycle(wrong), strict=False)}
    for number in range(clips):
        name = f"{number:04}.mp4"
        (folder / "in" / name).write_bytes(broken.get(name, content))
    events = folder / "events"
    ran = watched([f"{folder}/in", "-o", f"{folder}/out/"], events, ends=(6,) if broken else PUBLISHED)
    told(f"{clips} clips", *ran)
    ended = [e for e in map(json.loads, events.open()) if e["event"] in ("finished", "failed")]
    assert Counter(e["clip"] for e in ended) == Counter(f"{number:04}.mp4" for number in range(clips))
    assert {e["clip"] for e in ended if e["event"] == "failed"} == broken.keys()
    assert len(list((folder / "out").iterdir())) == clips - len(broken)
    print(f"{clips - len(broken)} published, {len(broken)} broken ones refused, none missing", flush=True)


def main(clips: str = "500", length: str = "120", rate: str = "25", size: str = "1280x720") -> None:
    minutes = float(length)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["BLUR_STATE"] = f"{folder}/state"
        if int(clips):
            many(int(clips), folder)
        if minutes:
            long = drawn(folder / "long.mp4", 60 * minutes, size, rate)
            ran = watched([str(long), "-o", f"{folder}/long-out.mp4"], folder / "events", PUBLISHED)
            told(f"{minutes:g} minutes of {size}, {rate} frames a second", *ran)


if __name__ == "__main__":
    main(*sys.argv[1:])
