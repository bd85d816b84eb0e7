"""Small drawn clips for tests, written with PyAV directly and not with what is being tested."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray


def scene(index: int, width: int, height: int) -> NDArray[np.uint8]:
    """A picture whose corners differ: shape (H, W, 3), RGB. Red is top left, and a bar moves."""
    rows, columns = np.mgrid[0:height, 0:width]
    picture = np.stack([columns * 90 // width + 60, rows * 90 // height + 60, 0 * rows + 80], axis=-1)
    picture[: height // 3, : width // 3] = (230, 20, 20)
    left = (index * 3) % width
    picture[height // 2 :, left : left + 4] = 200
    return picture.astype(np.uint8)


def tone(seconds: float, rate: int, start: float = 0.0) -> NDArray[np.float32]:
    """Silence, then a loud tone from ``start`` on: shape (1, N)."""
    time = np.arange(round(seconds * rate)) / rate
    return np.where(time >= start, 0.8 * np.sin(2 * np.pi * 600 * time), 0.0).astype(np.float32)[None]


def make_clip(
    path: Path,
    *,
    size: tuple[int, int] = (96, 64),
    pts: Sequence[int] = tuple(range(12)),
    time_base: Fraction = Fraction(1, 30),
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    turn: float | None = None,
    mirrored: bool = False,
    sound: NDArray[np.float32] | None = None,
    tags: dict[str, int] | None = None,
    aspect: Fraction | None = None,
    muxing: dict[str, str] | None = None,
    coding: dict[str, str] | None = None,
    draw: Callable[[int, int, int], NDArray[np.uint8]] = scene,
) -> Path:
    """Writes a clip with these frame times and the pictures that ``draw`` makes, and returns its path."""
    width, height = size
    with av.open(str(path), "w", container_options=muxing or {}) as container:
        stream: Any = container.add_stream(codec, rate=30, options=coding or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        stream.codec_context.time_base = time_base
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        for name, value in (tags or {}).items():
            setattr(stream.codec_context, name, value)
        if turn is not None or mirrored:
            stream.set_display_rotation(turn or 0.0, hflip=mirrored)
        track: Any = None
        if sound is not None:
            track = container.add_stream("libopus" if path.suffix == ".webm" else "aac", rate=48000)
            track.layout = "mono"
        for index, when in enumerate(pts):
            frame = av.VideoFrame.from_ndarray(draw(index, width, height), "rgb24")
            frame = frame.reformat(format=pixel_format)
            frame.pts, frame.time_base = when, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            heard = av.AudioFrame.from_ndarray(sound, "fltp", "mono")
            heard.sample_rate, heard.pts, heard.time_base = 48000, 0, Fraction(1, 48000)
            container.mux(track.encode(heard))
            container.mux(track.encode(None))
    return path
