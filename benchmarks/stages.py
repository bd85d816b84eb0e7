"""What each stage of a default run takes of its time: wall time, and processor time for busy machines.

Usage: stages.py [--threshold SCORE] CLIP...

Start-up is not in it. A high threshold makes a plan that lacks faces, so that it must be mended. What comes
after the first check is named ``again``; checks and all that is done again are what the second look costs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from common import REPOSITORY

sys.path.insert(0, str(REPOSITORY))
from blur.events import Started
from blur.pipeline import anonymise
from blur.settings import Settings


def stages(clip: Path, output: Path, settings: Settings) -> dict[str, tuple[float, float]]:
    """Seconds of wall and of processor time, by stage."""
    taken: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    stage, wall, processor = "probe", time.perf_counter(), time.process_time()
    for event in anonymise(clip, output, settings, force=True):
        if isinstance(event, Started):
            now, used = time.perf_counter(), time.process_time()
            taken[stage] = taken[stage][0] + now - wall, taken[stage][1] + used - processor
            again = " again" if "check" in taken and event.stage != "publish" else ""
            stage, wall, processor = event.stage + again, now, used
    return taken


def second_look(taken: dict[str, tuple[float, float]]) -> list[tuple[float, float]]:
    """Seconds of wall and of processor time of each stage that a run without a second look would not have."""
    return [both for stage, both in taken.items() if stage == "check" or stage.endswith(" again")]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--threshold", type=float)
    parser.add_argument("clips", nargs="+", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for clip in asked.clips:
            taken = stages(clip, Path(folder, "o.mp4"), Settings(threshold=asked.threshold))
            wall, processor = (sum(both) for both in zip(*taken.values(), strict=True))
            shares = (
                f"{stage} {100 * a / wall:.0f} % ({100 * b / processor:.0f} %)"
                for stage, (a, b) in taken.items()
            )
            print(f"{clip.name}: {wall:.1f} s ({processor:.1f} s): {', '.join(shares)}", flush=True)
            a, b = (sum(both) for both in zip(*second_look(taken), strict=True))
            print(f"  second look {100 * a / wall:.0f} % ({100 * b / processor:.0f} %)", flush=True)


if __name__ == "__main__":
    main()
