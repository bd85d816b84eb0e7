"""GIFs, which libav decodes without a word about what is broken in them."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av

from blur.errors import DamagedError
from blur.media.container import open_input
from blur.text import printable
from blur.timing import clock


def gif_frames(path: Path) -> int:
    """How many pictures a GIF holds, each decoded by Pillow, which knows broken ones.

    Raises:
        DamagedError: one of them cannot be decoded to its end.
    """
    frames, seconds, error = _good(path)
    if error is not None:
        message = f"{printable(path.name)} is damaged near {clock(seconds)}: a frame could not be decoded"
        raise DamagedError(message) from error
    return frames


def false_frames(path: Path) -> tuple[tuple[int, int], ...]:
    """First byte and end of what cannot be trusted: all from the first broken picture on, over which the
    later ones are drawn."""
    places: list[int] = []
    with open_input(path) as container, suppress(av.FFmpegError):
        places += (p.pos for p in container.demux(video=0) if p.size and p.pos is not None)
    frames, _, _ = _good(path)
    return ((places[frames], path.stat().st_size),) if frames < len(places) else ()


def _good(path: Path) -> tuple[int, Fraction, Exception | None]:
    """How many pictures are whole from the first on, how long they last, and what is wrong with the next."""
    from PIL import Image, ImageSequence  # which other videos do not need

    frames, milliseconds = 0, 0
    try:
        with path.open("rb") as file, Image.open(file, formats=["GIF"]) as image:
            for frame in ImageSequence.Iterator(image):
                frame.load()
                frames += 1
                milliseconds += int(frame.info.get("duration", 0))
    except Exception as error:  # noqa: BLE001 - decoders raise whatever they like
        return frames, Fraction(milliseconds, 1000), error
    return frames, Fraction(milliseconds, 1000), None
