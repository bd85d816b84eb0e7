"""Weakening a camera's own noise: every sensor has a pattern by which an expert can tell its pictures.

The pattern stands still in the picture, sample by sample (Lukáš, Fridrich and Goljan, "Digital camera
identification from sensor pattern noise", IEEE TIFS 2006), so that many frames add up to it. Here
each frame is moved by a little, differently from the next, and drawn from fewer samples. That
reduces what can be measured; it does not remove the pattern, and what was moved can be moved back
by whoever finds out how.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from blur.media.picture import Planes

Matrix = NDArray[np.float64]

_SHRINK = (0.5, 0.58)  # of both sides, before the picture is drawn at its own size again
_ZOOM = 0.075  # so that a turned and moved picture still fills its frame
# How far each part of the movement goes, as a share of the longer side where it is a length.
_TURN, _STRETCH, _SHIFT, _TILT = 0.018, 0.024, 0.012, 0.014
_PERIODS = (0.9, 4.0)  # seconds
_WAVES = 3


class Jitter:
    """A smooth random movement of the whole picture, another in every run and never stored.

    Args:
        width, height: of the picture in pixels.
        rng: by default from the operating system.
    """

    def __init__(self, width: int, height: int, rng: np.random.Generator | None = None) -> None:
        rng = rng or np.random.default_rng()
        self._size = width, height
        self._shrink = float(rng.uniform(*_SHRINK))
        self._rates = 2 * np.pi / rng.uniform(*_PERIODS, size=(7, _WAVES))
        self._phases = rng.uniform(0, 2 * np.pi, size=(7, _WAVES))

    def matrix(self, seconds: float) -> Matrix:
        """Where each point of the moved picture comes from at a time: shape (3, 3), in pixels."""
        turn, zoom, stretch, right, down, tilt_x, tilt_y = np.sin(self._rates * seconds + self._phases).mean(
            axis=1
        )
        size = 1 - _ZOOM + _STRETCH * zoom
        cos, sin = np.cos(_TURN * turn), np.sin(_TURN * turn)
        about_middle = np.array(
            [
                [size * cos * (1 + _STRETCH * stretch), -size * sin, _SHIFT * right],
                [size * sin, size * cos, _SHIFT * down],
                [_TILT * tilt_x, _TILT * tilt_y, 1],
            ]
        )
        width, height = self._size
        side = max(width, height)
        to_middle = np.array(
            [[1 / side, 0, (1 - width) / 2 / side], [0, 1 / side, (1 - height) / 2 / side], [0, 0, 1]]
        )
        return np.asarray(np.linalg.inv(to_middle) @ about_middle @ to_middle)

    def move(self, planes: Planes, seconds: float) -> None:
        """Moves a picture in place. What is covered moves along, so this comes after covering.

        Args:
            planes: of the size given, writable.
            seconds: since the clip began.
        """
        moved = self.matrix(seconds)
        largest = (1 << planes.depth) - 1
        height, width = planes.arrays[0].shape
        for plane in planes.arrays:
            own_height, own_width = plane.shape
            small_size = max(round(own_width * self._shrink), 1), max(round(own_height * self._shrink), 1)
            small = cv2.resize(plane, small_size, interpolation=cv2.INTER_AREA)
            to_whole = _scaling(width / own_width, height / own_height)
            to_small = _scaling(small_size[0] / own_width, small_size[1] / own_height)
            there = to_small @ np.linalg.inv(to_whole) @ moved @ to_whole
            drawn = cv2.warpPerspective(
                small,
                there,
                (own_width, own_height),
                flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REFLECT_101,
            )
            np.minimum(drawn, largest, out=plane)


def _scaling(across: float, down: float) -> Matrix:
    """From the middles of one grid's samples to those of another."""
    return np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1]])
