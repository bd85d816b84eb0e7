"""What ties a plan to a file that was rendered by it: one hash of both, of the source and of the look.

Who holds all four can tell that every region of the plan is drawn in the file; one that was edited or
exchanged since does not fit.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from blur import __version__
from blur.plan.model import Plan
from blur.settings import Settings


def receipt(plan: Plan, source: Path, output: Path, settings: Settings) -> str:
    """The receipt for a finished output, 64 hexadecimal digits. Raises OSError where a file cannot be read.

    The sound has no part in it: it is made anew with every output.
    """
    digest = hashlib.sha256()
    look = (__version__, settings.style, settings.crf, settings.codec, settings.camera_trace)
    clip = (plan.width, plan.height, plan.time_base, len(plan.pts), [len(each.pts) for each in plan.tracks])
    digest.update(repr((look, clip)).encode())
    for times in (plan.pts, *(track.pts for track in plan.tracks)):
        digest.update(times.astype("<i8").tobytes())
    for track in plan.tracks:
        digest.update(track.regions.astype("<i4").tobytes())
    for path in (source, output):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def fits(plan: Plan, source: Path, output: Path, settings: Settings) -> bool:
    """Whether the output is the very one that was rendered from this source by this plan with this look."""
    try:
        return plan.receipt is not None and plan.receipt == receipt(plan, source, output, settings)
    except OSError:
        return False
