"""Kills the program at random moments, and checks each time that nothing is lost and nothing is left over.

usage: python benchmarks/kills.py [TIMES]      (200 by default; a few minutes; Ctrl-C: what was done so far)
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

from common import REPOSITORY

sys.path.insert(0, str(REPOSITORY))

from tests.e2e.killing import Scene, Victim

VICTIMS: tuple[Victim, ...] = ("program", "child", "all")


def main(times: int) -> None:
    ends: Counter[tuple[Victim, str, str]] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene.made(Path(folder))
        took = min(scene.run() for _ in range(3))
        with suppress(KeyboardInterrupt):
            for number in range(times):
                for made in scene.output.parent.iterdir():
                    made.unlink()
                victim = VICTIMS[number % len(VICTIMS)]
                end = victim, *scene.kill(victim, random.uniform(0.0, 1.05) * took)
                scene.run()  # sweeps, publishes and leaves nothing else, or raises
                ends[end] += 1
    for (victim, stage, left), count in sorted(ends.items()):
        print(f"{count:4} × kill -9 of {victim} at {stage}: {left} left in the folder")
    done = ends.total()
    print(f"{done} kills: original unchanged, nothing partial, the next run succeeded and left no stray file")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
