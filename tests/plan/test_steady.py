from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from blur.geometry import Boxes, centres, sizes
from blur.plan.build import build_plan, masks
from blur.plan.steady import FARTHEST, LARGEST, OBLIQUE, smeared, steadied
from blur.settings import Settings
from blur.track.observe import Look, Observations
from tests.track.seeing import boxes, observed, similarity

RATE, SECONDS, EVERY = 30, 8, 3
FRAMES = np.arange(RATE * SECONDS)
TIMES = [1000 * frame // RATE for frame in range(RATE * SECONDS)]
NODDING = (0.9, 5.0)
"""Hertz between which heads nod, shake and bob as their owners walk."""


def nodding(hertz: float, depth: float = 0.12) -> Boxes:
    """A head that walks slowly to the right and nods, shape (F, 4): sinking, it looks shorter."""
    phase = 2 * np.pi * hertz * FRAMES / RATE
    x, y = 150 + 30 * FRAMES / RATE, 180 + 80 * depth * np.sin(phase)
    wide, high = np.full(len(x), 60.0), 80 * (1 - 0.1 * np.cos(phase))
    return np.stack([x - wide / 2, y - high / 2, x + wide / 2, y + high / 2], axis=1).astype(np.float32)


def shaken() -> NDArray[np.float64]:
    """A camera in the hand: shape (F, 3, 3)."""
    shifts = np.random.default_rng(3).normal(0, 2, (len(FRAMES), 2))
    return np.stack([np.eye(3), *(similarity(x, y) for x, y in shifts[1:])])


def filmed(head: Boxes, moves: NDArray[np.float64]) -> Observations:
    """What is seen of a head whose every movement is followed, by a camera that moves."""
    way = np.cumsum(moves[:, :2, 2], axis=0).astype(np.float32)
    seen = observed({}, TIMES, moves=moves)
    places = head + np.tile(way, 2)
    looked = [*range(0, len(head) - 1, EVERY), len(head) - 1]
    looks = []
    for before, frame, after in zip([0, *looked], looked, [*looked[1:], looked[-1]], strict=False):
        ahead, behind = places[None, frame + 1 : after + 1], places[None, before:frame][:, ::-1]
        looks.append(Look(frame, places[frame : frame + 1], np.array([0.9], np.float32), ahead, behind))
    return replace(seen, looks=tuple(looks))


def power(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power at the nodding frequencies in each column of shape (F, C), without steady ways."""
    line = np.stack([np.ones(len(edges)), np.arange(len(edges))], axis=1)
    left = edges - line @ np.linalg.lstsq(line, edges, rcond=None)[0]
    spectrum = np.abs(np.fft.rfft(left * np.hanning(len(left))[:, None], axis=0)) ** 2
    hertz = np.fft.rfftfreq(len(left), 1 / RATE)
    band: NDArray[np.float64] = spectrum[(hertz >= NODDING[0]) & (hertz <= NODDING[1])].sum(axis=0)
    return band


def supports(ellipses: NDArray[np.float64], angles: int = 64) -> NDArray[np.float64]:
    """How far ellipses reach each way, shape (F, angles): one holds another if nowhere less far."""
    turn = np.linspace(0, 2 * np.pi, angles, endpoint=False)
    across, down = np.cos(turn), np.sin(turn)
    middle, half = (ellipses[:, :2] + ellipses[:, 2:]) / 2, (ellipses[:, 2:] - ellipses[:, :2]) / 2
    out = np.hypot(half[:, :1] * across, half[:, 1:] * down)
    return np.asarray(middle[:, :1] * across + middle[:, 1:] * down + out)


@pytest.mark.parametrize(
    "moves", [np.tile(np.eye(3), (len(FRAMES), 1, 1)), shaken()], ids=["still", "shaken"]
)
@pytest.mark.parametrize("hertz", [1.0, 1.4, 2.0, 3.0])
def test_a_nod_cannot_be_read_from_its_mask(hertz: float, moves: NDArray[np.float64]) -> None:
    """Its power falls to a fiftieth or less at each edge, while every frame's face is covered."""
    head = nodding(hertz)
    seen = filmed(head, moves)
    way = np.tile(np.cumsum(moves[:, :2, 2], axis=0), 2)
    (track,) = build_plan(seen, Settings()).tracks
    bare = masks(head, Settings().grow).astype(np.float64)
    assert (supports(track.regions.astype(float)) >= supports(bare + way) - 1e-3).all()
    before, after = power(bare)[[1, 3]], power(track.regions - way)[[1, 3]]
    assert (before > 1e4).all()  # what Blur would draw without smoothing
    assert (after < before / 50).all()
    growth = sizes(track.regions.astype(np.float32)) / sizes(bare.astype(np.float32))
    assert growth.max() < 1.5


def test_a_still_face_is_masked_as_it_was_however_the_camera_moves() -> None:
    seen = filmed(np.tile(nodding(1.0)[:1], (len(FRAMES), 1)), shaken())
    faces = np.concatenate([look.boxes for look in seen.looks])
    frames = np.array([look.frame for look in seen.looks])
    (track,) = build_plan(seen, Settings()).tracks
    np.testing.assert_allclose(track.regions[frames], masks(faces, Settings().grow), atol=1.01)


def test_who_runs_and_jumps_is_followed() -> None:
    leaping = nodding(1.0, depth=1.5)
    seen = filmed(leaping, np.tile(np.eye(3), (len(FRAMES), 1, 1)))
    wide = masks(leaping, 1.5)
    made = steadied(seen, FRAMES, wide, leaping)
    strays = np.linalg.norm(centres(made) - centres(wide), axis=1)
    limit = FARTHEST * sizes(leaping).min(axis=1) / 2
    assert strays.max() == pytest.approx(limit.max(), rel=0.05)
    assert (strays <= limit + 1e-3).all()
    assert (sizes(made) <= sizes(wide).max(axis=0) + 2 * OBLIQUE * limit.max() + 1e-3).all()


def test_a_camera_that_is_misjudged_makes_no_mask_huge() -> None:
    moves = np.tile(np.eye(3), (len(FRAMES), 1, 1))
    moves[100:110] = similarity(0, 0, 0.5)  # as if the picture had shrunk a thousandfold
    faces = np.tile(nodding(1.0)[:1], (len(FRAMES), 1))
    seen = observed({}, TIMES, moves=moves)
    wide = masks(faces, 1.5)
    growth = sizes(steadied(seen, FRAMES, wide, faces)) / sizes(wide)
    assert growth.min() >= 1 - 1e-4
    # What must be covered is itself larger where the middle was misjudged.
    assert growth.max() <= LARGEST * (1 + OBLIQUE * FARTHEST) + 1e-3


walks = st.tuples(st.integers(1, 70), st.integers(0, 1 << 32), st.sampled_from([0.0, 1.0, 5.0, 60.0]))


@given(walks, st.floats(1.0, 4.0), st.sampled_from([1, 33, 400]))
def test_no_mask_covers_less_than_before(walk: tuple[int, int, float], grow: float, step: int) -> None:
    """Whatever the faces and the camera do; and a larger mask covers more."""
    count, seed, wild = walk
    rng = np.random.default_rng(seed)
    middle = np.cumsum(rng.normal(0, wild, (count, 2)), axis=0) + np.array([320, 180])
    half = rng.uniform(5, 40, (1, 2)) * np.exp(rng.normal(0, 0.1, (count, 1)))
    half[:, 1] = np.clip(half[:, 1], half[:, 0] / 2, half[:, 0] * 2)
    faces = boxes(*np.hstack([middle - half, middle + half]).tolist())
    moves = np.stack(
        [
            similarity(rng.normal(0, 3), rng.normal(0, 3), rng.uniform(0.97, 1.03), rng.normal())
            for _ in middle
        ]
    )
    seen = observed({}, range(0, count * step, step), moves=moves)
    frames = np.arange(count)
    made = steadied(seen, frames, masks(faces, grow), faces)
    assert made.shape == (count, 4)
    assert (supports(made.astype(float)) >= supports(masks(faces, grow).astype(float)) - 1e-2).all()
    larger = steadied(seen, frames, masks(faces, grow + 0.5), faces)
    assert (larger[:, :2] <= made[:, :2] + 1e-2).all()
    assert (larger[:, 2:] >= made[:, 2:] - 1e-2).all()


@given(
    shifts=st.lists(st.tuples(st.floats(-200, 200), st.floats(-200, 200)), min_size=2, max_size=8),
    turn=st.floats(-20, 20),
)
def test_room_for_a_smear_uncovers_nothing_and_is_bounded(
    shifts: list[tuple[float, float]], turn: float
) -> None:
    moves = np.stack([np.eye(3), *(similarity(x, y, degrees=turn) for x, y in shifts)])
    seen = observed({}, range(len(moves)), moves=moves)
    given_masks = boxes(*[(100 + 5 * i, 80, 160 + 5 * i, 170) for i in range(len(moves))])
    wider = smeared(seen, np.arange(len(moves)), given_masks)
    np.testing.assert_allclose(centres(wider), centres(given_masks), atol=1e-3)
    assert (sizes(wider) >= sizes(given_masks) - 1e-3).all()
    assert (sizes(wider) <= LARGEST * sizes(given_masks) + 1e-3).all()


def test_a_whip_widens_masks_along_its_way_while_it_lasts() -> None:
    moves = np.stack([similarity(100 if i in (4, 5) else 1, 0) for i in range(10)])
    seen = observed({}, range(10), moves=moves)
    still = np.repeat(boxes((100, 80, 220, 230)), 10, axis=0)
    wider = sizes(smeared(seen, np.arange(10), still)) - sizes(still)
    assert np.flatnonzero(wider[:, 0]).tolist() == [3, 4, 5]
    assert wider[3:6, 0].min() > 50
    assert not wider[:, 1].any()
