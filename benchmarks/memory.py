"""Peak memory of a run, all its processes together, on a 4K clip and on one ten times as long.

usage: python benchmarks/memory.py                  (Linux: reads /proc)
       python benchmarks/memory.py MINUTES ...      so many minutes of made 720p: memory by stage
       python benchmarks/memory.py faces            what is seen and planned of a minute of each crowd
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from threading import Thread

import imageio_ffmpeg
from common import BLUR, PUBLISHED, REPOSITORY, SHARED, result

sys.path.insert(0, str(REPOSITORY))

from blur.detect.analyse import analyse
from blur.media.probe import probe
from blur.plan.build import build_plan
from blur.settings import Settings

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


def owned(pid: int) -> int:
    """Bytes that a process holds and that are no file's: those of files, the system takes back at need."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:")))


def by_stage(clip: Path, folder: Path) -> dict[str, list[int]]:
    """What all processes of a run own, twice a second, by the stage in which they are."""
    samples = defaultdict(list)
    command = [*BLUR, str(clip), "-o", str(folder / "out.mp4"), "--force", "--json"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE) as run:
        stage = ["start"]

        def hear() -> None:
            for line in run.stdout or ():
                stage[0] = json.loads(line).get("stage", stage[0])

        listener = Thread(target=hear)
        listener.start()
        while run.poll() is None:
            samples[stage[0]].append(sum(map(owned, family(run.pid))))
            time.sleep(0.5)
        listener.join()
    if run.returncode not in PUBLISHED:
        raise SystemExit(f"the run ended with {run.returncode}")
    return samples


def told(samples: dict[str, list[int]]) -> str:
    """The median of the last tenth of each long stage, and the most of all."""
    late = {stage: statistics.median(some[-max(len(some) // 10, 1) :]) for stage, some in samples.items()}
    stages = ", ".join(f"{stage} {late[stage] / 2**20:.0f}" for stage in ("analyse", "render", "check"))
    return f"{stages}, at most {max(max(some) for some in samples.values()) / 2**20:.0f} MiB"


def faces() -> None:
    for path in sorted((SHARED / "media/crowdcam").glob("*.mp4")):
        seen = result(analyse(probe(path), Settings()))
        plan = build_plan(seen, Settings())
        minutes = float(seen.time_base.seconds(int(seen.pts[-1] - seen.pts[0]))) / 60
        looks = sum(
            part.nbytes
            for look in seen.looks
            for part in (
                look.boxes,
                look.scores,
                look.ahead,
                look.behind,
                look.hints.boxes,
                look.hints.scores,
            )
        )
        tracks = sum(track.pts.nbytes + track.regions.nbytes for track in plan.tracks)
        masks = sum(len(track.pts) for track in plan.tracks) / len(plan.pts)
        told = f"seen {looks / minutes / 1e6:.1f} MB a minute, plan {tracks / minutes / 1e6:.1f}"
        print(f"{path.name}: {masks:.0f} masks a frame, {told}", flush=True)


def drawn(minutes: float, folder: Path) -> Path:
    target = folder / "drawn.mp4"
    picture = ["-f", "lavfi", "-i", f"testsrc2=size=1280x720:rate=25:duration={60 * minutes:g}"]
    coding = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "30"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", *picture, *coding, "-y", str(target)]
    subprocess.run(command, check=True)
    return target


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


def main(minutes: list[float]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for many in minutes:
            print(f"{many:g} minutes of 720p: {told(by_stage(drawn(many, folder), folder))}", flush=True)
        if minutes:
            return
        for label, clip in (("as it is", CLIP), ("ten times as long", longer(CLIP, folder, 10))):
            print(f"{CLIP.name}, {label}: {peak(clip, folder) / 2**20:.0f} MiB", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["faces"]:
        faces()
    else:
        main([float(argument) for argument in sys.argv[1:]])
