"""Animated WebP: a clip that libav cannot decode and Pillow can."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av
import numpy as np
from av.video.format import VideoFormat

from blur.errors import DamagedError, UnsupportedError
from blur.media.clip import Clip
from blur.media.container import check_size
from blur.media.probe import planar_format
from blur.text import printable
from blur.timing import TimeBase, clock

CONTAINER = "webp"
_PIXELS = "rgba"
_MILLISECONDS = TimeBase(1, 1000)
_FIRST_CHUNK = 12
MAX_BYTES = 100_000_000
"""The largest file that is taken: its decoder holds all of it, and so does this module."""
_HINT = f"Blur takes moving WebPs of up to {MAX_BYTES // 1_000_000} MB; send the video that it was made from."


def probe_webp(path: Path) -> Clip:
    """What the animation is, as its chunks say; no pixel is decoded.

    Raises:
        UnsupportedError: the file or its pictures are too large.
        DamagedError: it is cut short, or holds no picture.
    """
    if path.stat().st_size > MAX_BYTES:
        raise UnsupportedError(f"{printable(path.name)} is too large: a WebP is held in memory whole", _HINT)
    content = path.read_bytes()
    width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
    check_size(path, width, height)
    durations = _durations(path, content)
    total = sum(durations)
    return Clip(
        path=path,
        container=CONTAINER,
        codec=CONTAINER,
        width=width,
        height=height,
        quarter_turns=0,
        mirrored=False,
        pixel_format=planar_format(VideoFormat(_PIXELS), width, height, turned=False),
        time_base=_MILLISECONDS,
        frames=len(durations),
        duration=Fraction(total, 1000) if total else None,
        rate=Fraction(1000 * len(durations), total) if total else None,
        sound=None,
    )


def webp_pictures(clip: Clip) -> Iterator[tuple[int, av.VideoFrame | None]]:
    """Every picture of the animation and its time, drawn over the ones before as the file asks.

    Of a clip with ``damage`` there is None from the first broken picture on, over which all later ones are
    drawn.

    Raises:
        DamagedError: one of them cannot be decoded.
    """
    from PIL import Image  # which other videos do not need

    content = clip.path.read_bytes()
    times = [0, *accumulate(_durations(clip.path, content))][:-1]
    near, shown = "", 0  # a broken head of any picture fails at once, and nothing says of which
    try:
        with Image.open(io.BytesIO(content), formats=["WEBP"]) as image:
            for time in times:
                near = f" near {clock(Fraction(time, 1000))}"
                image.seek(shown)
                pixels = np.asarray(image.convert("RGBA"))
                yield time, av.VideoFrame.from_ndarray(pixels, _PIXELS)
                shown += 1
    except (OSError, EOFError, ValueError, SyntaxError) as error:
        if not clip.damage:
            raise DamagedError(f"{clip.name} is damaged{near}: a frame could not be decoded") from error
        yield from ((time, None) for time in times[shown:])


def _durations(path: Path, content: bytes) -> list[int]:
    """Milliseconds of each frame, as the ANMF chunks have them; WebP Container Specification."""
    durations, at = [], _FIRST_CHUNK
    end = int.from_bytes(content[4:8], "little") + 8
    while at + 8 <= min(end, len(content)):
        kind, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if kind == b"ANMF":
            durations.append(int.from_bytes(content[at + 20 : at + 23], "little"))
        at += 8 + size + size % 2
    if at != end or end > len(content) or not durations:
        raise DamagedError(f"{printable(path.name)} is damaged: the file ends early")
    return durations
