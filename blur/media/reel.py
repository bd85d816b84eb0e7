"""The pictures of a short clip, kept after one reading for the next one, which need not decode again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blur.media.clip import Clip, Frame

ROOM = 256 << 20
"""Bytes: at 30 frames a second, six seconds of 1280x720 or nearly three of 1920x1080."""


def may_fit(clip: Clip) -> bool:
    """Whether a reel is worth its memory, as far as the container tells."""
    return clip.frames is not None and clip.frames * clip.width * clip.height * 3 // 2 <= ROOM


class Reel:
    """Holds what a reading that only looks has decoded, until the next one takes it away.

    The pictures become the next reader's own: it may draw on them. So nothing that is drawn on is kept.
    """

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque()

    def keeping(self, decoded: Iterator[Frame]) -> Iterator[Frame]:
        """The decoded frames, which are kept once all have come, if they fit in."""
        room = ROOM
        fresh: deque[Frame] = deque()
        for frame in decoded:
            room -= sum(plane.buffer_size for plane in frame.picture.planes)
            if room >= 0:
                fresh.append(frame)
            else:
                fresh.clear()
            yield frame
        self._frames = fresh

    def taken(self) -> Iterator[Frame] | None:
        """The frames that are kept, which are let go of one by one; None where there are none."""
        if not self._frames:
            return None
        frames, self._frames = self._frames, deque()
        return (frames.popleft() for _ in range(len(frames)))
