from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from blur.media.picture import Planes, plane_views
from blur.media.probe import probe
from blur.media.reader import read
from blur.plan.model import Plan, Track
from blur.render.film import render
from blur.render.jitter import Jitter, smoothed
from blur.render.still import move_rgb
from blur.settings import Settings
from tests.media.making import make_clip

SIZE = (320, 240)


def jitter(seed: int = 1) -> Jitter:
    return Jitter(*SIZE, np.random.default_rng(seed))


def picture(depth: int = 8, sub_x: int = 1, sub_y: int = 1) -> Planes:
    """Smooth waves, another in each plane."""
    dtype, largest = (np.uint8, 255) if depth == 8 else (np.uint16, 1023)
    arrays = []
    for index, (x, y) in enumerate(((0, 0), (sub_x, sub_y), (sub_x, sub_y))):
        rows, columns = np.mgrid[0 : SIZE[1] : 1 << y, 0 : SIZE[0] : 1 << x]
        wave = 0.5 + 0.25 * np.sin(rows / 30 + index) + 0.2 * np.cos(columns / 25)
        arrays.append((wave * largest).astype(dtype))
    return Planes(tuple(arrays), depth, False, sub_x, sub_y)


@pytest.mark.parametrize("seed", range(5))
def test_the_movement_is_smooth_small_and_fills_the_frame(seed: int) -> None:
    moving = jitter(seed)
    width, height = SIZE
    corners = np.array([[0, width - 1, 0, width - 1], [0, 0, height - 1, height - 1], [1, 1, 1, 1]], float)
    places = []
    for frame in range(300):
        moved = moving.matrix(frame / 30) @ corners
        places.append(moved[:2] / moved[2])
    path = np.array(places)
    assert np.abs(np.diff(path, axis=0)).max() < 0.006 * width
    assert np.abs(path - corners[:2]).max() < 0.12 * width
    outside = np.maximum(-path, path - np.array([[width - 1], [height - 1]]))
    assert outside.max() < 0.02 * width
    # It never rests: within a second, the pattern's samples have come over several others.
    assert (np.ptp(path[:60], axis=0).max(axis=0) > 1).all()


def grid(step: int = 10) -> NDArray[np.float64]:
    """Points all over the picture: shape (N, 2)."""
    return np.mgrid[0 : SIZE[0] : step, 0 : SIZE[1] : step].reshape(2, -1).T.astype(float)


@pytest.mark.parametrize("seed", range(5))
def test_ripples_are_gentle_and_no_turn_or_zoom_undoes_them(seed: int) -> None:
    moving, points = jitter(seed), grid()
    strays, before = [], None
    for frame in range(90):
        there = moving.origins(points, frame / 30)
        fit, _ = cv2.findHomography(points, there)
        straight = np.c_[points, np.ones(len(points))] @ fit.T
        strays.append(there - straight[:, :2] / straight[:, 2:])
        if before is not None:
            assert np.abs(there - before).max() < 0.012 * SIZE[0]
        before = there
    sizes = np.linalg.norm(np.array(strays), axis=2)
    assert 0.0004 * SIZE[0] < np.sqrt((sizes**2).mean())
    assert sizes.max() < 0.01 * SIZE[0]
    # Nor does one that fits at one time fit at another.
    assert np.abs(strays[0] - strays[45]).mean() > 0.0003 * SIZE[0]


def test_points_come_from_where_the_picture_is_drawn_from() -> None:
    """A small disc ends up where the movement says, to a fraction of a pixel."""
    moving, places = jitter(), np.array([[80.0, 60.0], [160, 120], [250, 190]])
    for x, y in places:
        rows, columns = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
        source = moving.origins(np.array([x, y]), 1.0)
        disc = 200 * np.exp(-((columns - source[0]) ** 2 + (rows - source[1]) ** 2) / 50)
        plane = np.rint(disc).astype(np.uint8)
        moving.move(Planes((plane,), 8, False, 0, 0), 1.0)
        weight = plane / plane.sum()
        assert (weight * columns).sum() == pytest.approx(x, abs=0.3)
        assert (weight * rows).sum() == pytest.approx(y, abs=0.3)


def test_every_run_is_another() -> None:
    one, two = (Jitter(*SIZE).origins(grid(), 0.0) for _ in range(2))
    assert np.abs(one - two).mean() > 0.1


def test_noise_goes_and_edges_stay() -> None:
    rng = np.random.default_rng(6)
    clean = np.full((200, 200), 60.0)
    clean[:, 100:] = 180
    left = (
        smoothed(np.clip(np.rint(clean + rng.normal(0, 2, clean.shape)), 0, 255).astype(np.uint8), 4.0)
        - clean
    )
    assert max(left[:, :95].std(), left[:, 105:].std()) < 0.5
    assert np.abs(left[:, 98:102]).mean() < 3


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize("sub", [(1, 1), (1, 0), (0, 0)])
def test_light_and_colour_move_together(depth: int, sub: tuple[int, int]) -> None:
    """Each plane is where the matrix says, whatever its resolution."""
    before, after, moving = picture(depth, *sub), picture(depth, *sub), jitter()
    moving.move(after, 2.0)
    there = moving.matrix(2.0)
    inner = (slice(20, -20), slice(20, -20))
    for one, two in zip(before.arrays, after.arrays, strict=True):
        whole = cv2.resize(one.astype(np.float32), SIZE, interpolation=cv2.INTER_CUBIC)
        wanted = cv2.warpPerspective(whole, there, SIZE, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
        got = cv2.resize(two.astype(np.float32), SIZE, interpolation=cv2.INTER_CUBIC)
        assert np.abs(wanted - got)[inner].max() < 0.02 * (1 << depth)
        assert not np.array_equal(one, two)


@pytest.mark.parametrize("depth", [8, 10])
def test_no_sample_leaves_its_range(depth: int) -> None:
    largest = (1 << depth) - 1
    rows = (np.indices((SIZE[1], SIZE[0])).sum(0) // 40 % 2 * largest).astype(
        np.uint8 if depth == 8 else np.uint16
    )
    sharp = Planes((rows,), depth, False, 0, 0)
    jitter().move(sharp, 0.5)
    assert sharp.arrays[0].max() <= largest


def noise_left(frames: list[NDArray[np.float64]], pattern: NDArray[np.float64]) -> float:
    """The correlation of the frames' mean with the pattern, at the best of all shifts, in deviations."""
    mean = np.mean(frames, axis=0)
    mean -= cv2.GaussianBlur(mean, (0, 0), 2)
    agreement = np.fft.irfft2(np.fft.rfft2(mean) * np.conj(np.fft.rfft2(pattern)), pattern.shape)
    return float(agreement.max() / agreement.std())


def moved_back(picture: NDArray[np.float64], moving: Jitter, seconds: float) -> NDArray[np.float64]:
    """By an expert who knows each frame's movement as a whole."""
    return np.asarray(cv2.warpPerspective(picture, moving.matrix(seconds), SIZE, flags=cv2.INTER_CUBIC))


@pytest.mark.parametrize("noise", [2.0, 8.0])  # what is smoothed away, and what is too strong for that
def test_a_pattern_that_stands_still_can_no_longer_be_found(noise: float) -> None:
    rng = np.random.default_rng(4)
    pattern = rng.standard_normal((SIZE[1], SIZE[0]))

    def taken() -> Iterator[NDArray[np.uint8]]:
        for _ in range(60):
            light = 120 + 3 * pattern + noise * rng.standard_normal(pattern.shape)
            yield np.clip(np.rint(light), 0, 255).astype(np.uint8)

    plain = [frame.astype(float) for frame in taken()]
    moving, moved = jitter(), []
    for index, frame in enumerate(taken()):
        moving.move(Planes((frame,), 8, False, 0, 0), index / 30)
        moved.append(frame.astype(float))
    back = [moved_back(frame, moving, index / 30) for index, frame in enumerate(moved)]
    assert noise_left(plain, pattern) > 100
    assert noise_left(moved, pattern) < 7
    assert noise_left(moved[:6], pattern) < 7
    assert noise_left(back, pattern) < 20


def test_what_is_covered_moves_along(tmp_path: Path) -> None:
    """A black mask covers the same part of the scene as without movement, wherever that has gone."""
    clip = probe(make_clip(tmp_path / "a.mp4", size=SIZE, pts=range(30)))
    pts = np.array([frame.pts for frame in read(clip)], np.int64)
    boxes = np.tile(np.array([[140, 105, 200, 165]], np.int32), (len(pts), 1))
    plan = Plan(*SIZE, clip.time_base, pts, (Track("face", 900, pts, boxes),), ())
    for settings in (Settings("solid"), Settings("solid", camera_trace="reduce")):
        path = tmp_path / f"{settings.camera_trace}.mp4"
        for _ in render(clip, plan, settings, path):
            pass
    kept, moved = (
        [plane_views(frame.picture)[0] for frame in read(probe(tmp_path / f"{name}.mp4"))]
        for name in ("keep", "reduce")
    )
    assert len(kept) == len(moved) == len(pts)
    areas = [int((frame < 24).sum()) for frame in kept], [int((frame < 24).sum()) for frame in moved]
    assert min(areas[0]) > 1000
    for still, gone in zip(*areas, strict=True):
        assert gone == pytest.approx(still / (1 - 0.065) ** 2, rel=0.12)
    assert any(not np.array_equal(one, two) for one, two in zip(kept, moved, strict=True))


def test_a_photo_is_moved_in_all_its_colours() -> None:
    rng = np.random.default_rng(2)
    pixels = cv2.GaussianBlur(rng.integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8), (0, 0), 4)
    before = pixels.copy()
    move_rgb(pixels, jitter())
    inner = (slice(20, -20), slice(20, -20))
    wanted = cv2.warpPerspective(
        before, jitter().matrix(0.0), SIZE, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    )
    assert np.abs(wanted.astype(int) - pixels)[inner].mean() < 2
    assert np.abs(before.astype(int) - pixels)[inner].mean() > 3
