"""What the benchmarks share: where the clips are, and how a command is timed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("BLUR_SHARED", REPOSITORY.parent / "shared"))
BLUR = (sys.executable, str(REPOSITORY / "cli.py"))


def seconds(command: list[str]) -> float:
    """Wall time of a command, start-up included. Raises CalledProcessError where it fails."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=REPOSITORY)
    return time.perf_counter() - start
