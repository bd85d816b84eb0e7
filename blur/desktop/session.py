"""A plan under edit: what is selected, what was changed, undo and redo, and its private copy on disk."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np
from PySide6.QtCore import QObject, Signal

from blur.desktop.keeper import Keeper
from blur.desktop.mutes import Mutes, heard, is_muted, muted
from blur.desktop.state import State
from blur.plan import edit
from blur.plan.edit import History
from blur.plan.model import Doubt, Plan, Region, Track
from blur.plan.store import TrackTexts

SPAN = Fraction(1)
"""Seconds before and after the frame in which a place was drawn for which it is covered at first."""
NEAR = Fraction(1, 2)
"""Seconds before and after a doubt for which its place is shown."""
TAIL = Fraction(60)
"""Seconds for which sound may go on after the last picture began."""
STEP = Fraction(1, 60)
"""Share of the picture's height by which a key moves or resizes a mask."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A mask in one frame: where it is, and whether it is in the result already.

    ``index`` is its track's position in the edited plan, None for one that is in the result alone.
    """

    index: int | None
    region: Region
    state: Literal["same", "new", "gone"]


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """What can be edited: the plan, and the spans of sound that are to be muted."""

    plan: Plan
    mutes: Mutes = ()


class Session(QObject):
    """Edits a plan and what is muted. Every edit is kept in the private folder, by a thread.

    Signals:
        changed: the plan, the muted spans or the selection are others.
    """

    changed = Signal()

    def __init__(self, key: str, published: Work, edited: Work | None, state: State, parent: QObject) -> None:
        super().__init__(parent)
        self.key = key
        self.published = published
        self.selected: int | None = None
        self.mute_from: int | None = None
        """The frame in which a span to be muted begins, until its end is given; so long it has none."""
        self._muted_before: Mutes = ()
        self._state = state
        self._history = History((published,))
        if edited is not None:
            plan = edited.plan
            if plan is not published.plan:
                plan = _sharing(plan, published.plan)
            self._history = self._history.done(Work(plan, edited.mutes))
        pts = published.plan.pts
        self.times = [published.plan.time_base.seconds(int(each - pts[0])) for each in pts]
        self._known = {id(track) for track in published.plan.tracks}
        self._texts = TrackTexts()
        self.keeper = Keeper(self)
        self._kept = self._history.now

    @property
    def plan(self) -> Plan:
        return self._history.now.plan

    @property
    def mutes(self) -> Mutes:
        return self._history.now.mutes

    @property
    def dirty(self) -> bool:
        """Whether anything is other than in what was published."""
        return self._history.now is not self.published

    @property
    def can_undo(self) -> bool:
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        return self._history.can_redo

    @property
    def track(self) -> Track | None:
        """The selected track."""
        return None if self.selected is None else self.plan.tracks[self.selected]

    def marks(self, frame: int) -> list[Mark]:
        """The masks in a frame, those that are in the result alone first."""
        pts = int(self.plan.pts[frame])
        kept = {id(track) for track in self.plan.tracks}
        gone = [
            Mark(None, region, "gone")
            for track in self.published.plan.tracks
            if id(track) not in kept and (region := region_at(track, pts))
        ]
        return gone + [
            Mark(index, region, "same" if id(track) in self._known else "new")
            for index, track in enumerate(self.plan.tracks)
            if (region := region_at(track, pts))
        ]

    def place(self, doubt: Doubt | None, frame: int) -> Region | None:
        """Where a doubt is, for as long as it lasts and half a second around."""
        if doubt is None or not 0 <= frame < len(self.times):
            return None
        first, last = (self.times[self.frame_of(pts)] for pts in (doubt.first, doubt.last))
        return doubt.region if first - NEAR <= self.times[frame] <= last + NEAR else None

    def select(self, index: int | None) -> None:
        if index != self.selected:
            self.selected = index
            self.changed.emit()

    def select_next(self, frame: int) -> None:
        """Selects the next mask that a frame has."""
        here = [mark.index for mark in self.marks(frame) if mark.index is not None]
        later = [index for index in here if self.selected is not None and index > self.selected]
        self.select(next(iter(later or here), None))

    def cover(self, region: Region, frame: int) -> None:
        """Covers a region, which stands still, around a frame."""
        first, last = self._around(frame)
        self._do(edit.added(self.plan, region, first, last), len(self.plan.tracks))

    def cover_middle(self, frame: int) -> None:
        """Covers the middle of the picture, to be moved by keys."""
        width, height = self.plan.width, self.plan.height
        half = max(min(width, height) // 10, 8)
        middle = width // 2, height // 2
        self.cover((middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half), frame)

    def cover_all(self, frame: int) -> None:
        self.cover(edit.whole_picture(self.plan), frame)

    def reshape(self, index: int, frame: int, region: Region) -> None:
        self._do(edit.reshaped(self.plan, index, int(self.plan.pts[frame]), region), index)

    def take(self, index: int, track: Track) -> None:
        """Puts another track, which the engine has made, in the place of track ``index``."""
        self._do(edit.with_track(self.plan, index, track), index)

    def nudge(self, frame: int, across: int, down: int, larger: int) -> bool:
        """Moves the selected mask by steps, or resizes it; False where it has no region in the frame."""
        track = self.track
        region = region_at(track, int(self.plan.pts[frame])) if track else None
        if region is None or self.selected is None:
            return False
        step = max(int(self.plan.height * STEP), 2)
        x0, y0, x1, y1 = region
        grow = max(step * larger, -(min(x1 - x0, y1 - y0) // 2 - 2)) if larger else 0
        dx, dy = across * step, down * step
        self.reshape(self.selected, frame, (x0 + dx - grow, y0 + dy - grow, x1 + dx + grow, y1 + dy + grow))
        return True

    def begins(self, frame: int) -> None:
        """The selected mask begins in this frame; where it ended before, it is in this frame alone."""
        if self.track is not None and self.selected is not None:
            at = int(self.plan.pts[frame])
            self._span(self.selected, at, max(at, int(self.track.pts[-1])))

    def ends(self, frame: int) -> None:
        """The selected mask ends in this frame, included."""
        if self.track is not None and self.selected is not None:
            at = int(self.plan.pts[frame])
            self._span(self.selected, min(at, int(self.track.pts[0])), at)

    def delete(self) -> None:
        if self.selected is not None:
            self._do(edit.removed(self.plan, self.selected), None)

    def keep_visible(self) -> None:
        if self.selected is not None:
            self._do(edit.kept_visible(self.plan, self.selected), None)

    def mute(self, frame: int) -> None:
        """Mutes from a frame on, the next time until a frame; in a muted span, lets it be heard again."""
        at, end = self.times[frame], self.times[-1] + TAIL
        if self.mute_from is not None:
            until = at if frame < len(self.times) - 1 else end
            mutes, self.mute_from = muted(self._muted_before, self.times[self.mute_from], until), None
        elif is_muted(self.mutes, at):
            mutes = heard(self.mutes, at)
        else:
            self.mute_from, self._muted_before = frame, self.mutes
            mutes = muted(self.mutes, at, end)
        self._go(self._history.done(Work(self.plan, mutes)))

    def undo(self) -> None:
        self.mute_from = None
        self._go(self._history.undone())

    def redo(self) -> None:
        self.mute_from = None
        self._go(self._history.redone())

    def frame_of(self, pts: int) -> int:
        """The frame that is shown at a time."""
        return max(int(np.searchsorted(self.plan.pts, pts, "right")) - 1, 0)

    def _span(self, index: int, first: int, last: int) -> None:
        try:
            self._do(edit.spanned(self.plan, index, first, last), index)
        except ValueError:
            self.changed.emit()  # nothing of the mask would be left; delete does that

    def _around(self, frame: int) -> tuple[int, int]:
        first = bisect_left(self.times, self.times[frame] - SPAN)
        last = bisect_right(self.times, self.times[frame] + SPAN) - 1
        return int(self.plan.pts[first]), int(self.plan.pts[last])

    def _do(self, plan: Plan, select: int | None) -> None:
        self.selected = select
        self._go(self._history.done(Work(plan, self.mutes)))

    def _go(self, history: History[Work]) -> None:
        self._history = history
        if self.selected is not None and self.selected >= len(self.plan.tracks):
            self.selected = None
        self.changed.emit()
        self.keep()

    def keep(self) -> None:
        """Brings the copy on disk, which the engine reads, up to what was edited, where it is not yet.

        It is done in a thread; `Keeper.failed` tells where it cannot be done.
        """
        now = self._history.now
        if now is self._kept and self.keeper.error is None:
            return
        self._kept = now
        if self.dirty:
            plan = None if now.plan is self.published.plan else now.plan
            self.keeper.do(lambda: self._write(plan, now))
        else:
            self.keeper.do(lambda: self._state.forget_edit(self.key))

    def keep_now(self) -> bool:
        """The same, and comes back when it is done; False where it cannot be done."""
        self.keep()
        self.keeper.wait()
        return self.keeper.error is None

    def _write(self, plan: Plan | None, work: Work) -> None:
        self._state.autosave(self.key, plan, work.mutes, self._texts)
        self._texts.keep(work.plan.tracks)


def region_at(track: Track, pts: int) -> Region | None:
    """Where a track is at a time, None where it covers nothing then."""
    at = int(np.searchsorted(track.pts, pts))
    if at >= len(track.pts) or int(track.pts[at]) != pts:
        return None
    x0, y0, x1, y1 = track.regions[at].tolist()
    return x0, y0, x1, y1


def _sharing(plan: Plan, other: Plan) -> Plan:
    """The plan with those of its tracks that the other has too in common with it."""
    known = {_print(track): track for track in other.tracks}
    return replace(plan, tracks=tuple(known.get(_print(track), track) for track in plan.tracks))


def _print(track: Track) -> tuple[str, bytes, bytes]:
    return track.reason, track.pts.tobytes(), track.regions.tobytes()
