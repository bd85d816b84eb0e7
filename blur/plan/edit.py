"""Editing a plan by hand: functions that return a new plan, and the history that undoes them.

A track is named by its position in ``plan.tracks``. Positions stay as they are, except after a track
was taken out, which moves the later ones up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from blur.plan.model import Doubt, Plan, Pts, Region, Regions, Track

State = TypeVar("State")

KEPT_VISIBLE = "kept visible by hand"
"""The reason of the doubt that stands where a face was left uncovered on purpose."""

FARTHEST = 1 << 20
"""No edge of a region lies farther out, in pixels."""


def added(plan: Plan, region: Region, first: int, last: int) -> Plan:
    """The plan with a new last track: ``region`` in every frame from ``first`` to ``last``, both included.

    It stands still: it does not follow what is under it. Raises ValueError where no frame lies between.
    """
    pts = _frames(plan, first, last)
    regions = np.tile(_within_reach(np.array([region])), (len(pts), 1))
    return replace(plan, tracks=(*plan.tracks, Track("user", 1000, pts, regions)))


def whole_picture(plan: Plan) -> Region:
    """The smallest region that covers every pixel of the picture."""
    # The ellipse around a box touches its corners when it is √2 times as wide and as high.
    across, down = (int(np.ceil(side * (np.sqrt(2) - 1) / 2)) + 2 for side in (plan.width, plan.height))
    return -across, -down, plan.width + across, plan.height + down


def reshaped(plan: Plan, index: int, at: int, region: Region) -> Plan:
    """Track ``index`` moved and resized so that its region at the frame ``at`` becomes ``region``.

    The same shift and the same growth apply in all its frames; edges are rounded outwards.
    Raises ValueError where the track covers nothing at ``at``.
    """
    track = plan.tracks[index]
    here = np.flatnonzero(track.pts == at)
    if not here.size:
        raise ValueError("the track has no region in this frame")
    old, new = track.regions[here[0]].astype(float), np.array(region, float)
    growth = (new[2:] - new[:2]) / (old[2:] - old[:2])
    shift = (new[:2] + new[2:] - old[:2] - old[2:]) / 2
    middles = (track.regions[:, :2] + track.regions[:, 2:]) / 2 + shift
    halves = (track.regions[:, 2:] - track.regions[:, :2]) / 2 * growth
    edges = np.hstack([np.floor(middles - halves), np.ceil(middles + halves)])
    edges[here[0]] = new
    return with_track(plan, index, replace(track, regions=_within_reach(edges)))


def spanned(plan: Plan, index: int, first: int, last: int) -> Plan:
    """Track ``index`` from ``first`` to ``last``, both included.

    Frames before its old begin get its first region, frames after its old end its last one. Frames in
    between in which it covered nothing stay so. Raises ValueError where the track would cover nothing.
    """
    track = plan.tracks[index]
    frames = _frames(plan, first, last)
    outside = (frames < track.pts[0]) | (frames > track.pts[-1])
    pts = frames[outside | np.isin(frames, track.pts)]
    if not len(pts):
        raise ValueError("the track has no region in these frames")
    nearest = np.clip(np.searchsorted(track.pts, pts), 0, len(track.pts) - 1)
    return with_track(plan, index, replace(track, pts=pts, regions=track.regions[nearest]))


def with_track(plan: Plan, index: int, track: Track) -> Plan:
    """The plan with another track in the place of track ``index``."""
    return replace(plan, tracks=(*plan.tracks[:index], track, *plan.tracks[index + 1 :]))


def removed(plan: Plan, index: int) -> Plan:
    """The plan without track ``index``, which covered no face."""
    kept = (track for at, track in enumerate(plan.tracks) if at != index)
    return replace(plan, tracks=tuple(kept))


def kept_visible(plan: Plan, index: int) -> Plan:
    """The plan with what track ``index`` covers left visible, and a doubt that says so.

    Only this track is left out. Others that lie over it still cover, and so does every track of whoever
    leaves the picture and comes back.
    """
    track = plan.tracks[index]
    x0, y0, x1, y1 = track.regions[0].tolist()
    doubt = Doubt(int(track.pts[0]), int(track.pts[-1]), KEPT_VISIBLE, 0, (x0, y0, x1, y1))
    return replace(removed(plan, index), doubts=(*plan.doubts, doubt))


@dataclass(frozen=True, slots=True, eq=False)
class History(Generic[State]):
    """Every state that was there, and which of them counts; undo and redo have no limit."""

    states: tuple[State, ...]
    at: int = 0

    @property
    def now(self) -> State:
        return self.states[self.at]

    @property
    def can_undo(self) -> bool:
        return self.at > 0

    @property
    def can_redo(self) -> bool:
        return self.at < len(self.states) - 1

    def done(self, state: State) -> History[State]:
        """After an edit: what had been undone is forgotten."""
        return History((*self.states[: self.at + 1], state), self.at + 1)

    def undone(self) -> History[State]:
        return replace(self, at=max(self.at - 1, 0))

    def redone(self) -> History[State]:
        return replace(self, at=min(self.at + 1, len(self.states) - 1))


def _frames(plan: Plan, first: int, last: int) -> Pts:
    pts = plan.pts[(plan.pts >= first) & (plan.pts <= last)].copy()
    if not len(pts):
        raise ValueError("there is no frame in this span")
    return pts


def _within_reach(edges: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Regions:
    """Edges as whole numbers that a plan may hold, each region at least one pixel wide and high."""
    low = np.clip(edges[:, :2], -FARTHEST, FARTHEST - 1)
    high = np.clip(np.maximum(edges[:, 2:], low + 1), -FARTHEST, FARTHEST)
    return np.hstack([low, high]).astype(np.int32)
