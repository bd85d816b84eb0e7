"""GIFs, which libav decodes without a word about what is broken in them."""

from __future__ import annotations

from pathlib import Path

from blur.errors import DamagedError
from blur.text import printable


def gif_frames(path: Path) -> int:
    """How many pictures a GIF holds, each decoded by Pillow, which knows broken ones.

    Raises:
        DamagedError: one of them cannot be decoded to its end.
    """
    from PIL import Image, ImageSequence  # which other videos do not need

    with path.open("rb") as file:
        try:
            with Image.open(file, formats=["GIF"]) as image:
                return sum(frame.load() is not None for frame in ImageSequence.Iterator(image))
        except Exception as error:  # decoders raise whatever they like
            raise DamagedError(f"{printable(path.name)} is damaged: a frame could not be decoded") from error
