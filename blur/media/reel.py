"""The pictures of a short clip, kept after one reading for the next one: decoding costs a tenth of a run."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blur.media.clip import Clip, Frame

ROOM = 256 << 20
"""Bytes: eight seconds of 1280x720, three of 1920x1080."""


def may_fit(clip: Clip) -> bool:
    """Whether a reel is worth its memory, as far as the container tells."""
    return clip.frames is not None and clip.frames * clip.width * clip.height <= ROOM


class Reel:
    """Holds what one reading decoded until the next takes it away, if all of it fits in.

    The pictures become the second reader's own: it may draw on them, and a third decodes again.
    """

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque()

    def read(self, decoded: Iterator[Frame]) -> Iterator[Frame]:
        """The frames that are kept, else the decoded ones, which are kept if they end in time."""
        if self._frames:
            frames, self._frames = self._frames, deque()
            while frames:
                yield frames.popleft()
            return
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
