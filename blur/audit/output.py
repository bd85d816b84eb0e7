"""The audit of a finished draft: one reading of it serves the check that it plays and the second look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from blur.audit.agreement import agreed
from blur.audit.depth import DEPTHS, frames_to_look_at
from blur.audit.finding import Finding
from blur.audit.playback import check_playback
from blur.audit.second_look import Makers, SecondLook
from blur.detect.centerface import CenterFace
from blur.detect.detector import Detector
from blur.detect.retinaface import RetinaFace
from blur.events import Steps
from blur.plan.compare import changed_frames
from blur.plan.model import Plan
from blur.settings import Settings
from blur.track.observe import Observations
from blur.track.schedule import search_for

MAKERS: dict[str, Callable[[], Detector]] = {"centerface": CenterFace, "retinaface": RetinaFace}


def audit(
    path: Path,
    plan: Plan,
    seen: Observations | None,
    settings: Settings,
    earlier: Sequence[Plan] = (),
    makers: Makers = MAKERS,
) -> Steps[tuple[Finding, ...]]:
    """Look at a finished draft as others will see it; yields events of stage ``check``.

    Args:
        path: the draft.
        plan: what it was rendered by.
        seen: what the plan was made from, where that is known.
        earlier: by which outputs of this clip were made that were looked at before. Every audit looks at
            other frames, and only where the last output was covered otherwise: what was kept passed.

    Returns:
        What looks like a face and is not covered.

    Raises:
        AuditError: the draft does not play as planned; see `check_playback`.
        WeightsError: a detector's weights are absent or altered.
    """
    depth = DEPTHS[settings.preset]
    known = [] if seen is None else [look.frame for look in seen.looks]
    interval = depth.alone if seen is None else depth.interval
    chosen = frames_to_look_at(plan.pts, plan.time_base, interval, known, len(earlier))
    if earlier:
        chosen = chosen[changed_frames(earlier[-1], plan)[chosen]]
    frames = chosen.tolist()
    covered = plan.by_frame()
    regions = {frame: covered[pts] for frame in frames if (pts := int(plan.pts[frame])) in covered}
    with ThreadPoolExecutor(1, "blur-second-look") as pool:
        second = SecondLook(frames, depth, regions, makers, pool)
        yield from check_playback(path, plan.pts, plan.time_base, plan.width, plan.height, second.add)
        found, faint = second.sightings()
    return found if seen is None else found + agreed(faint, seen, search_for(settings).sure)
