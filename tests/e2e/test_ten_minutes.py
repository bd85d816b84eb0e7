"""Ten minutes of a wandering frame rate and a drifting sound, as of phones: all comes in its place."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from blur.media.clip import Clip
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.settings import Audio, Settings
from blur.sound.keep import add_sound

RATE = 44_100
SIGNS = (2.0, 300.0, 597.0)
"""Seconds at which a bright frame comes with a tone."""
BASE = Fraction(1, 600)  # QuickTime's own
DRIFT = 1.0002
"""How long a second of sound lasts by the picture's clock: 120 ms in ten minutes would be lost."""


def wandering() -> list[int]:
    """600 seconds of frames that last from 33 to 250 ms, in ticks of BASE, with a frame at every sign."""
    steps = np.random.default_rng(4).integers(20, 150, 10_000).cumsum()
    signs = [round(sign / BASE) for sign in SIGNS]
    return sorted({0, *signs, *steps[steps < 600 / BASE].tolist()})


def make(path: Path, pts: list[int]) -> Path:
    signs = [round(sign / BASE) for sign in SIGNS]
    with av.open(str(path), "w") as container:
        picture: Any = container.add_stream("libx264", rate=30, options={"preset": "ultrafast", "bf": "2"})
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        picture.codec_context.time_base = BASE
        track: Any = container.add_stream("aac", rate=RATE)
        track.layout = "mono"
        for when in pts:
            grey = np.full((48, 64, 3), 230 if when in signs else 40, np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, "rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = when, BASE
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        time = np.arange(round(600 * RATE / DRIFT)) / RATE * DRIFT
        loud = np.zeros(len(time), np.float32)
        for sign in SIGNS:
            at = (sign <= time) & (time < sign + 0.1)
            loud[at] = 0.8 * np.sin(2 * np.pi * 600 * time[at])
        heard = av.AudioFrame.from_ndarray(loud[None], "fltp", "mono")
        heard.sample_rate, heard.pts, heard.time_base = RATE, 0, Fraction(1, RATE)
        for packet in [*track.encode(heard), *track.encode(None)]:
            packet.pts = packet.dts = round(packet.pts * DRIFT)
            container.mux(packet)
    return path


def bright(path: Path) -> tuple[list[int], list[float]]:
    """The times of all frames, from the first on, and the seconds of the bright ones."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [(f.pts, f.to_ndarray(format="gray")[24, 32] > 130) for f in container.decode(stream)]
        base = stream.time_base
    return [pts for pts, _ in frames], [float(pts * base) for pts, lit in frames if lit]


def loud(path: Path) -> list[float]:
    """The seconds at which a tone begins."""
    begins: list[float] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            over = np.abs(frame.to_ndarray()[0]) > 0.3
            if over.any():
                begin = float(frame.pts * frame.time_base) + int(over.argmax()) / frame.sample_rate
                if not begins or begin - begins[-1] > 1:
                    begins.append(begin)
    return begins


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return probe(make(tmp_path_factory.mktemp("ten") / "a.mov", wandering()))


@pytest.fixture(scope="module")
def silent(clip: Clip) -> Path:
    path = clip.path.with_name("silent.mp4")
    with Writer(path, clip, Settings().crf) as writer:
        for frame in read(clip):
            writer.write(frame)
    return path


@pytest.mark.parametrize("audio", ["keep", "disguise"])
def test_ten_minutes_of_a_wandering_rate_keep_every_frame_and_sound_in_place(
    tmp_path: Path, clip: Clip, silent: Path, audio: Audio
) -> None:
    output = tmp_path / "b.mp4"
    add_sound(silent, clip, output, Settings(audio=audio))
    times, lit = bright(output)
    base = probe(output).time_base
    wanted = [when * BASE for when in wandering()]
    tick = max(base.fraction, BASE)
    assert len(times) == len(wanted)
    assert all(abs(base.seconds(t) - w) <= tick for t, w in zip(times, wanted, strict=True))
    assert lit == pytest.approx(SIGNS, abs=0.002)
    assert loud(clip.path) == pytest.approx(SIGNS, abs=0.001)
    assert loud(output) == pytest.approx(SIGNS, abs=0.02)
