"""Many clips in one run: what side by side brings, and what is left after kills.

usage: python benchmarks/batch.py speed CLIP...     the same clips one after another and side by side
       python benchmarks/batch.py kills [TIMES]     kill -9 of the whole run at random moments (20 by default)
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import REPOSITORY

sys.path.insert(0, str(REPOSITORY))

from tests.media.making import make_clip

_AT_ONCE = """
import sys
sys.path.insert(0, sys.argv.pop(1))
import blur.batch.run as run
run.side_by_side = lambda _, number=int(sys.argv.pop(1)): number
import cli
cli.main()
"""
CLIPS = 8


def speed(clips: list[str]) -> None:
    for at_once in (1, 2, 1, 2):
        with tempfile.TemporaryDirectory() as folder:
            before, began = os.times(), time.monotonic()
            command = [sys.executable, "-c", _AT_ONCE, str(REPOSITORY), str(at_once), *clips]
            subprocess.run([*command, "-o", f"{folder}/out/", "-q", "--no-journal"], check=False)
            wall, after = time.monotonic() - began, os.times()
            processor = sum(after[2:4]) - sum(before[2:4])
            print(f"{at_once} at once: {wall:.1f} s, {processor:.1f} s of processor time", flush=True)


def kills(times: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "in").mkdir()
        for number in range(CLIPS):
            make_clip(root / "in" / f"{number}.mp4", pts=range(12 + number))
        command = [sys.executable, str(REPOSITORY / "cli.py"), str(root / "in"), "-q", "-o"]
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
