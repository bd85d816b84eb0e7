"""Many clips in one run: what side by side brings, and what is left after kills.

usage: python benchmarks/batch.py speed CLIP...     the same clips singly and together
       python benchmarks/batch.py kills [TIMES]     kill -9 of the whole run at random moments (20 by default)
"""

from __future__ import annotations

import hashlib
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import BLUR, REPOSITORY

sys.path.insert(0, str(REPOSITORY))

from tests.media.making import make_clip

CLIPS = 8
TURNS = 3


def speed(clips: list[str]) -> None:
    """The same clips each by a command of its own, and all in one run; in turn, the best of each counts."""
    with tempfile.TemporaryDirectory() as folder:
        out = ["-o", f"{folder}/out/", "--force", "-q", "--no-journal"]
        singly = [[*BLUR, clip, *out] for clip in clips]
        best = {"singly": math.inf, "together": math.inf}
        for _ in range(TURNS):
            for way, commands in (("singly", singly), ("together", [[*BLUR, *clips, *out]])):
                before, began = os.times(), time.monotonic()
                for command in commands:
                    subprocess.run(command, check=False)
                wall, after = time.monotonic() - began, os.times()
                best[way] = min(best[way], wall)
                processor = sum(after[2:4]) - sum(before[2:4])
                print(f"{way}: {wall:.1f} s, {processor:.1f} s of processor time", flush=True)
    print(f"together / singly: {best['together'] / best['singly']:.2f}")


def kills(times: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "in").mkdir()
        for number in range(CLIPS):
            make_clip(root / "in" / f"{number}.mp4", pts=range(12 + number))
        command = [*BLUR, str(root / "in"), "-q", "-o"]
        subprocess.run([*command, str(root / "undisturbed"), "--no-journal"], check=True)
        expected, killed, same = _hashes(root / "undisturbed"), 0, 0
        output = 0
        while killed < times:
            output += 1
            os.environ["BLUR_STATE"] = str(root / f"state-{output}")
            for _ in range(3):
                killed += _killed([*command, str(root / f"out-{output}")])
            ended = subprocess.run([*command, str(root / f"out-{output}")], check=False).returncode
            found = _hashes(root / f"out-{output}")
            same += ended in (0, 4) and found == expected
            if found != expected:
                print(f"exit code {ended}: {sorted(found.items() ^ expected.items())}")
        print(f"{killed} kills in {output} batches of {CLIPS} clips: {same} ended as an undisturbed one")


def _killed(command: list[str]) -> bool:
    run = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        run.wait(random.uniform(0.3, 3.0))
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        return True
    return False


def _hashes(folder: Path) -> dict[str, str]:
    """Every name in the folder, with a hash of what is in it; a folder has none."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "a folder"
        for path in sorted(folder.iterdir())
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["speed"]:
        speed(sys.argv[2:])
    else:
        kills(int(sys.argv[2]) if len(sys.argv) > 2 else 20)
