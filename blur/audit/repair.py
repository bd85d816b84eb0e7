"""Mending a plan: what a second look found is followed through the source and covered as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from blur.audit.doubts import LATE, with_doubts
from blur.audit.finding import COVERED, Finding, covered_shares
from blur.events import Started, Steps
from blur.geometry import Boxes
from blur.media.clip import Clip
from blur.media.picture import as_luma
from blur.media.reader import ahead, read_chosen
from blur.plan.build import build_plan
from blur.plan.doubts import FAINT
from blur.plan.model import Plan, Pts
from blur.settings import Settings
from blur.track.flow import flowing_paths
from blur.track.motion import Grey, small_size
from blur.track.observe import Look, Observations
from blur.track.schedule import search_for

FOLLOWED = Fraction(1, 2)
"""Seconds for which a found face is followed by its own flow, before and after; further by the camera."""


def repair(
    clip: Clip, seen: Observations, plan: Plan, findings: Sequence[Finding], settings: Settings
) -> Steps[Plan]:
    """The plan with more tracks: for what was found, and for faint sightings that it confirms.

    Nothing that was covered before is covered less.

    Args:
        clip: the source.
        seen: what the plan was made from.

    Raises:
        InputError: the source cannot be read any more.
    """
    yield Started(clip.name, "plan")
    certain = search_for(settings).certain  # whatever the first looks saw there
    found = follow(clip, seen, _as_boxes(findings), max(certain, min(one.score for one in findings)))
    looks = sorted([*_uncovered(seen, plan), *found], key=lambda look: look.frame)
    more = build_plan(replace(seen, looks=tuple(looks)), settings)
    earlier = [doubt for doubt in plan.doubts if doubt.reason != FAINT]  # what is faint may be covered now
    mended = replace(plan, tracks=plan.tracks + more.tracks, doubts=(*earlier, *more.doubts))
    return with_doubts(mended, findings, LATE)


def follow(clip: Clip, seen: Observations, places: Mapping[int, Boxes], score: float) -> list[Look]:
    """Looks that hold the boxes in ``places``, by frame, followed both ways through the source."""
    reach = seen.time_base.ticks(FOLLOWED)
    windows = []
    for frame in sorted(places):
        first, last = seen.scenes[np.searchsorted(seen.scenes[:, 1], frame)].tolist()
        first = max(first, int(np.searchsorted(seen.pts, seen.pts[frame] - reach)))
        last = min(last, int(np.searchsorted(seen.pts, seen.pts[frame] + reach, side="right")) - 1)
        windows.append((first, frame, last))
    return [
        _followed(seen, places[frame], score, frame, greys, first)
        for first, frame, greys in _greys(clip, seen.pts, windows)
    ]


def _greys(
    clip: Clip, pts: Pts, windows: list[tuple[int, int, int]]
) -> Iterator[tuple[int, int, list[Grey]]]:
    """The small grey pictures of each window, held no longer than needed; windows are in order of time."""
    small = small_size(clip.width, clip.height)
    held: dict[int, Grey] = {}
    waiting = list(windows)
    needed = np.zeros(len(pts), np.bool_)
    for first, _, last in windows:
        needed[first : last + 1] = True
    with closing(ahead(read_chosen(clip, pts, needed))) as frames:
        for index, frame in zip(np.flatnonzero(needed).tolist(), frames, strict=False):
            held[index] = as_luma(frame.picture, *small)
            while waiting and waiting[0][2] <= index:
                first, middle, last = waiting.pop(0)
                yield first, middle, [held[i] for i in range(first, last + 1)]
            for old in [i for i in held if not waiting or i < waiting[0][0]]:
                del held[old]


def _followed(
    seen: Observations, boxes: Boxes, score: float, frame: int, greys: list[Grey], first: int
) -> Look:
    height, width = greys[0].shape
    shrink = np.diag([width / seen.width, height / seen.height, 1.0])
    enlarge = np.linalg.inv(shrink)
    scale = np.array([width / seen.width, height / seen.height] * 2, np.float32)
    last = first + len(greys) - 1
    on: list[NDArray[np.float64]] = [shrink @ seen.moves[i] @ enlarge for i in range(frame + 1, last + 1)]
    back = [np.asarray(np.linalg.inv(shrink @ seen.moves[i] @ enlarge)) for i in range(frame, first, -1)]
    middle = frame - first
    return Look(
        frame,
        boxes,
        np.full(len(boxes), score, np.float32),
        flowing_paths(boxes * scale, greys[middle:], on) / scale,
        flowing_paths(boxes * scale, greys[middle::-1], back) / scale,
    )


def _as_boxes(findings: Sequence[Finding]) -> dict[int, Boxes]:
    ordered = sorted(findings, key=lambda finding: finding.frame)
    return {
        frame: np.array([finding.box for finding in group], np.float32)
        for frame, group in groupby(ordered, key=lambda finding: finding.frame)
    }


def _uncovered(seen: Observations, plan: Plan) -> Iterator[Look]:
    """The looks with only those sightings that the plan does not cover."""
    regions = plan.by_frame()
    nothing = np.empty((0, 4), np.int32)
    for look in seen.looks:
        shares = covered_shares(look.boxes, regions.get(int(seen.pts[look.frame]), nothing))
        left = shares < COVERED
        yield replace(
            look,
            boxes=look.boxes[left],
            scores=look.scores[left],
            ahead=look.ahead[left],
            behind=look.behind[left],
        )
