"""Frames for the screen: small, in any order, without the libraries that the engine looks with.

A window must not load OpenCV, whose Linux packages point Qt to plugins of their own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from blur.errors import DamagedError
from blur.media.clip import Clip
from blur.media.container import open_input, picture_stream
from blur.media.photo_kind import photo_kind
from blur.media.probe import probe
from blur.media.stills import probe_still, read_still
from blur.text import printable

Pixels = NDArray[np.uint8]
"""Shape (H, W, 4), uint8, C-contiguous: blue, green, red and an alpha of 255."""

TOLERANCE = Fraction(1, 1000)
"""Seconds by which a container that counts in milliseconds may give a frame too early."""


class Preview:
    """An open clip whose frames are named by their position among ``times``; see open_preview."""

    def __init__(self, clip: Clip, container: InputContainer, times: Sequence[Fraction]) -> None:
        self.clip = clip
        self._times = times
        self._container = container
        self._stream = picture_stream(container, clip.path)
        self._stream.thread_type = "AUTO"
        self._first = next((p.pts for p in container.decode(self._stream) if p.pts is not None), 0)

    @property
    def shape(self) -> tuple[int, int]:
        """Width and height of the upright picture as it is to be shown, in square pixels."""
        return max(1, round(self.clip.width * self.clip.pixel_aspect)), self.clip.height

    def frames(self, start: int, fit: tuple[int, int]) -> Iterator[tuple[int, Pixels]]:
        """Yields frames and their positions from ``start`` on, none larger than ``fit`` (width, height).

        Only one such iterator is good at a time: a new one moves the clip.
        """
        try:
            for index, picture in self._from(start):
                if index >= start:
                    yield index, self._pixels(picture, fit)
        except (av.FFmpegError, ValueError) as error:
            raise DamagedError(f"{self.clip.name} cannot be shown here") from error

    def _from(self, start: int) -> Iterator[tuple[int, av.VideoFrame]]:
        pictures = self._seek(start)
        begun = next(pictures, None)
        if begun is None or begun[0] > start > 0:
            pictures, begun = self._seek(0), None  # the container cannot find its way; walk from the start
        if begun is not None:
            yield begun
        yield from pictures

    def _seek(self, index: int) -> Iterator[tuple[int, av.VideoFrame]]:
        base = self.clip.time_base
        offset = round(self._times[index] / base.fraction) if index else 0
        self._container.seek(self._first + offset, stream=self._stream, backward=True)
        for picture in self._container.decode(self._stream):
            if picture.pts is not None and picture.pts >= self._first:
                seconds = base.seconds(picture.pts - self._first)
                yield max(bisect_right(self._times, seconds + TOLERANCE) - 1, 0), picture

    def _pixels(self, picture: av.VideoFrame, fit: tuple[int, int]) -> Pixels:
        size = _fitted(self.shape, fit)
        turned = self.clip.quarter_turns % 2 == 1
        pixels = _scaled(picture, size[::-1] if turned else size)
        if self.clip.mirrored:
            pixels = pixels[:, ::-1]
        return np.ascontiguousarray(np.rot90(pixels, self.clip.quarter_turns), np.uint8)


class Still:
    """An open photo, as a clip of one frame."""

    def __init__(self, path: Path) -> None:
        self._photo = av.VideoFrame.from_ndarray(read_still(probe_still(path)), "rgb24")

    def frames(self, start: int, fit: tuple[int, int]) -> Iterator[tuple[int, Pixels]]:
        """Yields the photo, no larger than ``fit`` (width, height)."""
        yield start, _scaled(self._photo, _fitted((self._photo.width, self._photo.height), fit))


def _fitted(shape: tuple[int, int], fit: tuple[int, int]) -> tuple[int, int]:
    """The size at which ``shape`` fits into ``fit``, never more than its own."""
    scale = min(fit[0] / shape[0], fit[1] / shape[1], 1.0)
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def _scaled(picture: av.VideoFrame, size: tuple[int, int]) -> Pixels:
    # With several threads, swscale leaves stray pixels where their shares meet.
    scaled = picture.reformat(*size, "bgra", interpolation="BILINEAR", threads=1)
    return np.asarray(scaled.to_ndarray(), np.uint8)


@contextmanager
def open_preview(path: Path, times: Sequence[Fraction]) -> Iterator[Preview | Still]:
    """Opens a video or a photo for showing.

    Args:
        path: of the clip, opened for reading only.
        times: of its frames in seconds after the first one, rising.

    Raises:
        InputError: as probe and probe_still, and DamagedError where its first picture cannot be decoded.
    """
    if photo_kind(path) is not None:
        yield Still(path)
        return
    clip = probe(path)
    with open_input(path) as container:
        try:
            preview = Preview(clip, container, times)
        except (av.FFmpegError, ValueError) as error:
            raise DamagedError(f"{printable(path.name)} cannot be shown here") from error
        yield preview
