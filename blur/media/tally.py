"""Counting what goes into a decoder and what comes out, so that no frame is lost unnoticed."""

from __future__ import annotations

from fractions import Fraction

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from blur.errors import DamagedError
from blur.media.asf import check_packets
from blur.media.broken import BrokenPlaceError, seconds_before
from blur.media.clip import Clip
from blur.media.flash import CONTAINER, FlashClock
from blur.media.gif import gif_frames
from blur.media.matroska import check_elements
from blur.media.ogg import check_pages
from blur.timing import clock

# How much less than the header's duration a whole file may hold: headers are rounded, and count
# the last packet's length in different ways.
_SLACK = Fraction(1, 2)

_CHECKS = {"ogg": check_pages, "matroska,webm": check_elements, "asf": check_packets}
"""What holds a container to its own numbers and checksums, by libav's name of its demuxer."""


class Tally:
    """Counts what went into the decoder and what came out, so that no frame is lost unnoticed."""

    def __init__(self, clip: Clip, stream: VideoStream) -> None:
        self._clip = clip
        self._stream = stream
        self._packets = 0
        self._expected = 0
        self._waiting: list[int] = []
        self._pictures = 0
        self._first = 0
        self._last = 0
        self._interlaced = False
        self._repeats = 0
        self._end = Fraction(0)

    def damage(self, what: str) -> DamagedError:
        return self._damage_at(self._clip.time_base.seconds(self._last - self._first), what)

    def _damage_at(
        self, seconds: Fraction, what: str = "a part of the file is broken or missing"
    ) -> DamagedError:
        return DamagedError(f"{self._clip.name} is damaged near {clock(seconds)}: {what}")

    def heard(self, packet: Packet[Stream]) -> None:
        """A packet of another stream, which tells how far the file reaches."""
        if packet.pts is not None and packet.time_base:
            self._end = max(self._end, (packet.pts + (packet.duration or 0)) * packet.time_base)

    def sent(self, packet: Packet[Stream]) -> None:
        """A packet of the picture, before it is decoded."""
        if packet.size == 0:
            self._repeats += packet.pts is not None
            return
        if packet.is_corrupt:
            raise self.damage("a part of the file is missing")
        self.heard(packet)
        self._packets += 1
        if packet.is_discard or (self._clip.codec == "vp8" and not bytes(packet)[0] & 0x10):
            return  # hidden by an edit list, or a VP8 picture that is only referred to
        self._expected += 1
        if not self._pictures and packet.pts is not None:
            self._waiting.append(packet.pts)

    def presented(self, picture: av.VideoFrame) -> None:
        if picture.is_corrupt:
            raise self.damage("a frame could not be decoded in full")
        if not self._pictures:
            # Frames before the first key frame refer to what a cut took away; players skip them.
            self._first = picture.pts or 0
            self._expected -= sum(pts < self._first for pts in self._waiting)
            self._waiting.clear()
        elif self._is_gap(picture.pts):
            raise self.damage("frames are missing")
        self._pictures += 1
        self._last = self._last if picture.pts is None else picture.pts
        self._interlaced |= picture.interlaced_frame

    def _is_gap(self, pts: int | None) -> bool:
        """Theora counts every frame, and says where one repeats the last."""
        skips = pts is not None and pts - self._last > 1
        return skips and self._clip.codec == "theora" and not self._repeats

    def check_whole(self, container: InputContainer) -> None:
        """Raises DamagedError where the file ended before what its header promises."""
        indexed = "mp4" in container.format.name or container.format.name == "avi"
        # Elsewhere, two fields may come in packets of their own and make one picture.
        fields = 2 if self._interlaced and not indexed else 1
        check = _CHECKS.get(container.format.name)
        if check is not None:
            try:
                check(self._clip.path)
            except BrokenPlaceError as error:
                raise self._damage_at(seconds_before(self._clip, error.at)) from error
        if self._pictures * fields < self._expected or not self._pictures:
            raise self.damage(f"{self._expected - self._pictures} frames are missing")
        if indexed:
            if len(self._stream.index_entries) > self._packets:
                raise self.damage("the file ends early")
        elif self._clip.codec == "gif":
            if gif_frames(self._clip.path) != self._pictures:
                raise self.damage("frames are missing")
        elif container.duration is not None:
            # Matroska's duration counts from 0, that of the others from the first packet.
            start = 0 if "matroska" in container.format.name else container.start_time or 0
            if container.format.name == CONTAINER:
                start = 1000 * FlashClock().unwound(start // 1000)
            promised = Fraction(container.duration + start, av.time_base)
            if promised - self._end > _SLACK:
                raise self.damage("the file ends early")
