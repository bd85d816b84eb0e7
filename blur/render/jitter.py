"""Weakening a camera's own noise: every sensor has a pattern by which an expert can tell its pictures.

The pattern stands still in the picture, sample by sample (Lukáš, Fridrich and Goljan, "Digital camera
identification from sensor pattern noise", IEEE TIFS 2006), so that many frames add up to it. Here
noise is taken for what experts take it for and drawn away; then each frame is drawn from fewer
samples and moved by a little, as a whole and in ripples, differently from the next, so that no
turning, zooming or shifting back brings the pattern to rest. That reduces what can be measured; it
does not remove the pattern, and what was moved can be moved back by whoever finds out how.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from blur.media.picture import Planes

Matrix = NDArray[np.float64]
Points = NDArray[np.float64]
"""Shape (..., 2): x and y in luma pixels, whole numbers in the middles of pixels."""
_Samples = NDArray[np.float32]

_NOISE = 4.0, 2.0  # deviations of 255 that pass for noise: in the source, and in what is left after shrinking
_SHRINK = (0.5, 0.58)  # of both sides, before the picture is drawn at its own size again
_ZOOM = 0.075  # so that a turned and moved picture still fills its frame
# How far each part of the movement goes, as a share of the longer side where it is a length.
_TURN, _STRETCH, _SHIFT, _TILT = 0.018, 0.024, 0.012, 0.014
_PERIODS = (0.9, 4.0)  # seconds
_WAVES = 3
_RIPPLES = 8
_RIPPLE = 0.0015  # root of the mean square that ripples move a point by, as a share of the longer side
_LENGTHS = (0.2, 0.5)  # of a ripple, as shares of the longer side: short enough to be no turn or zoom
_CELL = 16  # samples; in between, the movement is as good as linear


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
        self._crests = _directions(rng) * 2 * np.pi / rng.uniform(*_LENGTHS, size=_RIPPLES)
        self._swings = _directions(rng).T * _RIPPLE * (2 / _RIPPLES) ** 0.5
        self._ripple_rates = 2 * np.pi / rng.uniform(*_PERIODS, size=_RIPPLES)
        self._ripple_phases = rng.uniform(0, 2 * np.pi, size=_RIPPLES)

    def matrix(self, seconds: float) -> Matrix:
        """Where the picture comes from at a time, as a whole and without ripples: shape (3, 3), in pixels."""
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

    def origins(self, points: Points, seconds: float) -> Points:
        """Where points of the moved picture come from at a time, ripples included: shape (..., 2)."""
        side = max(self._size)
        matrix = self.matrix(seconds)
        there = points @ matrix[:, :2].T + matrix[:, 2]
        waves = np.sin(points @ self._crests / side + self._ripple_rates * seconds + self._ripple_phases)
        return np.asarray(there[..., :2] / there[..., 2:] + waves @ self._swings * side)

    def move(self, planes: Planes, seconds: float) -> None:
        """Moves a picture in place. What is covered moves along, so this comes after covering.

        Args:
            planes: of the size given, writable.
            seconds: since the clip began.
        """
        largest = (1 << planes.depth) - 1
        before, after = (deviation * largest / 255 for deviation in _NOISE)
        for plane in planes.arrays:
            height, width = plane.shape
            small_size = max(round(width * self._shrink), 1), max(round(height * self._shrink), 1)
            small = cv2.resize(smoothed(plane, before), small_size, interpolation=cv2.INTER_AREA)
            drawn = cv2.remap(
                smoothed(small, after),
                self._places(width, height, small_size, seconds),
                None,
                cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_REFLECT_101,
            )
            np.clip(np.rint(drawn), 0, largest, out=plane, casting="unsafe")

    def _places(self, width: int, height: int, small: tuple[int, int], seconds: float) -> _Samples:
        """Where in a smaller copy each sample of a plane comes from: shape (height, width, 2)."""
        columns, rows = -(-width // _CELL) + 2, -(-height // _CELL) + 2
        corners = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1)
        to_whole = np.array(self._size) / (width, height)
        knots = (corners - 0.5) * _CELL * to_whole - 0.5
        to_small = np.array(small) / self._size
        there = ((self.origins(knots, seconds) + 0.5) * to_small - 0.5).astype(np.float32)
        dense = cv2.resize(there, (columns * _CELL, rows * _CELL), interpolation=cv2.INTER_LINEAR)
        return np.asarray(dense[_CELL : _CELL + height, _CELL : _CELL + width])


def smoothed(plane: NDArray[Any], noise: float) -> _Samples:
    """A plane without what an adaptive Wiener filter takes for noise of a deviation; edges stay."""
    samples = plane.astype(np.float32)
    mean = cv2.blur(samples, (5, 5))
    variance = np.maximum(cv2.blur(samples * samples, (5, 5)) - mean * mean, np.float32(noise * noise))
    return np.asarray(mean + (samples - mean) * (1 - np.float32(noise * noise) / variance))


def _directions(rng: np.random.Generator) -> Matrix:
    """Unit vectors, shape (2, ripples)."""
    angles = rng.uniform(0, 2 * np.pi, size=_RIPPLES)
    return np.stack([np.cos(angles), np.sin(angles)])
