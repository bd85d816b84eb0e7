"""Attacks over time and over the codec: what could be learned of a face from a whole covered clip."""

from __future__ import annotations

import io

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.data import astronaut

from blur.geometry import grown
from blur.media.picture import Planes, plane_views
from blur.plan.build import MARGIN
from blur.render.cover import cover
from blur.settings import STYLES, Style
from tests.render.test_region import drawn

Luma = NDArray[np.float64]

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


def people(count: int, size: int) -> list[NDArray[np.uint8]]:
    """Discs of smooth light and shade, each another: shape (size, size)."""
    rng = np.random.default_rng(0)
    made = []
    for _ in range(count):
        shade = cv2.GaussianBlur(rng.standard_normal((size, size)).astype(np.float32), (0, 0), size / 10)
        made.append(np.clip(128 + 40 * shade / shade.std(), 0, 255).astype(np.uint8))
    return made


def encoded(scene: NDArray[np.uint8], face: NDArray[np.uint8], place: tuple[int, int], seed: int) -> Luma:
    """A moving scene with a face, through noise and a coarse encoder: its third frame, moved back."""
    (x, y), size = place, len(face)
    disc = np.hypot(*(np.mgrid[:size, :size] - (size - 1) / 2)) < size / 2
    scene = scene.copy()
    scene[y : y + size, x : x + size][disc] = face[disc]
    noise = np.random.default_rng([seed, 9])
    held = io.BytesIO()
    with av.open(held, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "35", "preset": "medium"})
        stream.height, stream.width = scene.shape
        for index in range(4):
            light = np.roll(scene, 3 * index, axis=1) + noise.normal(0, 1.5, scene.shape)
            grey = np.clip(np.rint(light), 0, 255).astype(np.uint8)
            picture = av.VideoFrame.from_ndarray(grey, "gray").reformat(format="yuv420p")
            picture.pts = index
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    held.seek(0)
    with av.open(held) as container:
        third = [plane_views(frame)[0] for frame in container.decode(video=0)][2]
    return np.roll(third, -6, axis=1).astype(float)


def alike(rows: Luma) -> Luma:
    """How alike each two of some samples are, about their mean: the upper half of a matrix."""
    rows = rows - rows.mean(axis=0)
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray((rows @ rows.T)[np.triu_indices(len(rows), 1)])


def spilt(faces: list[NDArray[np.uint8]], seen: Luma, ring: NDArray[np.bool_]) -> tuple[float, float]:
    """Whether faces that are alike leave rings that are alike: the correlation, and chance's limit for it."""
    of_faces = alike(np.array([cv2.resize(face, (20, 20)).ravel() for face in faces], float))
    rows, rng = seen[:, ring], np.random.default_rng(1)
    by_chance = [np.corrcoef(of_faces, alike(rng.permutation(rows)))[0, 1] for _ in range(200)]
    return float(np.corrcoef(of_faces, alike(rows))[0, 1]), float(np.quantile(by_chance, 0.99))


def test_a_coarse_source_spills_nothing_of_a_face_beyond_its_mask() -> None:
    """Encoders smear what they code: a ring about a bare face tells of it, one about its mask does not."""
    size, place, count = 80, (280, 140), 20
    scene = cv2.cvtColor(cv2.resize(astronaut(), (640, 360)), cv2.COLOR_RGB2GRAY)
    faces = people(count, size)
    seen = np.array([encoded(scene, face, place, seed) for seed, face in enumerate(faces)])
    box = np.array([[*place, place[0] + size, place[1] + size]], np.float32)

    def mask(margin: float) -> NDArray[np.bool_]:
        rounded = np.rint(grown(box, 1.0, margin)).astype(np.int32)
        return drawn(rounded, 640, 360)

    at_least = MARGIN / 2  # what a plan leaves about a face at this size, with the smallest --grow
    found, limit = spilt(faces, seen, mask(3) & ~mask(0))
    assert found > limit
    for width in (4, 16):
        found, limit = spilt(faces, seen, mask(at_least + width) & ~mask(at_least))
        assert found < limit
