"""GIFs, which libav decodes without a word about what is broken in them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from blur.errors import DamagedError
from blur.text import printable
from blur.timing import clock


def gif_frames(path: Path) -> int:
    """How many pictures a GIF holds, each decoded by Pillow, which knows broken ones.

    Raises:
        DamagedError: one of them cannot be decoded to its end.
    """
    from PIL import Image, ImageSequence  # which other videos do not need

    with path.open("rb") as file:
        frames, milliseconds = 0, 0
        try:
            with Image.open(file, formats=["GIF"]) as image:
                for frame in ImageSequence.Iterator(image):
                    frame.load()
                    frames += 1
                    milliseconds += int(frame.info.get("duration", 0))
        except Exception as error:  # decoders raise whatever they like
            near = clock(Fraction(milliseconds, 1000))
            message = f"{printable(path.name)} is damaged near {near}: a frame could not be decoded"
            raise DamagedError(message) from error
        return frames
