"""The report as data. Nothing in it helps to find a person: no source, no place in a picture, no path."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blur import __version__
from blur.detect.weights import all_weights
from blur.plan.model import Plan
from blur.settings import Preset, Settings

SCHEMA = "blur-report/1"
BUCKETS = 120
"""Parts of the timeline."""
SETTINGS = ("style", "audio", "preset", "grow", "threshold", "crf", "rounds", "accept_unverified")
VERDICTS = {
    0: "Every check was passed, and nothing stands out.",
    4: "A person should watch the times below first.",
    5: "Not as it should be; do not publish it.",
}


def summarise(
    name: str,
    plan: Plan,
    settings: Settings,
    exit_code: int,
    removed: Sequence[str] = (),
) -> dict[str, Any]:
    """The report of an output that was made.

    Args:
        name: of the output, without its folder.
        removed: what is gone from the source, in plain words.
    """
    chosen = {key: getattr(settings, key) for key in SETTINGS}
    return {**_head(name, plan, exit_code), **covered(plan), "removed": list(removed), **_tail(chosen)}


def summarise_audit(
    name: str, plan: Plan, preset: Preset, exit_code: int, problems: Sequence[str]
) -> dict[str, Any]:
    """The report of a file that was there already.

    Args:
        plan: what was to be covered; without tracks where that is not known.
        problems: what is wrong with the file, in plain words.
    """
    known = covered(plan) if plan.tracks else {}
    return {**_head(name, plan, exit_code), **known, "problems": list(problems), **_tail({"preset": preset})}


def covered(plan: Plan) -> dict[str, Any]:
    """How much is covered: tracks, people-seconds, and a timeline."""
    ends = _ends(plan)
    lengths = dict(zip(plan.pts.tolist(), (ends - plan.pts).tolist(), strict=True))
    ticks = sum(lengths[pts] for track in plan.tracks for pts in track.pts.tolist())
    start, end = int(plan.pts[0]), int(ends[-1])
    return {
        "tracks": len(plan.tracks),
        "covered_people_seconds": _seconds(plan, ticks),
        "timeline": _timeline(plan, start, end),
    }


def _head(name: str, plan: Plan, exit_code: int) -> dict[str, Any]:
    start = int(plan.pts[0])
    return {
        "schema": SCHEMA,
        "file": name,
        "verdict": VERDICTS[exit_code],
        "exit_code": exit_code,
        "frames": len(plan.pts),
        "seconds": _seconds(plan, int(_ends(plan)[-1]) - start),
        "watch": [
            {
                "from": _seconds(plan, doubt.first - start),
                "to": _seconds(plan, doubt.last - start),
                "why": doubt.reason,
                "weight": doubt.weight,
            }
            for doubt in plan.doubts
        ],
    }


def _tail(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "settings": settings,
        "versions": {
            "blur": __version__,
            "python": platform.python_version(),
            **{package: version(package) for package in ("av", "numpy", "opencv-contrib-python")},
        },
        "weights": dict(all_weights()),
        "confinement": confinement(),
    }


def _ends(plan: Plan) -> NDArray[np.int64]:
    """When each frame ends, shape (F,); the last one lasts as long as the one before it."""
    last = 2 * plan.pts[-1] - plan.pts[-2] if len(plan.pts) > 1 else plan.pts[-1] + 1
    return np.append(plan.pts[1:], last)


def _seconds(plan: Plan, ticks: int) -> float:
    return round(float(plan.time_base.seconds(ticks)), 3)


def _timeline(plan: Plan, start: int, end: int) -> list[int]:
    """How many regions are covered at once, at most, in each of ``BUCKETS`` equal parts of the clip."""
    counts = [0] * BUCKETS
    for pts, regions in plan.by_frame().items():
        bucket = min((pts - start) * BUCKETS // max(end - start, 1), BUCKETS - 1)
        counts[bucket] = max(counts[bucket], len(regions))
    return counts


def confinement() -> dict[str, bool]:
    """What the kernel says of this process: whether system calls are filtered, and rights can grow."""
    try:
        told = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return {"seccomp": False, "no_new_privileges": False}
    fields = dict(line.split(":\t", 1) for line in told.splitlines() if ":\t" in line)
    return {
        "seccomp": fields.get("Seccomp", "0").strip() == "2",
        "no_new_privileges": fields.get("NoNewPrivs", "0").strip() == "1",
    }
