"""Disguising voices: pitch and formants are shifted by amounts that wander and are never stored.

The formants are moved as McAdams did with a coefficient on the angles of the poles of linear
prediction (Patino et al., "Speaker anonymisation using the McAdams coefficient", Interspeech 2021),
here with one that moves; the pitch by a phase vocoder; and the spectrum is bent and coloured, for two
numbers could be found by trying. This misleads whoever knows the voice. It does not stop an expert:
words, accent, rhythm and habits of speech stay, and a shift can be estimated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""Samples a second of the sound that is taken and given; it is a single channel."""

_FRAME, _HOP = 640, 160  # 40 ms and 10 ms: long enough for a deep voice, short enough for the lips
_BINS = _FRAME // 2 + 1
_ORDER = 18  # poles: a pair for each formant up to 8 kHz, and one to spare
_BATCH = 64 * _HOP

_PITCHES = ((0.72, 0.86), (1.18, 1.42))  # well away from 1, each of the two as likely
_COEFFICIENTS = ((0.72, 0.86), (1.12, 1.25))
_WANDER = 0.05  # how far both move about their middle, as a share
_TURNS = (0.4, 1.3)  # seconds from one turn to the next

# Whoever tries all pitches and coefficients finds these two. So the spectrum is also bent and coloured,
# by other amounts at each of some frequencies, which are equal steps of hearing apart.
_KNOTS = 7
_BENDS = ((0.9, 1.1),)  # each place of the envelope comes from a little lower or higher
_COLOURS = ((0.33, 0.7), (1.4, 3.0))  # and is so many times as strong
_BEND_WANDER, _COLOUR_WANDER = 0.03, 0.25

Wave = NDArray[np.float32]
Spectra = NDArray[np.complex128]
Reals = NDArray[np.float64]


class Wandering:
    """A smooth random curve about a middle that is drawn from one of some ranges."""

    def __init__(
        self, rng: np.random.Generator, ranges: tuple[tuple[float, float], ...], wander: float = _WANDER
    ) -> None:
        self._rng, self._wander = rng, wander
        self._middle = rng.uniform(*ranges[rng.integers(len(ranges))])
        self._from, self._to = self._draw(), self._draw()
        self._at, self._length = 0.0, float(rng.uniform(*_TURNS))

    def take(self, count: int, step: float) -> Reals:
        """The next values, ``step`` seconds apart: shape (count,)."""
        values = np.empty(count)
        for index in range(count):
            ease = (1 - np.cos(np.pi * self._at / self._length)) / 2
            values[index] = self._from + (self._to - self._from) * ease
            self._at += step
            if self._at >= self._length:
                self._from, self._to = self._to, self._draw()
                self._at, self._length = 0.0, float(self._rng.uniform(*_TURNS))
        return values

    def _draw(self) -> float:
        return float(self._middle * self._rng.uniform(1 - self._wander, 1 + self._wander))


def disguise(blocks: Iterable[Wave], rng: np.random.Generator | None = None) -> Iterator[Wave]:
    """The sound with its voices disguised, as long as it was and in step with it.

    Args:
        blocks: shape (N,) each, one channel at `RATE`, -1 to 1.
        rng: of the wandering; by default from the operating system, and kept nowhere.
    """
    rng = rng or np.random.default_rng()
    voice = _Voice(rng)
    waiting = np.zeros(_FRAME - _HOP)  # so that the first samples too lie in as many frames as the rest
    taken = given = 0
    lead = _FRAME - _HOP
    for block in blocks:
        taken += len(block)
        waiting = np.concatenate([waiting, block])
        while len(waiting) >= _FRAME + _BATCH:
            made = voice.speak(waiting[: _FRAME - _HOP + _BATCH])
            waiting = waiting[_BATCH:]
            made, lead = made[lead:], max(lead - len(made), 0)
            given += len(made)
            yield made.astype(np.float32)
    waiting = np.concatenate([waiting, np.zeros(_FRAME + _HOP)])
    whole = (len(waiting) - _FRAME + _HOP) // _HOP * _HOP + _FRAME - _HOP
    yield voice.speak(waiting[:whole])[lead : lead + taken - given].astype(np.float32)


class _Voice:
    """What goes from one run of frames to the next: the phases, and the frames that overlap."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._pitch = Wandering(rng, _PITCHES)
        self._coefficient = Wandering(rng, _COEFFICIENTS)
        self._bends = [Wandering(rng, _BENDS, _BEND_WANDER) for _ in range(_KNOTS)]
        self._colours = [Wandering(rng, _COLOURS, _COLOUR_WANDER) for _ in range(_KNOTS)]
        self._window = np.hanning(_FRAME + 1)[:-1]
        self._heard = np.zeros(_BINS)
        self._spoken = np.zeros(_BINS)
        self._overlap = np.zeros(_FRAME)

    def speak(self, wave: Reals) -> Reals:
        """Takes the frames that begin every hop in ``wave``; gives one hop for each, as long as it was."""
        frames = np.lib.stride_tricks.sliding_window_view(wave, _FRAME)[::_HOP] * self._window
        pitch, coefficient = (
            curve.take(len(frames), _HOP / RATE)[:, None] for curve in (self._pitch, self._coefficient)
        )
        bend, colour = (_spread(curves, len(frames)) for curves in (self._bends, self._colours))
        changed = self._shifted(np.fft.rfft(frames), pitch, coefficient, bend, colour)
        pieces = np.fft.irfft(changed, _FRAME) * self._window / 1.5  # the windows' squares add up to 1.5
        made = np.zeros(len(frames) * _HOP + _FRAME)
        made[:_FRAME] = self._overlap
        for index, piece in enumerate(pieces):
            made[index * _HOP : index * _HOP + _FRAME] += piece
        self._overlap = made[-_FRAME:]
        return made[:-_FRAME]

    def _shifted(
        self, spectra: Spectra, pitch: Reals, coefficient: Reals, bend: Reals, colour: Reals
    ) -> Spectra:
        size, phase = np.abs(spectra), np.angle(spectra)
        poles = _poles(size)
        flat = size / _envelope(poles)
        # The frequency in each bin, from how far its phase has turned since the frame before.
        turned = np.diff(phase, axis=0, prepend=self._heard[None])
        expected = 2 * np.pi * _HOP / _FRAME * np.arange(_BINS)
        frequency = expected + (turned - expected + np.pi) % (2 * np.pi) - np.pi
        source = np.rint(np.arange(_BINS) / pitch).astype(np.int64)
        silent = source >= _BINS
        source[silent] = 0
        moved = np.take_along_axis(flat, source, 1) * _envelope(_bent(poles, coefficient), bend) * colour
        moved[silent] = 0
        # As loud as it was; the shift must not tell by the loudness either.
        moved *= np.sqrt((size**2).sum(1) / np.maximum((moved**2).sum(1), 1e-12))[:, None]
        spoken = self._spoken + np.cumsum(np.take_along_axis(frequency, source, 1) * pitch, axis=0)
        self._heard, self._spoken = phase[-1], spoken[-1] % (2 * np.pi)
        return np.asarray(moved * np.exp(1j * spoken))


def _poles(size: Reals) -> Spectra:
    """The poles of linear prediction for magnitudes of shape (F, bins): shape (F, order)."""
    correlation = np.fft.irfft(size**2)[:, : _ORDER + 1]
    correlation[:, 0] = correlation[:, 0] * 1.0001 + 1e-9
    lags = np.abs(np.arange(_ORDER)[:, None] - np.arange(_ORDER))
    weights = np.linalg.solve(correlation[:, lags], correlation[:, 1:, None])[..., 0]
    companion = np.zeros((len(size), _ORDER, _ORDER))
    companion[:, 0] = weights
    companion[:, np.arange(1, _ORDER), np.arange(_ORDER - 1)] = 1
    return np.asarray(np.linalg.eigvals(companion), np.complex128)


def _bent(poles: Spectra, coefficient: Reals) -> Spectra:
    """The poles with their angles raised to a power; those on the real axis stay."""
    angle = np.angle(poles)
    bent = np.minimum(np.abs(angle) ** coefficient, np.pi) * np.sign(angle)
    real = np.abs(poles.imag) < 1e-6
    return np.where(real, poles, np.minimum(np.abs(poles), 0.985) * np.exp(1j * bent))


def _envelope(poles: Spectra, bend: Reals | float = 1.0) -> Reals:
    """The spectral envelope of poles of shape (F, order), each bin drawn from so many times its frequency."""
    circle = np.exp(1j * np.pi * np.minimum(np.arange(_BINS) * bend / (_BINS - 1), 1))
    distance = np.ones((len(poles), _BINS))
    for pole in poles.T:
        distance *= np.abs(circle - pole[:, None])
    return 1 / np.maximum(distance, 1e-6)


def _spread(curves: list[Wandering], count: int) -> Reals:
    """The next values of curves at the knots, at all frequencies in between: shape (count, bins)."""
    heard = np.log1p(np.arange(_BINS) * RATE / _FRAME / 700)  # O'Shaughnessy's mel scale
    at = heard / heard[-1] * (len(curves) - 1)
    shares = np.maximum(1 - np.abs(at - np.arange(len(curves))[:, None]), 0)
    values = np.stack([curve.take(count, _HOP / RATE) for curve in curves], axis=1)
    return np.asarray(np.exp(np.log(values) @ shares))
