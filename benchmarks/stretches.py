"""What key frames at a fixed distance cost in size, and what they save when little of a plan changes.

usage: python benchmarks/stretches.py [CLIP ...]      (by default the crowds of five seconds)

For each clip: how large files are against key frames at a greater distance, and how much faster than the
whole it is rendered again after one second in its middle was covered otherwise.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import REPOSITORY, SHARED

sys.path.insert(0, str(REPOSITORY))
from blur.events import Steps
from blur.media import writer
from blur.media.clip import Clip
from blur.media.probe import probe
from blur.media.reader import read
from blur.plan.model import Plan, Track
from blur.render.stretches import Earlier, render_again
from blur.settings import Settings

PAIRS = 5


def walled(steps: Steps[int]) -> float:
    began = time.perf_counter()
    for _ in steps:
        pass
    return time.perf_counter() - began


def growth(clip: Clip, plan: Plan, folder: Path) -> float:
    """How many times as large a file is as with a key frame after 250 frames, as encoders have it."""
    sizes = []
    fixed = writer.KEY_FRAMES
    for distance in (250, fixed):
        writer.KEY_FRAMES = distance
        walled(render_again(clip, plan, Settings(), folder / "size.mp4"))
        sizes.append((folder / "size.mp4").stat().st_size)
    return sizes[1] / sizes[0]


def gain(clip: Clip, plan: Plan, folder: Path) -> float:
    """Time of the whole over time of what changed; the median of pairs, since machines are noisy."""
    middle = len(plan.pts) // 2
    pts = plan.pts[middle : middle + round(clip.rate or 25)].copy()
    more = Track("user", 1000, pts, np.array([[100, 100, 200, 220]], np.int32).repeat(len(pts), axis=0))
    changed = replace(plan, tracks=(*plan.tracks, more))
    earlier = Earlier(plan, folder / "whole.mp4", folder / "aside.mp4")
    return statistics.median(
        walled(render_again(clip, plan, Settings(), folder / "whole.mp4"))
        / walled(render_again(clip, changed, Settings(), folder / "again.mp4", earlier))
        for _ in range(PAIRS)
    )


def main(paths: list[Path]) -> None:
    for path in paths:
        clip = probe(path)
        pts = np.array([frame.pts for frame in read(clip)], np.int64)
        box = np.array([[300, 100, 420, 260]], np.int32).repeat(len(pts), axis=0)
        plan = Plan(clip.width, clip.height, clip.time_base, pts, (Track("face", 900, pts, box),))
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            print(
                f"{path.name}: {len(pts)} frames, files × {growth(clip, plan, folder):.3f}, "
                f"rendering again × {gain(clip, plan, folder):.2f} as fast",
                flush=True,
            )


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or sorted((SHARED / "media/crowdcam").glob("*.mp4")))
