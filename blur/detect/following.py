"""A region that was drawn in one frame follows what is under it, through the frames that it covers."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from itertools import islice, pairwise

import numpy as np

from blur.errors import AuditError, UsageError
from blur.events import Progress, Started, Steps
from blur.geometry import Boxes
from blur.media.clip import Clip
from blur.media.picture import as_luma
from blur.media.reader import ahead, read_from
from blur.plan.model import Plan, Regions
from blur.track.flow import flowing_paths
from blur.track.motion import Grey, Similarity, estimate, small_size

MOST = 3600
"""Frames that a region can be followed through; their small pictures take 300 MB."""
TICK = 0.1


def follow_region(clip: Clip, plan: Plan, index: int, at: int) -> Steps[Plan]:
    """The plan with track ``index`` following what lies under its region at the time ``at``, both ways.

    Its begin and end stay. At a cut it stands still from there on: what it followed is gone.

    Args:
        clip: the source.
        at: pts of a frame in which the track has the right region.

    Raises:
        UsageError: there is no such track, it covers nothing at ``at``, or it is too long.
        AuditError: the clip has other frames than the plan.
        InputError: as `read`.
    """
    if not 0 <= index < len(plan.tracks) or at not in plan.tracks[index].pts:
        raise UsageError(
            "the plan has no such region", "Name a track and a time at which it covers something."
        )
    track = plan.tracks[index]
    first, middle, last = np.searchsorted(plan.pts, [track.pts[0], at, track.pts[-1]]).tolist()
    if last - first > MOST:
        raise UsageError("the region is too long to follow", f"Shorten it to at most {MOST} frames.")
    greys = yield from _small_pictures(clip, plan, first, last)
    region = track.regions[np.searchsorted(track.pts, at)]
    scale = np.array([greys[0].shape[1] / plan.width, greys[0].shape[0] / plan.height] * 2)
    box = (region[None] * scale).astype(np.float32)
    paths = [*_walk(box, greys[middle - first :: -1])[::-1], box, *_walk(box, greys[middle - first :])]
    boxes = np.concatenate(paths) / scale
    regions: Regions = np.hstack([np.floor(boxes[:, :2]), np.ceil(boxes[:, 2:])]).astype(np.int32)
    regions[middle - first] = region
    kept = np.isin(plan.pts[first : last + 1], track.pts)
    followed = replace(track, regions=regions[kept])
    return replace(plan, tracks=(*plan.tracks[:index], followed, *plan.tracks[index + 1 :]))


def _small_pictures(clip: Clip, plan: Plan, first: int, last: int) -> Steps[list[Grey]]:
    wanted = plan.pts[first : last + 1].tolist()
    yield Started(clip.name, "analyse", len(wanted))
    small = small_size(clip.width, clip.height)
    times: list[int] = []
    greys: list[Grey] = []
    shown = time.monotonic()
    with closing(ahead(read_from(clip, wanted[0]))) as frames:
        for frame in islice(frames, len(wanted)):
            times.append(frame.pts)
            greys.append(as_luma(frame.picture, *small))
            if time.monotonic() - shown >= TICK:
                shown = time.monotonic()
                yield Progress(clip.name, "analyse", len(greys), len(wanted))
    if times != wanted:
        raise AuditError("the clip is not the one that was planned for", "Plan it again.")
    return greys


def _walk(box: Boxes, greys: list[Grey]) -> list[Boxes]:
    """Where a box, shape (1, 4), goes from the first picture through each of the others."""
    steps: list[Boxes] = []
    for before, after in pairwise(greys):
        motion = estimate(before, after)
        if motion.is_cut:
            break
        move: Similarity = motion.matrix
        box = flowing_paths(box, [before, after], [move])[:, 0]
        steps.append(box)
    return steps + [box] * (len(greys) - 1 - len(steps))
