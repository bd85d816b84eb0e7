"""Joining sightings of one thing in several looks into chains."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from blur.geometry import Boxes, areas, centres
from blur.track.observe import Look, Observations

NEAR = 0.7
"""Two boxes can be one face when their centres are this far apart at most, in sides of the smaller."""
ALIKE = 2.0
"""Two boxes can be one face when one's side is this many times the other's at most."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One face of one look: ``look`` is the look's index, ``face`` the row in it."""

    look: int
    face: int


Chain: TypeAlias = tuple[Sighting, ...]


def link(seen: Observations, memory: int) -> list[Chain]:
    """Chains of sightings, each in one scene, with gaps of at most ``memory`` ticks.

    Nearest pairs are joined first, by where a face was expected from the past or, followed back,
    came from. Every sighting is in exactly one chain.
    """
    chains: list[Chain] = []
    frames = [look.frame for look in seen.looks]
    for first, last in seen.scenes.tolist():
        inside = range(bisect_left(frames, first), bisect_right(frames, last))
        chains += _link_scene(seen, inside, memory)
    return chains


def _link_scene(seen: Observations, inside: Sequence[int], memory: int) -> list[Chain]:
    done: list[list[Sighting]] = []
    live: list[list[Sighting]] = []
    for index in inside:
        look = seen.looks[index]
        oldest = seen.pts[look.frame] - memory
        ended = [seen.pts[seen.looks[chain[-1].look].frame] < oldest for chain in live]
        done += [chain for chain, over in zip(live, ended, strict=True) if over]
        live = [chain for chain, over in zip(live, ended, strict=True) if not over]
        cost = _costs(seen, live, index)
        taken: set[int] = set()
        for chain, face in _nearest(cost):
            live[chain].append(Sighting(index, face))
            taken.add(face)
        live += [[Sighting(index, face)] for face in range(len(look.boxes)) if face not in taken]
    return [tuple(chain) for chain in done + live]


def _costs(seen: Observations, live: Sequence[list[Sighting]], index: int) -> NDArray[np.float64]:
    """Shape (chains, faces): how unlike a chain's end and a face are; infinite where they cannot be one."""
    look = seen.looks[index]
    if not live or not len(look.boxes):
        return np.full((len(live), len(look.boxes)), np.inf)
    ends = [chain[-1] for chain in live]
    before = look.frame - look.behind.shape[1]
    cost = unlikeness(_places(seen, ends, look.frame), look.boxes)
    if before < look.frame:
        cost = np.minimum(cost, unlikeness(_places(seen, ends, before), look.behind[:, -1]))
    return cost


def _places(seen: Observations, ends: Sequence[Sighting], frame: int) -> Boxes:
    """Where the faces of sightings are in another frame, as `way_on`, shape (len(ends), 4)."""
    places = np.empty((len(ends), 4), np.float32)
    looks, faces = np.array([(end.look, end.face) for end in ends]).T
    for index in np.unique(looks):  # together, since there are hundreds of them in a crowd
        look, here = seen.looks[index], looks == index
        known = np.concatenate([look.boxes[:, None], look.ahead], axis=1)[faces[here]]
        last = min(max(frame - look.frame, 0), look.ahead.shape[1])
        places[here] = seen.carry_all(known[:, last], look.frame + last, frame)
    return places


def way_on(seen: Observations, sighting: Sighting, frames: NDArray[np.int64]) -> Boxes:
    """Where a sighting's face is in later frames of its scene, its own included, shape (len(frames), 4)."""
    look = seen.looks[sighting.look]
    return _way(seen, look, sighting.face, look.ahead[sighting.face], frames, 1)


def way_back(seen: Observations, sighting: Sighting, frames: NDArray[np.int64]) -> Boxes:
    """Where a sighting's face was in earlier frames, as ``way_on``, shape (len(frames), 4)."""
    look = seen.looks[sighting.look]
    return _way(seen, look, sighting.face, look.behind[sighting.face], frames, -1)


def _way(
    seen: Observations, look: Look, face: int, followed: Boxes, frames: NDArray[np.int64], direction: int
) -> Boxes:
    """As far as the face was followed, its own way; from there on, the camera's."""
    known = np.concatenate([look.boxes[face : face + 1], followed])
    steps = (frames - look.frame) * direction
    boxes = known[np.clip(steps, 0, len(followed))]
    beyond = steps > len(followed)
    if beyond.any():
        end = look.frame + direction * len(followed)
        boxes[beyond] = seen.carry(known[-1], end, frames[beyond])
    return boxes


def unlikeness(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """Shape (len(a), len(b)): distance in sides plus log of their ratio; infinite beyond limits."""
    side_a, side_b = np.sqrt(np.maximum(areas(a), 1)), np.sqrt(np.maximum(areas(b), 1))
    apart = np.linalg.norm(centres(a)[:, None] - centres(b)[None], axis=2)
    distance = apart / np.minimum(side_a[:, None], side_b[None])
    ratio = np.maximum(side_a[:, None] / side_b[None], side_b[None] / side_a[:, None])
    cost: NDArray[np.float64] = (distance + np.log(ratio)).astype(np.float64)
    cost[(distance > NEAR) | (ratio > ALIKE)] = np.inf
    return cost


def _nearest(cost: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs of row and column, cheapest first, no row and no column twice, none of infinite cost."""
    rows, columns = np.nonzero(np.isfinite(cost))
    order = np.argsort(cost[rows, columns], kind="stable")
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in pairs and column not in taken:
            pairs[row] = column
            taken.add(column)
    return list(pairs.items())
