"""Rendering a clip a second time: only the stretches whose regions have changed are made anew.

A stretch reaches from one key frame to another, so that nothing that is kept refers to what is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blur.errors import InputError
from blur.events import Steps
from blur.media.clip import Clip
from blur.media.splice import UnlikeError, key_frames, splice
from blur.plan.compare import changed_frames, same_clip
from blur.plan.model import Plan
from blur.render.film import render
from blur.render.ticks import ticks_for
from blur.settings import Settings


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier rendering left.

    Attributes:
        plan: by which it was made, in full and with the same settings.
        path: the file, with or without sound.
        aside: a private file for what is made anew, of the same kind; what is in it afterwards is of no use.
    """

    plan: Plan
    path: Path
    aside: Path


def render_again(
    clip: Clip, plan: Plan, settings: Settings, path: Path, earlier: Earlier | None = None
) -> Steps[int]:
    """As `render`, but frames that are covered as in an earlier rendering are taken from it as they are.

    All is rendered where nothing can be taken over: the frames are not the same, the encoder's parameters
    differ, or every stretch has a change.
    """
    anew = None if earlier is None or clip.damage else stretches(earlier, plan)
    if earlier is None or anew is None or anew.all():
        return (yield from render(clip, plan, settings, path))
    fresh = earlier.aside if anew.any() else None
    if fresh:
        yield from render(clip, plan, settings, fresh, anew)
    try:
        ticks = ticks_for(plan, settings)
        splice(earlier.path, fresh, anew, ticks.pts, ticks.time_base, path)
    except UnlikeError:
        return (yield from render(clip, plan, settings, path))
    return len(plan.pts)


def stretches(earlier: Earlier, plan: Plan) -> NDArray[np.bool_] | None:
    """The frames that have to be made anew, shape (F,); None where the file does not hold these frames."""
    if not same_clip(earlier.plan, plan):
        return None
    try:
        starts = key_frames(earlier.path)
    except (InputError, UnlikeError):
        return None
    if len(starts) != len(plan.pts) or not starts[0]:
        return None
    group = np.cumsum(starts) - 1
    touched = np.unique(group[changed_frames(earlier.plan, plan)])
    return np.isin(group, touched)
