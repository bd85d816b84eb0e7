"""Sends damaged files through the whole program and through single readers, for as long as you like.

What they stumble over is kept. Texts are plans and profiles.

usage: python benchmarks/fuzz.py [MINUTES [FOLDER]]      (10 by default; findings go to FOLDER, ./findings)
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from resource import RLIMIT_CPU, setrlimit

from common import REPOSITORY, SHARED

sys.path.insert(0, str(REPOSITORY))

from tests.e2e.fuzzing import damage_all, run, seeds, stumbled, stumbled_over_text

TEXTS = 500
"""Plans and profiles a round."""
SECONDS = 60
"""Of processor time that a file may take all readers together."""


def main(minutes: float, findings: Path) -> None:
    with tempfile.TemporaryDirectory() as drawn:
        go_on(time.monotonic() + 60 * minutes, seeds(SHARED / "media", Path(drawn)), findings)


def go_on(end: float, sources: list[Path], findings: Path) -> None:
    """Round after round, until a moment of the monotonic clock."""
    codes: Counter[int] = Counter()
    kept = texts = 0
    while time.monotonic() < end:
        seed = random.getrandbits(32)
        with tempfile.TemporaryDirectory() as folder:
            paths = damage_all(sources, Path(folder), 2 * len(sources), seed)
            found, wrong = run(paths, Path(folder) / "out")
            codes += found
            said = {event["clip"]: f"{event['error']} {event['message']}" for event in wrong}
            said |= {path.name: read for path in paths if (read := alone(path))}
            for name, what in said.items():
                findings.mkdir(exist_ok=True)
                shutil.copy(Path(folder) / name, findings)
                print(name, what, flush=True)
        kept += len(said)
        for number in range(TEXTS):
            what = ", ".join(stumbled_over_text(random.Random(seed + number)))
            kept += bool(what)
            texts += 1
            if what:
                print("stumbled_over_text", seed + number, what, flush=True)
    ends = f"{codes[0] + codes[4]} published, {codes[3]} refused"
    print(f"{codes.total()} damaged files: {ends}; {texts} damaged texts; {kept} findings")


def alone(path: Path) -> str:
    """What readers of a file stumble over, in a process that they may crash."""
    limit = partial(setrlimit, RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        with ProcessPoolExecutor(1, initializer=limit) as pool:
            return ", ".join(pool.submit(stumbled, path).result())
    except BrokenProcessPool:
        return f"a reader crashed, or all of them took {SECONDS} s of processor time"


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0, Path(*sys.argv[2:3] or ["findings"]))
