"""What the benchmarks share: where the clips are, and how a command is timed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, TypeVar

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("BLUR_SHARED", REPOSITORY.parent / "shared"))
PUBLISHED = (0, 4)
"""Exit codes with which a file was published; 4 asks a person to look at it."""
BLUR = (sys.executable, str(REPOSITORY / "cli.py"))


def seconds(command: list[str]) -> float:
    """Wall time of a command, start-up included. Raises CalledProcessError where it publishes nothing."""
    start = time.perf_counter()
    run = subprocess.run(command, check=False, capture_output=True, cwd=REPOSITORY)
    took = time.perf_counter() - start
    if run.returncode not in PUBLISHED:
        run.check_returncode()
    return took


Result = TypeVar("Result")


def result(steps: Generator[Any, None, Result]) -> Result:
    """What a step returns, once it has run to its end."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
