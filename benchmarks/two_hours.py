"""Processor time and memory of what follows looking, on sightings made in memory: time must grow with length.

usage: python benchmarks/two_hours.py [FRAMES [PEOPLE]]      (by default 216000 and 5; Linux: reads /proc)
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from common import REPOSITORY

sys.path.insert(0, str(REPOSITORY))

from blur.plan.build import build_plan
from blur.plan.store import load, save
from blur.report.summary import covered
from blur.settings import Settings
from blur.timing import TimeBase
from blur.track.observe import Look, Observations
from blur.track.store import packed

SCENE, GAP = 750, 5


def seen(frames: int, people: int) -> Observations:
    """People who walk straight on in scenes of 25 s, looked at in every fifth frame."""
    rng = np.random.default_rng(1)
    scenes = [(first, min(first + SCENE, frames) - 1) for first in range(0, frames, SCENE)]
    looks = []
    for first, last in scenes:
        place, step = rng.uniform(100, 1100, (people, 2)), rng.uniform(-1, 1, (people, 2))
        ways = place[:, None] + step[:, None] * np.arange(last - first + 1)[None, :, None]
        boxes = np.concatenate([ways - 20, ways + 20], axis=2).astype(np.float32)
        at = [*range(first, last, GAP), last]
        for before, frame, after in zip([first, *at], at, [*at[1:], last], strict=False):
            ahead = boxes[:, frame - first + 1 : after - first + 1]
            behind = boxes[:, before - first : frame - first][:, ::-1]
            scores = np.full(people, 0.8, np.float32)
            looks.append(Look(frame, boxes[:, frame - first].copy(), scores, ahead.copy(), behind.copy()))
    moves = np.broadcast_to(np.eye(3), (frames, 3, 3)).copy()
    pts = np.arange(frames) * 1000
    base = TimeBase(1, 30000)
    return Observations(1280, 720, base, pts, moves, np.ones(frames), np.array(scenes), tuple(looks))


def timed(what: str, work: Callable[[], Any]) -> Any:
    """What a piece of work gives, its processor time and the memory held after it printed."""
    began = time.process_time()
    given = work()
    status = Path("/proc/self/status").read_text()
    held = int(status.split("VmRSS:")[1].split()[0]) >> 10
    print(f"{what}: {time.process_time() - began:.1f} s, {held} MiB", flush=True)
    return given


def main(frames: int, people: int) -> None:
    sightings = timed("made", lambda: seen(frames, people))
    plan = timed("plan", lambda: build_plan(sightings, Settings()))
    masks = sum(len(track.pts) for track in plan.tracks) / frames
    print(f"{len(plan.tracks)} tracks, {masks:.1f} masks a frame")
    timed("by frame, and the report", lambda: covered(plan))
    timed("kept", lambda: len(packed(sightings)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.json")
        timed("written", lambda: save(plan, path))
        print(f"{path.stat().st_size / 1e6:.0f} MB, {path.stat().st_size / frames / masks:.0f} bytes a mask")
        timed("read", lambda: load(path))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 216_000, int(sys.argv[2]) if len(sys.argv) > 2 else 5)
