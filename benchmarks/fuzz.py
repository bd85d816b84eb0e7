"""Sends damaged clips through the whole program, for as long as you like, and keeps what it stumbles over.

usage: python benchmarks/fuzz.py [MINUTES [FOLDER]]      (10 by default; findings go to FOLDER, ./findings)
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from common import REPOSITORY, SHARED

sys.path.insert(0, str(REPOSITORY))

from tests.e2e.fuzzing import SEEDS, damage_all, run


def main(minutes: float, findings: Path) -> None:
    codes: Counter[int] = Counter()
    kept = 0
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        with tempfile.TemporaryDirectory() as folder:
            paths = damage_all(SHARED / "media", Path(folder), 4 * len(SEEDS), random.getrandbits(32))
            found, wrong = run(paths, Path(folder) / "out")
            codes += found
            for event in wrong:
                findings.mkdir(exist_ok=True)
                shutil.copy(Path(folder) / event["clip"], findings)
                print(event["clip"], event["error"], event["message"], event["exit_code"], flush=True)
                kept += 1
    print(
        f"{codes.total()} damaged clips: {codes[0] + codes[4]} published, {codes[3]} refused, {kept} findings"
    )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0, Path(*sys.argv[2:3] or ["findings"]))
