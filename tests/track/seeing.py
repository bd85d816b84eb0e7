"""Made-up observations for the pure part: whole clips by hypothesis, and simple ones by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from blur.geometry import Boxes
from blur.timing import TimeBase
from blur.track.flow import Paths, carried_paths
from blur.track.observe import Hints, Look, Observations

WIDE, HIGH = 640, 360
MILLISECONDS = TimeBase(1, 1000)
Box = tuple[float, float, float, float]


def boxes(*rows: Box) -> Boxes:
    return np.array(rows, np.float32).reshape(-1, 4)


def similarity(x: float, y: float, scale: float = 1.0, degrees: float = 0.0) -> NDArray[np.float64]:
    """A camera's movement that shifts by (x, y), zooms and turns about the origin, shape (3, 3)."""
    cos, sin = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    return np.array([[cos, -sin, x], [sin, cos, y], [0, 0, 1]])


def observed(
    faces: Mapping[int, Sequence[Box]],
    pts: Sequence[int],
    *,
    moves: NDArray[np.float64] | None = None,
    scenes: Sequence[tuple[int, int]] | None = None,
    score: float = 0.9,
) -> Observations:
    """What was seen when the frames in ``faces`` were looked at: faces that only go with the camera."""
    count = len(pts)
    moves = np.broadcast_to(np.eye(3), (count, 3, 3)) if moves is None else moves
    scenes = scenes or [(0, count - 1)]
    looks = []
    for first, last in scenes:
        frames = sorted({first, last, *(frame for frame in faces if first <= frame <= last)})
        for before, frame, after in zip([first, *frames], frames, [*frames[1:], last], strict=False):
            here = boxes(*faces.get(frame, ()))
            on = [moves[i] for i in range(frame + 1, after + 1)]
            back = [np.linalg.inv(moves[i]) for i in range(frame, before, -1)]
            scores = np.full(len(here), score, np.float32)
            looks.append(Look(frame, here, scores, carried_paths(here, on), carried_paths(here, back)))
    return Observations(
        WIDE,
        HIGH,
        MILLISECONDS,
        np.array(pts, np.int64),
        np.asarray(moves, np.float64),
        np.ones(count),
        np.array(scenes, np.int64),
        tuple(looks),
    )


@st.composite
def observations(draw: st.DrawFn, most_frames: int = 40) -> Observations:
    """Any clip: irregular times, cuts, a moving camera, faces and clutter with scores of all heights."""
    count = draw(st.integers(1, most_frames))
    noise = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    pts = draw(st.integers(-5000, 5000)) + np.cumsum(noise.choice([1, 17, 33, 40, 100, 700], count))
    cuts = sorted(draw(st.sets(st.integers(1, max(1, count - 1)), max_size=3)) - {count})
    scenes = list(zip([0, *cuts], [*(cut - 1 for cut in cuts), count - 1], strict=True))
    moves = np.stack(
        [similarity(*noise.normal(0, 4, 2), noise.uniform(0.98, 1.02), noise.normal()) for _ in pts]
    )
    moves[[first for first, _ in scenes]] = np.eye(3)
    looks = []
    for first, last in scenes:
        inner = noise.random(last - first + 1) < draw(st.sampled_from([0.1, 0.4]))
        frames = sorted({first, last, *(first + np.flatnonzero(inner)).tolist()})
        for before, frame, after in zip([first, *frames], frames, [*frames[1:], last], strict=False):
            looks.append(_look(noise, frame, frame - before, after - frame))
    return Observations(
        WIDE,
        HIGH,
        draw(st.sampled_from([MILLISECONDS, TimeBase(1, 600), TimeBase(1001, 30000)])),
        pts.astype(np.int64),
        moves,
        noise.random(count),
        np.array(scenes, np.int64),
        tuple(looks),
        noise.uniform(16, 235, count),
    )


def _look(noise: np.random.Generator, frame: int, behind: int, ahead: int) -> Look:
    """Faces about three places, so that those of one look meet those of another."""
    places = noise.permutation(np.array([(100, 80), (300, 180), (600, 300)]))[: noise.integers(0, 4)]
    middle = places + noise.normal(0, 8, (len(places), 2))
    half = noise.uniform(8, 40, (len(places), 1)) * np.array([[1, 1.3]])
    here = np.concatenate([middle - half, middle + half], axis=1).astype(np.float32)
    scores = noise.choice([0.1, 0.12, 0.2, 0.5, 0.9], len(places)).astype(np.float32)
    hints = Hints(
        here[:1] + noise.normal(0, 4, (min(1, len(here)), 4)).astype(np.float32),
        noise.uniform(0.03, 0.07, min(1, len(here))).astype(np.float32),
    )
    return Look(frame, here, scores, _walk(noise, here, ahead), _walk(noise, here, behind), hints)


def _walk(noise: np.random.Generator, start: Boxes, steps: int) -> Paths:
    shifts = np.cumsum(noise.normal(0, 4, (len(start), steps, 2)), axis=1)
    return (start[:, None] + np.tile(shifts, 2)).astype(np.float32)
