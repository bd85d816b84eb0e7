"""Pictures with a face at a known place: scikit-image's astronaut, whole or pasted on a texture."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.data import astronaut

from blur.geometry import Boxes

Rgb = NDArray[np.uint8]
"""Shape (H, W, 3), red, green, blue."""
Box = tuple[float, float, float, float]

FACE: Box = (180, 60, 272, 180)
"""The astronaut's face in her photo, from the hairline to the chin, measured by hand."""
HEAD = ((226, 125), (95, 125))
"""Centre and half axes of the ellipse that is cut out of the photo: her head, with hair and collar."""


def boxes(*rows: Box) -> Boxes:
    return np.array(rows, np.float32).reshape(-1, 4)


@cache
def texture(width: int, height: int, seed: int = 0) -> Rgb:
    """A grey surface without a face and with corners everywhere: noise of several sizes."""
    noise = np.random.default_rng(seed)
    picture = np.full((height, width), 120.0, np.float32)
    for cell, strength in ((4, 15), (12, 25), (40, 25)):
        coarse = noise.normal(0, strength, (height // cell + 2, width // cell + 2)).astype(np.float32)
        picture += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.repeat(np.clip(picture, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def pasted(background: Rgb, x: float, y: float, wide: float) -> Rgb:
    """A copy of a picture with the astronaut in it; her face is centred on (x, y) and ``wide`` wide."""
    photo = astronaut()
    mask = np.zeros(photo.shape[:2], np.float32)
    cv2.ellipse(mask, *HEAD, 0, 0, 360, 1.0, -1)
    scale = wide / (FACE[2] - FACE[0])
    middle = (FACE[0] + FACE[2]) / 2, (FACE[1] + FACE[3]) / 2
    place = np.array([[scale, 0, x - scale * middle[0]], [0, scale, y - scale * middle[1]]])
    size = background.shape[1], background.shape[0]
    smooth = cv2.GaussianBlur(photo, (0, 0), max(0.1, 0.5 / scale - 0.5))
    head, share = (cv2.warpAffine(part, place, size) for part in (smooth, mask))
    mixed = head * share[..., None] + background * (1 - share[..., None])
    return np.asarray(mixed.round(), np.uint8)


def face_box(x: float, y: float, wide: float) -> Box:
    """The box of the face that ``pasted`` puts there."""
    across, down = wide / 2, wide / 2 * (FACE[3] - FACE[1]) / (FACE[2] - FACE[0])
    return x - across, y - down, x + across, y + down


def inside(box: Box, at: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of some places, shape (N, 2), lie in the ellipse that a box holds."""
    low, high = np.array(box[:2]), np.array(box[2:])
    away: NDArray[np.float64] = (at - (low + high) / 2) / ((high - low) / 2)
    return (away**2).sum(axis=1) <= 1


def pixels(box: Box, width: int, height: int) -> NDArray[np.float64]:
    """The middles of a picture's pixels in the ellipse that a box holds, shape (N, 2)."""
    low = np.clip(np.floor(box[:2]), 0, (width, height))
    high = np.clip(np.ceil(box[2:]), 0, (width, height))
    rows, columns = np.mgrid[low[1] : high[1], low[0] : high[0]] + 0.5
    places = np.column_stack([columns.ravel(), rows.ravel()])
    return places[inside(box, places)]


def bgr(picture: Rgb) -> NDArray[np.uint8]:
    """The picture as detectors take it."""
    return np.ascontiguousarray(picture[..., ::-1])
