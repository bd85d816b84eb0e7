"""The plan as values.

A plan is what detection produces and what rendering obeys; nothing else passes between them.
Times are integer pts in the clip's time base, places are integer pixels of the upright picture.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from blur.timing import TimeBase

SCHEMA = "blur-plan/1"

Pts: TypeAlias = NDArray[np.int64]
Regions: TypeAlias = NDArray[np.int32]
"""Shape (N, 4): x0, y0, x1, y1 of the boxes around elliptic regions, exclusive at the right and
the bottom, in pixels of the upright picture. They may reach beyond the picture's edges."""

Region: TypeAlias = tuple[int, int, int, int]
"""One such box: x0, y0, x1, y1."""

BLOCK = 1024
"""Frames whose regions are sorted at once."""

Reason: TypeAlias = Literal["face", "held", "user"]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One covered thing through time: an ellipse in each frame from its first to its last.

    Attributes:
        reason: why it is covered: a ``face`` that was seen, something ``held`` on weak grounds,
            or a region that the ``user`` drew.
        certainty: how sure a face is there, in thousandths; for ranking doubts, never for hiding.
        pts: shape (N,), rising; one for every frame in which the region is covered.
        regions: shape (N, 4), the region in each of these frames, growth included.
    """

    reason: Reason
    certainty: int
    pts: Pts
    regions: Regions

    def __post_init__(self) -> None:
        if self.pts.ndim != 1 or self.regions.shape != (len(self.pts), 4):
            raise ValueError(f"a track of {self.pts.shape} times and {self.regions.shape} regions")
        if np.any(np.diff(self.pts) <= 0):
            raise ValueError("a track's times must rise")
        self.pts.flags.writeable = False
        self.regions.flags.writeable = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """A span of time that a person should look at, first and last pts included.

    Attributes:
        weight: rank in thousandths; the largest should be looked at first.
        region: where in the picture, None where it is all of it or not known. It stands still.
    """

    first: int
    last: int
    reason: str
    weight: int
    region: Region | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is covered in a clip.

    Attributes:
        width, height: of the upright picture, in pixels.
        time_base: of every pts in the plan.
        pts: shape (F,), every frame of the clip, rising. Rendering refuses a clip whose frames
            differ from these, so no frame can be published that was not planned for.
        tracks: what is covered.
        doubts: what a person should look at, largest weight first.
        receipt: of the file that was rendered by it, see `blur.plan.receipt`; a plan that was edited since
            keeps it, and then it fits nothing.
    """

    width: int
    height: int
    time_base: TimeBase
    pts: Pts
    tracks: tuple[Track, ...]
    doubts: tuple[Doubt, ...] = ()
    receipt: str | None = None

    def by_frame(self) -> Mapping[int, Regions]:
        """The regions of every frame that has any, by pts: arrays of shape (N, 4)."""
        return _ByFrame(self)


class _ByFrame(Mapping[int, Regions]):
    """Sorts the tracks' regions by frame, a block of frames at a time: those of an hour are many."""

    def __init__(self, plan: Plan) -> None:
        self._tracks = [track for track in plan.tracks if len(track.pts)]
        self._firsts = np.array([track.pts[0] for track in self._tracks], np.int64)
        self._lasts = np.array([track.pts[-1] for track in self._tracks], np.int64)
        self._edges = [*plan.pts[::BLOCK].tolist(), np.iinfo(np.int64).max]
        self._number = -1
        self._held: dict[int, Regions] = {}

    def __getitem__(self, pts: int) -> Regions:
        number = bisect_right(self._edges, pts) - 1
        if number < 0:
            raise KeyError(pts)
        return self._block(number)[pts].copy()  # a part would keep the whole block alive

    def __iter__(self) -> Iterator[int]:
        for number in range(len(self._edges) - 1):
            yield from self._block(number)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _block(self, number: int) -> dict[int, Regions]:
        if number != self._number:
            self._number, self._held = number, self._sorted(*self._edges[number : number + 2])
        return self._held

    def _sorted(self, start: int, end: int) -> dict[int, Regions]:
        """The regions from one time to before another, by frame."""
        tracks = [self._tracks[i] for i in np.flatnonzero((self._firsts < end) & (self._lasts >= start))]
        parts = [slice(*np.searchsorted(track.pts, (start, end))) for track in tracks]
        if all(part.start == part.stop for part in parts):
            return {}
        pts = np.concatenate([track.pts[part] for track, part in zip(tracks, parts, strict=True)])
        regions = np.concatenate([track.regions[part] for track, part in zip(tracks, parts, strict=True)])
        order = np.argsort(pts, kind="stable")
        times, starts = np.unique(pts[order], return_index=True)
        return dict(zip(times.tolist(), np.split(regions[order], starts[1:]), strict=True))
