"""Places in a file that are not as they were written, and the seconds to which they belong."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av

from blur.errors import DamagedError
from blur.media.clip import Clip
from blur.media.container import open_input, picture_stream
from blur.media.flash import demuxed
from blur.text import printable


class BrokenPlaceError(DamagedError):
    """A part of a file is broken or missing; ``at`` is the first byte that cannot be trusted."""

    def __init__(self, path: Path, at: int) -> None:
        super().__init__(f"{printable(path.name)} is damaged: a part of the file is broken or missing")
        self.at = at


def seconds_before(clip: Clip, at: int) -> Fraction:
    """How far into the clip the pictures reach that are coded before a byte; 0 where there is none."""
    times: list[int] = []
    with open_input(clip.path) as container:
        try:
            for packet in demuxed(container, picture_stream(container, clip.path)):
                if packet.pos is not None and packet.pos >= at:
                    break
                if packet.pts is not None:
                    times = [min([*times, packet.pts]), max([*times, packet.pts])]
        except (av.FFmpegError, ValueError):
            pass  # the place is behind all that can be read
    return clip.time_base.seconds(times[-1] - times[0]) if times else Fraction(0)
