"""Attacks over time and over the codec: what could be learned of a face from a whole covered clip."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from blur.media.picture import Planes
from blur.render.cover import cover
from blur.settings import STYLES, Style

WIDTH, HEIGHT, FRAMES = 160, 120, 60
FACE = (slice(45, 75), slice(65, 95))


def clip(face: int, depth: int) -> list[list[NDArray[np.generic]]]:
    """A still scene with one of two static faces, in 4:2:0: planes of each frame."""
    dtype = np.uint8 if depth == 8 else np.uint16
    scene = np.random.default_rng(0).integers(0, 1 << depth, (HEIGHT, WIDTH), dtype)
    colour = np.random.default_rng(1).integers(0, 1 << depth, (2, HEIGHT // 2, WIDTH // 2), dtype)
    other = np.random.default_rng([2, face])
    scene[FACE] = other.integers(0, 1 << depth, scene[FACE].shape, dtype)
    for plane in colour:
        half = tuple(slice(part.start // 2, -(-part.stop // 2)) for part in FACE)
        plane[half] = other.integers(0, 1 << depth, plane[half].shape, dtype)
    return [[scene.copy(), colour[0].copy(), colour[1].copy()] for _ in range(FRAMES)]


def moving_masks(seed: int) -> list[NDArray[np.int32]]:
    """Masks that always cover the face and move and grow about it; now and then a second overlaps."""
    rng = np.random.default_rng(seed)
    masks = []
    for frame in range(FRAMES):
        x, y = 80 + 6 * np.sin(frame / 5), 60 + 4 * np.cos(frame / 3)
        across, down = 38 + rng.uniform(0, 8), 36 + rng.uniform(0, 8)
        boxes = [[x - across, y - down, x + across, y + down]]
        if frame % 3 == 0:
            boxes.append([x, y - 20, WIDTH + 15, y + 30])
        masks.append(np.rint(boxes).astype(np.int32))
    return masks


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("depth", [8, 10])
def test_masks_that_move_over_a_static_face_give_nothing_of_it_away(style: Style, depth: int) -> None:
    """The attack that undid a moving mosaic: many frames, each with other cells over one face."""
    covered = []
    for face in (0, 1):
        rng = np.random.default_rng(7)  # equal for both, so that only the face could differ
        frames = clip(face, depth)
        for arrays, regions in zip(frames, moving_masks(3), strict=True):
            cover(Planes(tuple(arrays), depth, False, 1, 1), regions, style, rng)
        covered.append(frames)
    assert not np.array_equal(clip(0, depth)[0][0], clip(1, depth)[0][0])
    for one, two in zip(*covered, strict=True):
        for plane, other in zip(one, two, strict=True):
            assert np.array_equal(plane, other)
