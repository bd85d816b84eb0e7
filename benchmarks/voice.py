"""How far a disguised voice lies from what it was: python benchmarks/voice.py CLIP [--runs N]

Prints, for each run, the middle pitch and the middle first formants of the voiced parts before and
after, how far the sound has come out of step, and how long it took. It recognises nobody: how hard
it is to know a voice again, only experts with recognisers can tell, and they win in the end.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from blur.sound.disguise import RATE, disguise

Wave = NDArray[np.float32]
FRAME, HOP, ORDER = 800, 400, 18
LONGEST = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--runs", type=int, default=6)
    asked = parser.parse_args()
    wave = heard(asked.clip)
    print(f"{asked.clip.name}: {len(wave) / RATE:.1f} s")
    show("as it was", wave, wave, 0.0)
    for run in range(1, asked.runs + 1):
        began = time.monotonic()
        voice = np.concatenate(list(disguise(np.array_split(wave, max(len(wave) // 48_000, 1)))))
        show(f"run {run}", wave, voice, time.monotonic() - began)


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


def show(name: str, before: Wave, after: Wave, seconds: float) -> None:
    voiced, frames = voicing(before), np.lib.stride_tricks.sliding_window_view(after, FRAME)[::HOP]
    pitches = np.array([pitch(frame) for frame in frames[voiced]])
    first, second = np.nanmedian([formants(frame) for frame in frames[voiced]], axis=0)
    print(
        f"  {name:<10} pitch {np.median(pitches):4.0f} Hz, formants {first:4.0f} and {second:4.0f} Hz, "
        f"lag {1000 * lag(before, after):+5.1f} ms, {seconds:.2f} s"
    )


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
