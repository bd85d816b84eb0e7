from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from blur.sound import disguise as disguising
from blur.sound.disguise import RATE, Wandering, disguise

Wave = NDArray[np.float32]
FORMANTS = (500, 1500, 2500)


def vowel(pitch: float, seconds: float = 4) -> Wave:
    """A voice that holds one vowel: pulses of the throat through three formants; shape (N,)."""
    pulses = np.zeros(int(seconds * RATE))
    pulses[np.arange(0, len(pulses), RATE / pitch).astype(int)] = 1
    return spoken(pulses)


def spoken(breath: NDArray[np.float64]) -> Wave:
    frequency = np.fft.rfftfreq(len(breath), 1 / RATE)
    mouth = sum(1 / (1 + ((frequency - formant) / 80) ** 2) for formant in FORMANTS)
    voice = np.fft.irfft(np.fft.rfft(breath) * mouth, len(breath))
    return (0.5 * voice / np.abs(voice).max()).astype(np.float32)


def heard(wave: Wave, seed: int | None = None, pieces: int = 7) -> Wave:
    rng = None if seed is None else np.random.default_rng(seed)
    return np.concatenate(list(disguise(np.array_split(wave, pieces), rng)))


def pitch_of(wave: Wave, about: float) -> float:
    """By the autocorrelation's peak not far from a pitch, in hertz; never an octave below what it may be."""
    echo = np.fft.irfft(np.abs(np.fft.rfft(wave - wave.mean(), 2 * len(wave))) ** 2)
    shortest, longest = int(RATE / about / 1.7), int(RATE / about * 1.5)
    return RATE / (shortest + int(np.argmax(echo[shortest:longest])))


def formant_of(wave: Wave) -> float:
    """The first peak of the smoothed spectrum above 300 Hz, in hertz."""
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)))) ** 2
    frequency = np.fft.rfftfreq(len(wave), 1 / RATE)
    width = max(1, int(250 / frequency[1]))
    smooth = np.convolve(power, np.hanning(width), "same")
    band = (frequency > 300) & (frequency < 1000)
    return float(frequency[band][np.argmax(smooth[band])])


@pytest.mark.parametrize("pitch", [110, 210])
def test_pitch_is_well_away_from_what_it_was(pitch: float) -> None:
    wave = vowel(pitch)
    for seed in range(6):
        piece = heard(wave, seed)[RATE : 2 * RATE]
        ratio = pitch_of(piece, pitch) / pitch
        assert 0.65 < ratio < 0.93 or 1.1 < ratio < 1.58


def test_formants_are_moved_too() -> None:
    wave = vowel(90)
    before = formant_of(wave[RATE : 2 * RATE])
    after = [formant_of(heard(wave, seed)[RATE : 2 * RATE]) for seed in range(8)]
    assert before == pytest.approx(500, abs=40)
    assert sum(abs(value - before) > 30 for value in after) >= 6


def colour(wave: Wave) -> NDArray[np.float64]:
    """Decibels in bands of a third of an octave, whatever the loudness."""
    power = np.abs(np.fft.rfft(wave)) ** 2
    frequency = np.fft.rfftfreq(len(wave), 1 / RATE)
    edges = 200 * 2 ** (np.arange(15) / 3)
    bands = [power[(frequency >= low) & (frequency < high)].sum() for low, high in pairwise(edges)]
    level = 10 * np.log10(bands)
    return np.asarray(level - level.mean())


def apart(one: Wave, other: Wave) -> float:
    return float(np.sqrt(((colour(one) - colour(other)) ** 2).mean()))


def test_more_than_pitch_and_formants_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds out the pitch and the coefficient is left with another colour, each time another."""
    wave = spoken(np.random.default_rng(1).standard_normal(4 * RATE))  # a whisper has no pitch
    monkeypatch.setattr(disguising, "_PITCHES", ((1.0, 1.0),))
    monkeypatch.setattr(disguising, "_COEFFICIENTS", ((1.0, 1.0),))
    draws = [heard(wave, seed) for seed in range(4)]
    assert min(apart(wave, draw) for draw in draws) > 3
    assert min(apart(one, other) for one, other in combinations(draws, 2)) > 3
    monkeypatch.setattr(disguising, "_BENDS", ((1.0, 1.0),))
    monkeypatch.setattr(disguising, "_COLOURS", ((1.0, 1.0),))
    assert max(apart(wave, heard(wave, seed)) for seed in range(2)) < 2.5


def test_the_shift_wanders() -> None:
    voice = heard(vowel(110, 12), 3)
    pitches = [pitch_of(voice[at : at + 4000], 110) for at in range(RATE, 11 * RATE, 4000)]
    assert max(pitches) / min(pitches) > 1.03


def test_every_run_is_another() -> None:
    wave = vowel(110, 1)
    assert not np.allclose(heard(wave), heard(wave), atol=0.01)


def clap(wave: Wave) -> Wave:
    """Bursts of noise at odd times."""
    rng = np.random.default_rng(5)
    clapped = np.zeros_like(wave)
    for at in (0.5, 1.1, 2.3, 3.05):
        clapped[int(at * RATE) :][:1600] = 0.5 * rng.standard_normal(1600)
    return clapped


def envelope(wave: Wave) -> NDArray[np.float64]:
    smooth = np.convolve(wave.astype(float) ** 2, np.hanning(320), "same")
    return smooth - smooth.mean()


@pytest.mark.parametrize(
    "make", [lambda: clap(vowel(110)), lambda: vowel(110) * (np.arange(4 * RATE) > RATE)]
)
def test_sound_stays_within_twenty_milliseconds_of_the_lips(make: Callable[[], Wave]) -> None:
    wave = make()
    for seed in range(4):
        one, two = envelope(wave), envelope(heard(wave, seed))
        size = 2 * len(one)
        agreement = np.fft.irfft(np.fft.rfft(two, size) * np.conj(np.fft.rfft(one, size)), size)
        lag = int(np.argmax(agreement))
        lag = lag - size if lag > size // 2 else lag
        assert abs(lag) / RATE <= 0.02


@pytest.mark.parametrize("length", [0, 1, 159, 640, 10_240, 10_880, 11_000, 40_000])
@pytest.mark.parametrize("pieces", [1, 3])
def test_it_is_as_long_as_it_was_however_it_comes(length: int, pieces: int) -> None:
    wave = vowel(110)[:length]
    voice = heard(wave, 1, pieces)
    assert len(voice) == length
    assert np.isfinite(voice).all()
    assert np.allclose(voice, heard(wave, 1, 1), atol=1e-5)


def test_silence_stays_silent_and_loudness_is_kept() -> None:
    assert np.abs(heard(np.zeros(RATE, np.float32), 1)).max() < 1e-3
    wave = vowel(110)
    assert 0.4 < heard(wave, 1).std() / wave.std() < 1.3


def test_a_curve_stays_about_its_middle_and_away_from_no_shift() -> None:
    for seed in range(20):
        curve = Wandering(np.random.default_rng(seed), ((0.72, 0.86), (1.18, 1.42))).take(4000, 0.01)
        assert (curve < 0.91).all() or (curve > 1.11).all()
        assert np.abs(np.diff(curve)).max() < 0.01
        assert curve.std() > 0.003
