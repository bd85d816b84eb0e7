"""The report as data. Nothing in it helps to find a person: no source, no place in a picture, no path.

Unless it was asked for as a private one, which carries the plan.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blur import __version__
from blur.detect.weights import all_weights
from blur.plan.model import Plan
from blur.plan.store import dumps
from blur.plan.watch import grave, these_seconds, whereabouts, worth_watching
from blur.sandbox.inforce import in_force
from blur.settings import Settings

SCHEMA = "blur-report/1"
BUCKETS = 120
"""Parts of the timeline."""
SETTINGS = ("style", "audio", "preset", "grow", "threshold", "crf", "rounds", "accept_unverified")
VERDICTS = {
    0: "Every check was passed, and nothing grave stands out.",
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
    return {
        **_head(name, plan, settings, exit_code),
        **covered(plan),
        "removed": list(removed),
        **_tail(chosen),
        **_private(plan, settings),
    }


def summarise_audit(
    name: str, plan: Plan, settings: Settings, exit_code: int, problems: Sequence[str]
) -> dict[str, Any]:
    """The report of a file that was there already.

    Args:
        plan: what was to be covered; without tracks where that is not known.
        problems: what is wrong with the file, in plain words.
    """
    known = covered(plan) if plan.tracks else {}
    return {
        **_head(name, plan, settings, exit_code),
        **known,
        "problems": list(problems),
        **_tail({"preset": settings.preset}),
        **_private(plan, settings),
    }


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


def _head(name: str, plan: Plan, settings: Settings, exit_code: int) -> dict[str, Any]:
    start = int(plan.pts[0])
    return {
        "schema": SCHEMA,
        "file": name,
        "verdict": VERDICTS[exit_code],
        "exit_code": exit_code,
        "frames": len(plan.pts),
        "seconds": _seconds(plan, int(_ends(plan)[-1]) - start),
        "watch_first": these_seconds(plan, grave(plan) or worth_watching(plan)) if plan.doubts else None,
        "watch": [
            {
                "from": _seconds(plan, doubt.first - start),
                "to": _seconds(plan, doubt.last - start),
                "why": doubt.reason,
                "weight": doubt.weight,
                **({"where": whereabouts(plan, doubt)} if settings.private else {}),
            }
            for doubt in plan.doubts
        ],
    }


def _private(plan: Plan, settings: Settings) -> dict[str, Any]:
    """The plan, where the report is for the one alone who made it."""
    return {"plan": json.loads(dumps(plan))} if settings.private else {}


def _tail(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "settings": settings,
        "versions": {
            "blur": __version__,
            "python": platform.python_version(),
            **{package: version(package) for package in ("av", "numpy", "opencv-contrib-python", "openvino")},
        },
        "weights": dict(all_weights()),
        "confinement": in_force().as_text(),
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
