"""What was seen of a clip: looks at some of its frames, and how the camera moved in all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from blur.geometry import Boxes
from blur.timing import TimeBase
from blur.track.flow import Paths
from blur.track.motion import Similarity, carried

BLOCK = 256
"""Frames over which the camera's movement is summed up."""


@dataclass(frozen=True, slots=True, eq=False)
class Hints:
    """What scored too little to be followed: it only tells how likely sightings near it are to be a face.

    Attributes:
        boxes: shape (N, 4), in pixels of the upright picture.
        scores: shape (N,), 0 to 1.
    """

    boxes: Boxes
    scores: NDArray[np.float32]


NO_HINTS = Hints(np.empty((0, 4), np.float32), np.empty(0, np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """The sightings in one frame, and where each goes until the looks before and after.

    Attributes:
        frame: index of the frame.
        boxes: shape (N, 4), in pixels of the upright picture.
        scores: shape (N,), 0 to 1.
        ahead: shape (N, A, 4), the boxes followed through the A frames up to the next look.
        behind: shape (N, B, 4), the boxes followed back through the B frames to the look before.
        hints: what was seen beside them.
    """

    frame: int
    boxes: Boxes
    scores: NDArray[np.float32]
    ahead: Paths
    behind: Paths
    hints: Hints = NO_HINTS


@dataclass(frozen=True, eq=False)
class Observations:
    """All that a plan is made from.

    Attributes:
        width, height: of the upright picture in pixels.
        time_base: of the pts.
        pts: shape (F,), int64, of every frame.
        moves: shape (F, 3, 3): the camera's movement from the frame before, in pixels of the
            upright picture; the identity where a scene begins.
        trusts: shape (F,), 0 to 1: how far each movement can be trusted.
        scenes: shape (S, 2): first and last frame of each stretch without a cut.
        looks: in order of time; each scene's first and last frame have one.
        lights: shape (F,): the mean luma of every frame; shape (0,) where it was not measured.
    """

    width: int
    height: int
    time_base: TimeBase
    pts: NDArray[np.int64]
    moves: NDArray[np.float64]
    trusts: NDArray[np.float64]
    scenes: NDArray[np.int64]
    looks: tuple[Look, ...]
    lights: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    @cached_property
    def looked_at(self) -> NDArray[np.int64]:
        """Shape (L,): the frame of every look."""
        return np.array([look.frame for look in self.looks], np.int64)

    @cached_property
    def _in_block(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Shapes (F, 3, 3): the camera's movement since each frame's block began, and its inverse.

        Summed up over a whole scene, movements would grow until nothing is left of their precision.
        """
        total = np.broadcast_to(np.eye(3), self.moves.shape).copy()
        for frame in range(len(total)):
            if frame % BLOCK:
                total[frame] = self.moves[frame] @ total[frame - 1]
        return total, np.asarray(np.linalg.inv(total), np.float64)

    def _movement(self, start: int, frames: NDArray[np.int64]) -> NDArray[np.float64]:
        """Shape (len(frames), 3, 3): the camera's movement from ``start`` to each of ``frames``."""
        since, until = self._in_block
        movement = np.empty((len(frames), 3, 3))
        for block in np.unique(frames // BLOCK):
            here = frames // BLOCK == block
            movement[here] = since[frames[here]] @ self._across(start // BLOCK, int(block)) @ until[start]
        return movement

    def _across(self, start: int, end: int) -> Similarity:
        """The camera's movement from the first frame of one block to another's, either way in time."""
        if end < start:
            return np.asarray(np.linalg.inv(self._across(end, start)), np.float64)
        total = np.eye(3)
        for block in range(start + 1, end + 1):
            first = block * BLOCK
            total = self.moves[first] @ self._in_block[0][first - 1] @ total
        return total

    def carry(self, box: NDArray[np.float32], start: int, frames: NDArray[np.int64]) -> Boxes:
        """A box, shape (4,), of frame ``start`` where the camera takes it in each of ``frames``.

        The frames are of the same scene, before or after; ``box`` may be one for each of them, shape
        (len(frames), 4), which is what is returned.
        """
        return carried(np.atleast_2d(box), self._movement(start, frames))

    def carry_all(self, boxes: Boxes, start: int, frame: int) -> Boxes:
        """Boxes of frame ``start`` where the camera takes them in another one of the same scene."""
        if start == frame:
            return boxes
        return carried(boxes, self._movement(start, np.array([frame]))[0])
