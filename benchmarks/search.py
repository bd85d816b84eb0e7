"""What each choice in the search for faces is worth, judged on plans, without rendering.

usage: python benchmarks/search.py [NAME ...]     (names: see VARIANTS; none means all)
Prints a row for each variant: leak20, people of at least 20 pixels exposed, overmask, and the processor
time of the analysis a frame. The rules are those of ../shared/bench/score.py, but for what is dark in
the source, which counts as covered there.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from common import SHARED, result
from numpy.typing import NDArray

from blur.detect import analyse as analysis
from blur.media.probe import probe
from blur.plan.build import build_plan
from blur.plan.model import Plan
from blur.settings import Settings
from blur.track import schedule

BALANCED = schedule.SEARCHES["balanced"]
VARIANTS = {
    "balanced": BALANCED,
    "one size": replace(BALANCED, scales=(1.0,)),
    "smaller size": replace(BALANCED, scales=(0.7,)),
    "two sizes": replace(BALANCED, scales=(1.0, 0.5)),
    "every 0.2 s": replace(BALANCED, interval=Fraction(1, 5)),
    "every 0.5 s": replace(BALANCED, interval=Fraction(1, 2)),
    "hold 0.5 s": replace(BALANCED, hold=Fraction(1, 2)),
    "hold 4 s": replace(BALANCED, hold=Fraction(4)),
    "no evidence": replace(BALANCED, weak=0.105, hint=0.105, evidence=(0.0, 0.0)),
    "twice the evidence": replace(BALANCED, evidence=(0.066, 0.18)),
    "sure from 0.3": replace(BALANCED, certain=0.3, sure=0.3, fair=0.2, evidence=(0.0, 0.2)),
    "fast": schedule.SEARCHES["fast"],
}
LEAK = 0.85
SMALL = 20


@dataclass
class Tally:
    """What the plans leave exposed, and what they cover needlessly."""

    leaked: int = 0
    faces: int = 0
    people: dict[tuple[str, int], bool] = field(default_factory=dict)
    overmask: list[float] = field(default_factory=list)

    def row(self) -> str:
        exposed = sum(self.people.values())
        share = self.leaked / max(1, self.faces)
        return f"{share:.4f} | {exposed} of {len(self.people)} | {np.mean(self.overmask):.4f}"


def covered(plan: Plan) -> Iterator[NDArray[np.bool_]]:
    """The plan's mask of every frame, shape (H, W)."""
    by_frame = plan.by_frame()
    for pts in plan.pts.tolist():
        mask = np.zeros((plan.height, plan.width), np.uint8)
        for x0, y0, x1, y1 in np.asarray(by_frame.get(pts, np.empty((0, 4))), float):
            cv2.ellipse(mask, (((x0 + x1) / 2, (y0 + y1) / 2), (x1 - x0, y1 - y0), 0), 1, -1)
        yield mask > 0


def judge(tally: Tally, clip: str, truth: Mapping[str, list], plan: Plan) -> None:
    """Hold a clip's plan against what is known of its faces."""
    for frame, mask in enumerate(covered(plan)):
        visible = np.ones(mask.shape, np.uint8)
        near = np.zeros(mask.shape, np.uint8)
        for passer in truth["passers"][frame]:
            cv2.fillConvexPoly(visible, np.int32(np.round(passer)), 0)
        visible = cv2.erode(visible, np.ones((5, 5), np.uint8))
        for who, x, y, w, h, inside, hidden, invalid, occluded, _ in truth["frames"][frame]:
            low, high = (int(x - w * 0.75), int(y - h * 0.75)), (int(x + w * 1.75), int(y + h * 1.75))
            cv2.rectangle(near, low, high, 1, -1)
            if invalid or occluded == 2 or inside < 0.6 or hidden > 0.5 or h < SMALL:
                continue
            face = np.zeros(mask.shape, np.uint8)
            cv2.ellipse(face, ((x + w / 2, y + h / 2), (w, h), 0), 1, -1)
            seen = (face & visible) > 0
            leaks = bool(seen.sum() > 0.2 * w * h and mask[seen].mean() < LEAK)
            tally.faces += 1
            tally.leaked += leaks
            tally.people[clip, who] = tally.people.get((clip, who), False) or leaks
        tally.overmask.append(float((mask & (near == 0)).mean()))


def main() -> None:
    print("| search | leak20 | people exposed | overmask | ms a frame |\n|---|---|---|---|---|")
    for name in sys.argv[1:] or VARIANTS:
        schedule.SEARCHES["balanced"] = VARIANTS[name]
        tally, processor = Tally(), 0.0
        for path in sorted((SHARED / "media/crowdcam").glob("*.mp4")):
            start = time.process_time()
            seen = result(analysis.analyse(probe(path), Settings()))
            plan = build_plan(seen, Settings())
            processor += time.process_time() - start
            judge(tally, path.stem, json.loads(Path(path).with_suffix(".json").read_text()), plan)
        print(f"| {name} | {tally.row()} | {1000 * processor / len(tally.overmask):.1f} |", flush=True)


if __name__ == "__main__":
    main()
