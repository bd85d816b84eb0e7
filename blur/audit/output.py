"""The audit of a finished draft: one reading of it serves the check that it plays and the second look."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from blur.audit.depth import DEPTHS, frames_to_look_at
from blur.audit.finding import Finding
from blur.audit.playback import check_playback
from blur.audit.second_look import Makers, SecondLook
from blur.detect.centerface import CenterFace
from blur.detect.detector import Detector
from blur.detect.retinaface import RetinaFace
from blur.events import Steps
from blur.plan.model import Plan
from blur.settings import Settings
from blur.track.observe import Observations

MAKERS: dict[str, Callable[[], Detector]] = {"centerface": CenterFace, "retinaface": RetinaFace}


def audit(
    path: Path,
    plan: Plan,
    seen: Observations | None,
    settings: Settings,
    turn: int = 0,
    makers: Makers = MAKERS,
) -> Steps[tuple[Finding, ...]]:
    """Look at a finished draft as others will see it; yields events of stage ``check``.

    Args:
        path: the draft.
        plan: what it was rendered by.
        seen: what the plan was made from, where that is known.
        turn: counts the audits of one clip; every one looks at other frames.

    Returns:
        What looks like a face and is not covered.

    Raises:
        AuditError: the draft does not play as planned; see `check_playback`.
        WeightsError: a detector's weights are absent or altered.
    """
    depth = DEPTHS[settings.preset]
    known = [] if seen is None else [look.frame for look in seen.looks]
    frames = frames_to_look_at(plan.pts, plan.time_base, depth.interval, known, turn).tolist()
    covered = plan.by_frame()
    regions = {frame: covered[pts] for frame in frames if (pts := int(plan.pts[frame])) in covered}
    with ThreadPoolExecutor(1, "blur-second-look") as pool:
        second = SecondLook(frames, depth, regions, makers, pool)
        yield from check_playback(path, plan.pts, plan.time_base, plan.width, plan.height, second.add)
        return second.findings()
