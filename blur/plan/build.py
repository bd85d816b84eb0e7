"""From what was seen to what is covered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blur.geometry import Boxes, grown
from blur.plan.doubts import LASTING, doubts_of
from blur.plan.model import Plan, Reason, Track
from blur.plan.steady import smeared, steadied
from blur.settings import Settings
from blur.track.evidence import evidence
from blur.track.fill import Path, fill
from blur.track.link import Chain, link
from blur.track.observe import Observations
from blur.track.schedule import Search, search_for

MARGIN = 12
"""Pixels by which a mask reaches beyond a face at least: the source's own codec smears faces outwards.
In pictures of fewer than 720 lines it is less, down to half, for there 12 pixels are half a face."""
FIRM = 0.105
"""Score of sightings that are held for the whole time; what scores less is held for half of it."""
CLEAR, UNCLEAR = 0.25, 1.08
"""Where no sighting scores the first, masks are larger by the second: of heads thrown back or smeared only a
part is taken for a face."""
CROWN = 0.1
"""Hair begins above what detectors call a face: masks reach up by so much more of its height."""


def build_plan(seen: Observations, settings: Settings) -> Plan:
    """The plan for what was seen: every believable chain of sightings covered, filled and held."""
    search = search_for(settings)
    hold, memory = seen.time_base.ticks(search.hold), seen.time_base.ticks(search.memory)
    tracks: list[Track] = []
    faint: list[Chain] = []
    for chain in link(seen, memory):
        scores = _scores(seen, chain)
        if not believable(seen, chain, search):
            if scores.max() >= search.fair:
                faint.append(chain)
            continue
        grow = settings.grow * (UNCLEAR if scores.max() < CLEAR else 1)
        certainty = round(1000 * float(1 - np.prod(1 - scores)))
        main, *others = fill(seen, chain, *_holds(seen, chain, hold if certainty >= LASTING else hold // 2))
        for path in (main, *others):
            reason: Reason = "face" if path is main else "held"
            tracks += [
                track
                for run in _runs(path)
                for track in _covered(seen, _regions(seen, run, grow), run, reason, certainty)
            ]
    tracks.sort(key=lambda track: (int(track.pts[0]), *track.regions[0].tolist()))
    doubts = doubts_of(seen, tracks, [_sighted(seen, chain) for chain in faint])
    return Plan(seen.width, seen.height, seen.time_base, seen.pts, tuple(tracks), doubts)


def believable(seen: Observations, chain: Chain, search: Search) -> bool:
    """Whether sightings of one thing are a face: by the best of them, or by what all looks saw there."""
    scores, (enough, much) = _scores(seen, chain), search.evidence
    if scores.max() >= search.certain:
        return True
    confirmed = scores.max() >= search.sure or (scores >= search.fair).sum() > 1
    if not confirmed and len(chain) == 1:
        return False
    least = enough if confirmed else much
    return not least or evidence(seen, chain) >= least


def _scores(seen: Observations, chain: Chain) -> NDArray[np.float32]:
    return np.array([seen.looks[sighting.look].scores[sighting.face] for sighting in chain])


def _holds(seen: Observations, chain: Chain, hold: int) -> tuple[int, int]:
    """Ticks for which a chain is held before it was first and after it was last seen.

    It is as long as its firm sightings ask for, and half as long as any does.
    """
    when = seen.pts[seen.looked_at[[sighting.look for sighting in chain]]]
    firm = when[_scores(seen, chain) >= FIRM]
    if not len(firm):
        return hold // 2, hold // 2
    return max(hold // 2, int(hold - firm[0] + when[0])), max(hold // 2, int(hold - when[-1] + firm[-1]))


def margin(seen: Observations) -> float:
    """Pixels by which masks reach beyond faces at least, for the size of the picture."""
    return min(max(min(seen.width, seen.height) / 720, 0.5), 1.0) * MARGIN


def masks(faces: Boxes, grow: float, at_least: float = MARGIN) -> Boxes:
    """The boxes around the ellipses that cover faces, shape (N, 4): grown, and with room for hair."""
    boxes = grown(faces, grow, at_least)
    boxes[:, 1] -= CROWN * (faces[:, 3] - faces[:, 1])
    return boxes


def _regions(seen: Observations, run: Path, grow: float) -> NDArray[np.int32]:
    """What is covered of a run of frames, shape (N, 4), rounded outwards to whole pixels."""
    boxes = steadied(seen, run.frames, masks(run.boxes, grow, margin(seen)), run.boxes)
    boxes = smeared(seen, run.frames, boxes)
    return np.concatenate([np.floor(boxes[:, :2]), np.ceil(boxes[:, 2:])], axis=1).astype(np.int32)


def _runs(path: Path) -> list[Path]:
    """The stretches of a path in which no frame is missing."""
    starts = np.flatnonzero(np.diff(path.frames) > 1) + 1
    pieces = zip(np.split(path.frames, starts), np.split(path.boxes, starts), strict=True)
    return [Path(frames, boxes) for frames, boxes in pieces if len(frames)]


def _covered(
    seen: Observations, covered: NDArray[np.int32], path: Path, reason: Reason, certainty: int
) -> list[Track]:
    low, high = np.maximum(covered[:, :2], 0), np.minimum(covered[:, 2:], (seen.width, seen.height))
    in_sight = (high > low).all(axis=1)
    if not in_sight.any():
        return []
    return [Track(reason, certainty, seen.pts[path.frames[in_sight]], covered[in_sight])]


def _sighted(seen: Observations, chain: Chain) -> tuple[int, float, Boxes]:
    """The frame, the score and the box, shape (4,), of a chain's best sighting."""
    best = chain[int(_scores(seen, chain).argmax())]
    look, face = seen.looks[best.look], best.face
    return look.frame, float(look.scores[face]), look.boxes[face]
