"""Ten minutes of a frame rate that wanders, as phones do it: every frame and every sound in its place."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.settings import Settings
from blur.sound.keep import add_sound

RATE = 44_100
SIGNS = (2.0, 300.0, 597.0)
"""Seconds at which a bright frame comes with a tone."""
BASE = Fraction(1, 600)  # QuickTime's own


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
        time = np.arange(600 * RATE, dtype=np.float32) / RATE
        loud = np.zeros_like(time)
        for sign in SIGNS:
            at = slice(round(sign * RATE), round((sign + 0.1) * RATE))
            loud[at] = 0.8 * np.sin(2 * np.pi * 600 * time[at])
        heard = av.AudioFrame.from_ndarray(loud[None], "fltp", "mono")
        heard.sample_rate, heard.pts, heard.time_base = RATE, 0, Fraction(1, RATE)
        container.mux(track.encode(heard))
        container.mux(track.encode(None))
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


def test_ten_minutes_of_a_wandering_rate_keep_every_frame_and_sound_in_place(tmp_path: Path) -> None:
    pts = wandering()
    clip = probe(make(tmp_path / "a.mov", pts))
    silent, output = tmp_path / "silent.mp4", tmp_path / "b.mp4"
    with Writer(silent, clip, 18) as writer:
        for frame in read(clip):
            writer.write(frame)
    add_sound(silent, clip, output, Settings(audio="keep"))
    times, lit = bright(output)
    base = probe(output).time_base
    wanted = [when * BASE for when in pts]
    tick = max(base.fraction, BASE)
    assert len(times) == len(wanted)
    assert all(abs(base.seconds(t) - w) <= tick for t, w in zip(times, wanted, strict=True))
    assert lit == pytest.approx(SIGNS, abs=0.002)
    assert loud(output) == pytest.approx(SIGNS, abs=0.02)
