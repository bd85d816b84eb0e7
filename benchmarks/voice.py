"""How far a disguised voice lies from what it was: python benchmarks/voice.py RECORDING [OTHERS...]

Prints what phoneticians measure, for each run: the middle pitch and first formants of the voiced
parts; how far the sound has come out of step; the colour, which is the long-term average spectrum in
bands of equal width to the ear, and how many decibels it lies from the voice's own; how far it still
does after the best undoing, by an expert who runs Blur's own code backwards with the right pitch and
tries every coefficient; and how far it then lies from the voices in the other recordings, each given
its own best undoing. The first line says how far the voice's own two halves lie apart. The last
figure is intelligibility (STOI; Taal et al., IEEE TASLP 2011; up to 1), which knows nothing of voices
that are shifted and counts them as worse than they are.

It recognises nobody: how hard it is to know a voice again, only experts with recognisers can tell,
and they win in the end. Needs `pip install -e .[bench]`; benchmarks/speakers.py makes voices.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from pystoi import stoi

from blur.sound import disguise as disguising
from blur.sound.disguise import RATE, disguise

Wave = NDArray[np.float32]
Reals = NDArray[np.float64]
FRAME, HOP, ORDER = 800, 400, 18
LONGEST = 60
COEFFICIENTS = (0.72, 0.77, 0.82, 0.88, 0.94, 1.0, 1.06, 1.12, 1.17, 1.22, 1.27)
BANDS = 700 * np.expm1(np.linspace(np.log1p(100 / 700), np.log1p(4600 / 700), 22))  # edges in hertz


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recording", type=Path)
    parser.add_argument("others", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=6)
    asked = parser.parse_args()
    wave = heard(asked.recording)
    others = [colour(heard(path)) for path in asked.others]
    print(f"{asked.recording.name}: {len(wave) / RATE:.1f} s")
    halves = apart(*(colour(half) for half in np.array_split(wave, 2)))
    print(f"  as it was: {voiced(wave, wave)}, halves {halves:.1f} dB apart{tail(colour(wave), others)}")
    for run in range(1, asked.runs + 1):
        began = time.monotonic()
        voice = np.concatenate(list(disguise(np.array_split(wave, max(len(wave) // 48_000, 1)))))
        took = time.monotonic() - began
        ratio = middle_pitch(wave, voice) / middle_pitch(wave, wave)
        tries = [colour(undone(voice, ratio, coefficient)) for coefficient in COEFFICIENTS]
        own = min(apart(colour(wave), one) for one in tries)
        strangers = [min(apart(other, one) for one in tries) for other in others]
        changed = apart(colour(wave), colour(voice))
        print(
            f"  run {run}: {voiced(wave, voice)}, lag {1000 * lag(wave, voice):+.1f} ms, "
            f"colour {changed:.1f} dB off, undone {own:.1f} dB{closest(strangers)}, "
            f"STOI {stoi(wave, voice, RATE):.2f}, {took:.2f} s"
        )


def voiced(before: Wave, after: Wave) -> str:
    frames = np.lib.stride_tricks.sliding_window_view(after, FRAME)[::HOP][voicing(before)]
    first, second = np.nanmedian([formants(frame) for frame in frames], axis=0)
    return f"pitch {middle_pitch(before, after):.0f} Hz, formants {first:.0f} and {second:.0f} Hz"


def middle_pitch(before: Wave, after: Wave) -> float:
    """Of what is voiced in the first, in the second."""
    frames = np.lib.stride_tricks.sliding_window_view(after, FRAME)[::HOP][voicing(before)]
    return float(np.median([pitch(frame) for frame in frames]))


def tail(own: Reals, others: list[Reals]) -> str:
    return closest([apart(own, other) for other in others])


def closest(figures: list[float]) -> str:
    """How far the other voices lie, in words."""
    return f" (others {min(figures):.1f} to {max(figures):.1f})" if figures else ""


def colour(wave: Wave) -> Reals:
    """The long-term average spectrum of what is not silent, in decibels about its mean: shape (bands,)."""
    frames = np.lib.stride_tricks.sliding_window_view(wave, FRAME)[::HOP] * np.hanning(FRAME)
    power = np.abs(np.fft.rfft(frames)) ** 2
    loudness = power.sum(axis=1)
    mean = power[loudness > 0.05 * np.percentile(loudness, 95)].mean(axis=0)
    hertz = np.fft.rfftfreq(FRAME, 1 / RATE)
    levels = np.array([mean[(hertz >= low) & (hertz < high)].sum() for low, high in pairwise(BANDS)])
    decibels = 10 * np.log10(levels + 1e-12)
    return np.asarray(decibels - decibels.mean())


def apart(one: Reals, other: Reals) -> float:
    """Root of the mean square over the bands, in decibels."""
    return float(np.sqrt(((one - other) ** 2).mean()))


class Steady(disguising.Wandering):
    """A curve that does not wander."""

    def __init__(self, value: float) -> None:
        self.value = value

    def take(self, count: int, step: float) -> Reals:
        del step
        return np.full(count, self.value)


class Expert(disguising._Voice):  # noqa: SLF001 -- who undoes a disguise has Blur's code
    """The disguise with a pitch and a coefficient that stay."""

    def __init__(self, pitch_ratio: float, coefficient: float) -> None:
        super().__init__(np.random.default_rng())
        self._pitch, self._coefficient = Steady(pitch_ratio), Steady(coefficient)
        self._bends = self._colours = [Steady(1.0)] * len(self._bends)


def undone(voice: Wave, ratio: float, coefficient: float) -> Wave:
    """The voice with a constant pitch ratio and a constant coefficient undone."""
    whole = len(voice) // 1600 * 1600 - 1120  # 40 ms, and every 10 ms after
    return Expert(1 / ratio, 1 / coefficient).speak(voice[:whole].astype(float)).astype(np.float32)


def heard(path: Path) -> Wave:
    """The first sound track as one channel: shape (N,), a minute at most."""
    resampler = av.AudioResampler("flt", "mono", RATE)
    with av.open(str(path)) as container:
        pieces = [
            piece.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for piece in resampler.resample(frame)
        ]
    return np.concatenate(pieces)[: LONGEST * RATE]


def voicing(wave: Wave) -> NDArray[np.bool_]:
    """Which frames are loud and periodic."""
    frames = np.lib.stride_tricks.sliding_window_view(wave, FRAME)[::HOP]
    loud = frames.std(axis=1) > 0.5 * wave.std()
    return loud & np.array([periodicity(frame)[1] > 0.5 for frame in frames])


def periodicity(frame: Wave) -> tuple[int, float]:
    """The lag of the strongest repetition between 70 and 400 Hz, and how strong it is, up to 1."""
    power = np.abs(np.fft.rfft(frame - frame.mean(), 2 * FRAME)) ** 2
    echo = np.fft.irfft(power)[:FRAME] / np.maximum(FRAME - np.arange(FRAME), 1)
    shortest, longest = RATE // 400, RATE // 70
    at = shortest + int(np.argmax(echo[shortest:longest]))
    return at, float(echo[at] / max(echo[0], 1e-12))


def pitch(frame: Wave) -> float:
    return RATE / periodicity(frame)[0]


def formants(frame: Wave) -> tuple[float, float]:
    """The two lowest sharp peaks of linear prediction, in hertz."""
    spread = np.fft.irfft(np.abs(np.fft.rfft(frame * np.hamming(FRAME), 2 * FRAME)) ** 2)[: ORDER + 1]
    spread[0] *= 1.0001
    lags = np.abs(np.arange(ORDER)[:, None] - np.arange(ORDER))
    poles = np.roots([1, *-np.linalg.solve(spread[lags] + 1e-9 * np.eye(ORDER), spread[1:])])
    angles = np.sort(np.angle(poles[(poles.imag > 0) & (np.abs(poles) > 0.85)])) * RATE / (2 * np.pi)
    peaks = angles[angles > 200]
    return (float(peaks[0]), float(peaks[1])) if len(peaks) > 1 else (np.nan, np.nan)


def lag(before: Wave, after: Wave) -> float:
    """How much later the loudness rises and falls, in seconds."""
    one, two = (np.convolve(wave.astype(float) ** 2, np.hanning(320), "same") for wave in (before, after))
    size = 2 * len(one)
    agreement = np.fft.irfft(
        np.fft.rfft(two - two.mean(), size) * np.conj(np.fft.rfft(one - one.mean(), size)), size
    )
    at = int(np.argmax(agreement))
    return (at - size if at > size // 2 else at) / RATE


if __name__ == "__main__":
    main()
