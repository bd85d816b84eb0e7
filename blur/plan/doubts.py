"""What a person should look at: where a plan had to guess, the gravest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from blur.geometry import areas, overlaps
from blur.plan.model import Doubt, Track

if TYPE_CHECKING:  # it loads OpenCV, beside which the window cannot be
    from blur.track.observe import Observations

FAINT = "something faint, not covered"
SHAKEN = "the picture moved too fast to follow"
DARK = "so dark that a face may have been missed"
BROKEN_OFF = "a mask begins or ends in mid-picture"
WEAK = "covered on weak grounds"
WEIGHTS = {SHAKEN: 500, DARK: 450, BROKEN_OFF: 400, WEAK: 100}
"""Ranks in thousandths. What is faint and not covered weighs what its score is, 100 to 200."""

AGREED = 0.2
"""Less of the picture than this agrees on a movement when it is too fast or too blurred to follow."""
NIGHT = 45.0
"""Mean luma below which a picture is dark."""
SURE = 900
"""People of whom it is so certain that they were there do not vanish in mid-picture."""
LASTING = 300
"""A face less certain than this was seen once, faintly."""
TAKEN_OVER = 0.5
"""Share of a mask's box in another's box from which that one goes on for it."""


def ranked(doubts: Iterable[Doubt]) -> tuple[Doubt, ...]:
    """The gravest first, of equals the shortest."""
    return tuple(sorted(doubts, key=lambda doubt: (-doubt.weight, doubt.last - doubt.first, doubt.first)))


def doubts_of(
    seen: Observations, tracks: Sequence[Track], faint: Iterable[tuple[int, float]]
) -> tuple[Doubt, ...]:
    """What a plan of these tracks leaves open.

    Args:
        faint: frame and score of everything that was seen and is not covered.
    """
    pts = seen.pts
    left = (Doubt(int(pts[frame]), int(pts[frame]), FAINT, round(1000 * score)) for frame, score in faint)
    weak = [track.pts[[0, -1]] for track in tracks if track.certainty < LASTING]
    return ranked(
        [
            *left,
            *_stretches(seen, np.flatnonzero(seen.trusts < AGREED), SHAKEN),
            *_stretches(seen, np.flatnonzero(seen.lights < NIGHT), DARK),
            *_joined(seen, [(pts, pts) for pts in _broken_off(seen, tracks)], BROKEN_OFF),
            *_joined(seen, [(int(first), int(last)) for first, last in weak], WEAK),
        ]
    )


def _stretches(seen: Observations, frames: NDArray[np.intp], reason: str) -> Iterator[Doubt]:
    """Runs of frames."""
    for run in np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1):
        if len(run):
            yield Doubt(int(seen.pts[run[0]]), int(seen.pts[run[-1]]), reason, WEIGHTS[reason])


def _joined(seen: Observations, spans: Iterable[tuple[int, int]], reason: str) -> Iterator[Doubt]:
    """Spans of time, those joined that are less than a second apart."""
    second = seen.time_base.ticks(Fraction(1))
    joined: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + second:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return (Doubt(first, last, reason, WEIGHTS[reason]) for first, last in joined)


def _broken_off(seen: Observations, tracks: Sequence[Track]) -> Iterator[int]:
    """When masks of sure faces begin or end within a scene and wholly in the picture, and none goes on."""
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
                yield pts


def _inside(region: NDArray[np.int32], seen: Observations) -> bool:
    x0, y0, x1, y1 = region.tolist()
    return bool(x0 > 0 and y0 > 0 and x1 < seen.width and y1 < seen.height)


def _goes_on(region: NDArray[np.int32], other: Track, pts: int) -> bool:
    """Whether a mask lies to a good part in what another track covers at a time."""
    box = region[None].astype(np.float32)
    there = other.regions[other.pts == pts].astype(np.float32)
    return bool((overlaps(box, there) >= TAKEN_OVER * areas(box)).any())
