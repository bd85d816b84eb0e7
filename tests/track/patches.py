"""Small grey pictures in which textured squares move over a textured background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blur.track.motion import Grey
from tests.detect.faces import texture
from tests.track.seeing import Box, boxes

WIDE, HIGH = 384, 216
SIDE = 40
Place = tuple[int, int]


def background(x: int = 0, y: int = 0) -> Grey:
    return np.ascontiguousarray(texture(WIDE * 2, HIGH * 2)[y : y + HIGH, x : x + WIDE, 0])


def drawn(*patches: tuple[int, Place], camera: Place = (0, 0)) -> Grey:
    """The background with textured squares on it, each a seed and its left top corner."""
    picture = background(*camera).copy()
    for seed, (x, y) in patches:
        left, top, right, bottom = max(x, 0), max(y, 0), min(x + SIDE, WIDE), min(y + SIDE, HIGH)
        if right > left and bottom > top:
            picture[top:bottom, left:right] = texture(SIDE, SIDE, seed)[
                top - y : bottom - y, left - x : right - x, 0
            ]
    return picture


def box(x: float, y: float) -> Box:
    return x, y, x + SIDE, y + SIDE


def walk(count: int, step: Place, start: Place = (60, 80)) -> list[Place]:
    return [(start[0] + step[0] * i, start[1] + step[1] * i) for i in range(count)]


def expected(places: list[Place]) -> NDArray[np.float32]:
    return boxes(*(box(*place) for place in places))
