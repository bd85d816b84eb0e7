"""How the camera moved from one frame to the next, from small grey pictures.

Corners are followed by pyramidal Lucas-Kanade (Bouguet, 2000), and the similarity that most of them
agree on (RANSAC, Fischler and Bolles, 1981) is the camera's; what walks through the picture is outvoted.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from blur.geometry import Boxes, centres, sizes

Grey: TypeAlias = NDArray[np.uint8]
"""Shape (H, W)."""
Points: TypeAlias = NDArray[np.float32]
"""Shape (N, 2): x, y."""
Similarity: TypeAlias = NDArray[np.float64]
"""Shape (3, 3): maps homogeneous places of the earlier frame to the later one."""

STILL: Similarity = np.eye(3)
STILL.flags.writeable = False

LONGER_SIDE = 384
"""The small pictures in which movement is measured have at most so many pixels on their longer side."""
MAX_CORNERS = 64
MIN_AGREEING = 8
"""Fewer corners than this agree by chance."""
CLEAR = 0.3
"""Where a smaller share of the corners agrees, they may agree by chance."""
CORRELATED = 0.13
"""Response from which two pictures show one scene. Measured: 0.14 and more where the camera is whipped
about, 0.12 and less at cuts."""
CUT_CHANGE = 10.0
"""A cut: nothing agrees, and the evened pictures differ by more grey levels than this."""
UNEXPLAINED = CUT_CHANGE
"""Pictures that differ by more than this after the movement is undone are worth a second try."""
BLACK = 8.0
"""Grey levels added to a line's light, so that noise in a black one is not taken for light."""
BAND = 9
"""Lines over which the light of lines is smoothed: bands are broader."""
WINDOW = (21, 21)
"""Around each point that is followed: smeared corners have no sharp middle."""
CALM = 0.015
"""Share of the picture's longer side by which the camera may move in a frame before it smears the picture."""
DEVIATION = 45.0
MAX_GAIN = 8.0
"""Pictures are evened to this standard deviation in grey levels, unless that takes more than this gain."""


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """From one frame to the next.

    Attributes:
        matrix: the camera's movement, in pixels of the small pictures.
        trust: share of the corners that agree with it; where too few do, the response of the
            whole pictures' correlation; 0 where they have nothing in common.
        change: mean absolute difference of the two pictures after the movement is undone,
            in grey levels of evened pictures; large at a cut.
    """

    matrix: Similarity
    trust: float
    change: float

    @property
    def is_cut(self) -> bool:
        """Whether the later picture shows something else."""
        return self.trust == 0.0 and self.change > CUT_CHANGE


def small_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the small picture of a frame of the given size."""
    # by a whole number: shrinking so is several times quicker
    shrink = -(-max(width, height) // LONGER_SIDE)
    return max(1, round(width / shrink)), max(1, round(height / shrink))


def estimate(before: Grey, after: Grey, expected: Similarity = STILL) -> Motion:
    """The camera's movement between two small pictures of the same size, whatever their light.

    ``expected`` is the movement into ``before``: a camera that is whipped about goes on, and what it
    does beyond that can be told of pictures that share too little to be compared as they are.
    """
    motion = _between(before, after)
    if motion.change <= UNEXPLAINED:
        return motion
    for axis in (0, 1):
        lit = _in_light_of(before, after, motion.matrix, axis)
        motion = min(motion, _between(before, lit), key=attrgetter("change"))
    if motion.is_cut:
        rest = _between(_moved(before, expected), after)
        motion = Motion(rest.matrix @ expected, rest.trust, rest.change)
    return motion


def _between(before: Grey, after: Grey) -> Motion:
    before, after = evened(before), evened(after)
    matrix, trust = _agreed(before, after)
    if trust < CLEAR:
        matrix, trust = _correlated(before, after)
    return Motion(matrix, trust, float(np.mean(cv2.absdiff(_moved(before, matrix), after))))


def _moved(grey: Grey, move: Similarity) -> Grey:
    moved = cv2.warpAffine(grey, move[:2], grey.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def _in_light_of(before: Grey, after: Grey, move: Similarity, axis: int) -> Grey:
    """The later picture with each line (``axis`` 1) or column (0) as bright as in the earlier one, moved.

    Lamps flicker while a sensor is read line by line, so that bands of light walk through the picture
    and would be followed. In a phone held upright the lines are columns.
    """
    then, now = (grey.mean(axis=axis) + BLACK for grey in (_moved(before, move), after))
    ratio = cv2.blur((now / then).astype(np.float32)[:, None], (1, BAND)).ravel()
    lit = np.clip(after / (ratio[:, None] if axis else ratio), 0, 255)
    return np.asarray(lit, np.uint8)


def evened(grey: Grey) -> Grey:
    """The picture with the brightness and the contrast that all have: light that flickers is no movement."""
    mean, deviation = (float(value[0, 0]) for value in cv2.meanStdDev(grey))
    gain = min(DEVIATION / max(deviation, 1.0), MAX_GAIN)
    return np.asarray(cv2.addWeighted(grey, gain, grey, 0, 128 - gain * mean), np.uint8)


def _correlated(before: Grey, after: Grey) -> tuple[Similarity, float]:
    """A shift of the whole picture, found where smeared corners cannot be followed.

    Phase correlation (Kuglin and Hines, 1975).
    """
    window = cv2.createHanningWindow(before.shape[::-1], cv2.CV_32F)
    # without their mean, since the window itself would agree with itself
    one, other = (grey.astype(np.float32) - np.float32(grey.mean()) for grey in (before, after))
    (x, y), response = cv2.phaseCorrelate(one, other, window)
    if not response >= CORRELATED:  # not a number, where a picture is blank
        return STILL, 0.0
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64), float(response)


def _agreed(before: Grey, after: Grey) -> tuple[Similarity, float]:
    # Any: OpenCV declares that it never returns None, and does when it finds nothing
    found: Any = cv2.goodFeaturesToTrack(before, MAX_CORNERS, qualityLevel=0.01, minDistance=10, blockSize=5)
    if found is None or len(found) < MIN_AGREEING:
        return STILL, 0.0
    start = np.asarray(found, np.float32).reshape(-1, 2)
    end, followed = flow(before, after, start)
    if followed.sum() < MIN_AGREEING:
        return STILL, 0.0
    cv2.setRNGSeed(0)  # the same clip must give the same plan
    fit: Any
    fit, agreeing = cv2.estimateAffinePartial2D(start[followed], end[followed], ransacReprojThreshold=1.0)
    if fit is None or int(agreeing.sum()) < MIN_AGREEING:
        return STILL, 0.0
    return np.vstack([fit, (0.0, 0.0, 1.0)]), float(agreeing.sum() / len(start))


def flow(
    before: Grey, after: Grey, start: Points, guess: Points | None = None
) -> tuple[Points, NDArray[np.bool_]]:
    """Where points went, and which of them could be followed.

    ``guess`` is where to begin to look. Returns arrays of shape (N, 2) and (N,).
    """
    begin = None if guess is None else guess.reshape(-1, 1, 2).copy()
    flags = 0 if guess is None else cv2.OPTFLOW_USE_INITIAL_FLOW
    end, status, _ = cv2.calcOpticalFlowPyrLK(
        before, after, start.reshape(-1, 1, 2), begin, winSize=WINDOW, maxLevel=3, flags=flags
    )
    return np.asarray(end, np.float32).reshape(-1, 2), status.ravel() == 1


def carried(boxes: Boxes, matrix: NDArray[np.float64]) -> Boxes:
    """Boxes moved along with the camera: centres mapped, sizes scaled, never turned.

    ``matrix`` of shape (3, 3) moves N boxes; of shape (M, 3, 3) it moves one box M ways.
    """
    turn = matrix[..., :2, :2]
    scale = np.sqrt(np.abs(turn[..., 0, 0] * turn[..., 1, 1] - turn[..., 0, 1] * turn[..., 1, 0]))
    middle = (turn @ centres(boxes)[..., None])[..., 0] + matrix[..., :2, 2]
    half = sizes(boxes) * (scale[..., None] / 2)
    return np.concatenate([middle - half, middle + half], axis=1).astype(np.float32)
