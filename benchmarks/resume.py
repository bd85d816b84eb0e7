"""Kills a long clip's run in the middle of looking, with SIGKILL, and goes on: what is saved, is it the same?

usage: python benchmarks/resume.py [CLIP [TIMES]]      (by default a crowd of five seconds, 36 times over)
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import BLUR, PUBLISHED, REPOSITORY, SHARED
from memory import longer

sys.path.insert(0, str(REPOSITORY))

from blur.media.picture import plane_views
from blur.media.probe import probe
from blur.media.reader import read

CLIP = SHARED / "media/crowdcam/3-t_Riot_3_393.mp4"
LOOK = ("--style", "solid", "--quiet")
"""Without the veil's grain, which is another in every run."""


def run(clip: Path, output: Path, env: dict[str, str], stretches: int | None = None) -> tuple[float, float]:
    """Wall and processor time in seconds; the run is killed as soon as so many stretches are kept."""
    before = os.times()
    began = time.monotonic()
    command = [*BLUR, str(clip), "-o", str(output), *LOOK]
    with subprocess.Popen(command, env=env, start_new_session=True) as process:
        while process.poll() is None and stretches is not None:
            if any(Path(env["BLUR_STATE"]).rglob(f"*.{stretches - 1}")):
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0.01)
    if process.returncode not in (*PUBLISHED, -signal.SIGKILL):
        raise SystemExit(f"the run ended with {process.returncode}")
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - began, used


def same(one: Path, other: Path) -> bool:
    """Whether every frame of two videos is decoded to the same samples at the same time."""
    pairs = zip(read(probe(one)), read(probe(other)), strict=True)
    return all(
        a.pts == b.pts and all(map(_equal, plane_views(a.picture), plane_views(b.picture))) for a, b in pairs
    )


def _equal(a: object, b: object) -> bool:
    return bool((a == b).all())  # type: ignore[attr-defined]


def main(path: Path, times: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = {**os.environ, "BLUR_STATE": str(folder / "state")}
        clip = longer(path, folder, times)
        seconds = float(probe(clip).duration or 0)
        whole = run(clip, folder / "whole.mp4", env)
        print(
            f"{seconds:.0f} s of video, undisturbed: {whole[0]:.0f} s, {whole[1]:.0f} s of processors",
            flush=True,
        )
        stretches = round(seconds / 30 / 2)
        killed = run(clip, folder / "again.mp4", env, stretches)
        print(f"killed after {stretches} stretches: {killed[0]:.0f} s", flush=True)
        again = run(clip, folder / "again.mp4", env)
        print(f"went on: {again[0]:.0f} s, {again[1]:.0f} s of processors", flush=True)
        print(f"the same in every sample: {same(folder / 'whole.mp4', folder / 'again.mp4')}")
        print(f"files left in the state folder: {sum(p.is_file() for p in (folder / 'state').rglob('*'))}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CLIP, int(sys.argv[2]) if len(sys.argv) > 2 else 36)
