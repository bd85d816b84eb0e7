"""What a person should look at: where a plan had to guess, the gravest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blur.geometry import Boxes, areas, overlaps
from blur.plan.model import Doubt, Region, Track

if TYPE_CHECKING:  # it loads OpenCV, beside which the window cannot be
    from blur.track.observe import Observations

FAINT = "something faint, not covered"
SHAKEN = "the picture moved too fast to follow"
DARK = "so dark that a face may have been missed"
BROKEN_OFF = "a mask begins or ends in mid-picture"
WEAK = "covered on weak grounds"
WEIGHTS = {SHAKEN: 500, DARK: 450, BROKEN_OFF: 400, WEAK: 100}
"""Ranks in thousandths. What is faint and not covered weighs what its score is, 100 to 250."""

AGREED = 0.2
"""Less of the picture than this agrees on a movement when it is too fast or too blurred to follow."""
NIGHT = 45.0
"""Mean luma below which a picture is dark."""
SURE = 900
"""People of whom it is so certain that they were there do not vanish in mid-picture."""
LASTING = 300
"""A face less certain than this was seen once, faintly."""
WIDE = 0.25
"""What takes more of the picture than this is no place to look at."""
TAKEN_OVER = 0.5
"""Share of a mask's box in another's box from which that one goes on for it."""


def ranked(doubts: Iterable[Doubt]) -> tuple[Doubt, ...]:
    """The gravest first, of equals the shortest."""
    return tuple(sorted(doubts, key=lambda doubt: (-doubt.weight, doubt.last - doubt.first, doubt.first)))


def doubts_of(
    seen: Observations, tracks: Sequence[Track], faint: Iterable[tuple[int, float, Boxes]]
) -> tuple[Doubt, ...]:
    """What a plan of these tracks leaves open.

    Args:
        faint: frame, score and box, shape (4,), of everything that was seen and is not covered.
    """
    pts, size = seen.pts, (seen.width, seen.height)
    left = (
        Doubt(int(pts[frame]), int(pts[frame]), FAINT, round(1000 * score), place(box[None], size))
        for frame, score, box in faint
    )
    weak = [track for track in tracks if track.certainty < LASTING]
    broken = (
        Doubt(at, at, BROKEN_OFF, WEIGHTS[BROKEN_OFF], place(region[None], size))
        for at, region in _broken_off(seen, tracks)
    )
    return ranked(
        [
            *left,
            *_stretches(seen, np.flatnonzero(seen.trusts < AGREED), SHAKEN),
            *_stretches(seen, np.flatnonzero(seen.lights < NIGHT), DARK),
            *broken,
            *_joined(seen, weak, WEAK),
        ]
    )


def _stretches(seen: Observations, frames: NDArray[np.intp], reason: str) -> Iterator[Doubt]:
    """Runs of frames."""
    for run in np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1):
        if len(run):
            yield Doubt(int(seen.pts[run[0]]), int(seen.pts[run[-1]]), reason, WEIGHTS[reason])


def _joined(seen: Observations, tracks: Iterable[Track], reason: str) -> Iterator[Doubt]:
    """The times of tracks, those joined that are less than a second apart, with the place of them all."""
    second = seen.time_base.ticks(Fraction(1))
    joined: list[tuple[int, int, list[NDArray[np.int32]]]] = []
    for track in sorted(tracks, key=lambda track: (int(track.pts[0]), int(track.pts[-1]))):
        first, last = int(track.pts[0]), int(track.pts[-1])
        if joined and first <= joined[-1][1] + second:
            start, end, regions = joined[-1]
            regions.append(track.regions)
            joined[-1] = start, max(end, last), regions
        else:
            joined.append((first, last, [track.regions]))
    for first, last, regions in joined:
        around = place(np.concatenate(regions), (seen.width, seen.height))
        yield Doubt(first, last, reason, WEIGHTS[reason], around)


def place(boxes: NDArray[Any], size: tuple[int, int]) -> Region | None:
    """The box around boxes, shape (N, 4), within a picture; None where it is too wide to be a place."""
    width, height = size
    low, high = np.floor(boxes[:, :2].min(axis=0)), np.ceil(boxes[:, 2:].max(axis=0))
    x0, y0 = (int(edge) for edge in np.clip(low, 0, (width - 1, height - 1)))
    x1, y1 = (max(int(edge), least + 1) for edge, least in zip(np.minimum(high, size), (x0, y0), strict=True))
    return (x0, y0, x1, y1) if (x1 - x0) * (y1 - y0) <= WIDE * width * height else None


def _broken_off(seen: Observations, tracks: Sequence[Track]) -> Iterator[tuple[int, NDArray[np.int32]]]:
    """When and where masks of sure faces begin or end within a scene, in mid-picture, and none goes on."""
    if not tracks:
        return
    firsts = np.array([track.pts[0] for track in tracks])
    lasts = np.array([track.pts[-1] for track in tracks])
    cuts = set(seen.pts[seen.scenes].ravel().tolist())
    for track in tracks:
        if track.reason != "face" or track.certainty < SURE:
            continue
        for here, step in ((0, -1), (-1, 1)):
            frame = int(np.searchsorted(seen.pts, track.pts[here]))
            pts, region = int(track.pts[here]), track.regions[here]
            if pts in cuts or not _inside(region, seen):
                continue
            beyond = int(seen.pts[frame + step])
            others = [tracks[i] for i in np.flatnonzero((firsts <= beyond) & (beyond <= lasts)).tolist()]
            if not any(_goes_on(region, other, beyond) for other in others):
                yield pts, region


def _inside(region: NDArray[np.int32], seen: Observations) -> bool:
    x0, y0, x1, y1 = region.tolist()
    return bool(x0 > 0 and y0 > 0 and x1 < seen.width and y1 < seen.height)


def _goes_on(region: NDArray[np.int32], other: Track, pts: int) -> bool:
    """Whether a mask lies to a good part in what another track covers at a time."""
    box = region[None].astype(np.float32)
    there = other.regions[other.pts == pts].astype(np.float32)
    return bool((overlaps(box, there) >= TAKEN_OVER * areas(box)).any())
