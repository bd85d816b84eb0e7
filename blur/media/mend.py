"""Damaged clips, for who asks for them: what cannot be decoded without guessing is black, as a whole.

From the first packet that fails to the next key frame every frame refers to something that is lost.
None of them is decoded; a black frame stands at each one's time instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from blur.media.asf import false_packets
from blur.media.clip import Clip
from blur.media.container import open_input, picture_stream
from blur.media.decoder import decoder
from blur.media.flash import demuxed
from blur.media.gif import false_frames
from blur.media.matroska import false_clusters
from blur.media.ogg import false_pages
from blur.media.picture import plane_views

_FALSE = {
    "matroska,webm": false_clusters,
    "ogg": false_pages,
    "asf": false_packets,
    "gif": false_frames,
}
"""What tells the parts of a container that are not as they were written, by libav's name of its demuxer."""


def patched(
    clip: Clip, container: InputContainer, stream: VideoStream
) -> Iterator[tuple[int, av.VideoFrame | None]]:
    """Every frame's time in order and its decoded picture, or None where there is none to be trusted."""
    last: int | None = None
    for pts, picture in _Patch(clip, container, stream).frames():
        if last is None or pts > last:
            last = pts
            yield pts, picture


def black(clip: Clip, like: av.VideoFrame | None) -> av.VideoFrame:
    """A black picture in the clip's format, tagged as another one is."""
    picture = av.VideoFrame(clip.width, clip.height, clip.pixel_format)
    if like is not None:
        picture.color_range, picture.colorspace = like.color_range, like.colorspace
        picture.color_primaries, picture.color_trc = like.color_primaries, like.color_trc
    scale = 1 << (picture.format.components[0].bits - 8)
    luma, *chroma = plane_views(picture)
    luma[:] = 0 if picture.color_range == ColorRange.JPEG else 16 * scale
    for plane in chroma:
        plane[:] = 128 * scale
    return picture


@dataclass(frozen=True, slots=True)
class _Span:
    """A part of a file that is not as it was written: its bytes, and the times of the pictures around it."""

    begin: int
    end: int
    after: float
    before: float


def false_places(clip: Clip) -> tuple[tuple[int, int], ...]:
    """First byte and end of each part that is not as it was written, where the container can tell.

    Raises:
        BrokenPlaceError: something is broken of which no frame can be told.
    """
    find = _FALSE.get(clip.container)
    return find(clip.path) if find is not None else ()


def _broken_spans(clip: Clip) -> list[_Span]:
    places = false_places(clip)
    if not places:
        return []
    with open_input(clip.path) as container:
        packets = demuxed(container, picture_stream(container, clip.path))
        coded = [(p.pos, p.pts) for p in packets if p.size and p.pos is not None and p.pts is not None]
    right = [each for each in coded if not any(begin <= each[0] < end for begin, end in places)]
    return [
        _Span(
            begin,
            end,
            max((pts for at, pts in right if at < begin), default=-inf),
            min((pts for at, pts in right if at >= end), default=inf),
        )
        for begin, end in places
    ]


class _Patch:
    """A decoder that is emptied at the first doubt and begins anew at the next key frame."""

    def __init__(self, clip: Clip, container: InputContainer, stream: VideoStream) -> None:
        self._clip = clip
        self._container = container
        self._stream = stream
        self._codec = decoder(
            clip, stream, threads=1
        )  # with several, a failure is told late and of another frame
        self._broken = _broken_spans(clip)
        self._passed = 0
        self._step = max(1, round(1 / (clip.rate * clip.time_base.fraction))) if clip.rate else 1
        self._sent: set[int] = set()
        self._lost: set[int] = set()
        self._key: int | None = None
        """Of the key frame at which decoding began; None while nothing is decoded."""

    def frames(self) -> Iterator[tuple[int, av.VideoFrame | None]]:
        for packet in self._packets():
            yield from self._decode(packet)
        self._lost |= self._sent
        yield from ((pts, None) for pts in sorted(self._lost))

    def _packets(self) -> Iterator[Packet[VideoStream]]:
        try:
            for packet in demuxed(self._container, self._stream):
                # An empty one without a time comes last and asks for what is left.
                if packet.size and self._has_passed(packet):
                    self._begin_anew()
                    self._lost |= self._unseen()
                if self._is_broken(packet) and not self._is_timely(packet):
                    continue
                if packet.size or (self._key is not None and packet.pts is None):
                    yield packet
        except (av.FFmpegError, ValueError):
            return  # the container itself ends here

    def _decode(self, packet: Packet[VideoStream]) -> Iterator[tuple[int, av.VideoFrame | None]]:
        pts = packet.pts if packet.pts is not None else packet.dts
        shown = packet.size > 0 and pts is not None and not packet.is_discard and not self._hidden(packet)
        if self._key is None and packet.is_keyframe and not self._is_broken(packet):
            self._key = pts
        # Frames shown before the key frame but sent after it refer to what is lost.
        if self._key is None or (shown and pts is not None and pts < self._key):
            if shown and pts is not None:
                self._lost.add(pts)
            return
        if shown and pts is not None:
            self._sent.add(pts)
        try:
            broken = self._is_broken(packet)
            pictures = [] if broken else self._codec.decode(packet)
            failed = broken or any(picture.is_corrupt for picture in pictures)
        except (av.FFmpegError, ValueError):
            pictures, failed = [], True
        for picture in pictures:
            if not picture.is_corrupt:
                yield from self._shown(picture)
        if failed:
            self._begin_anew()

    def _begin_anew(self) -> None:
        self._lost |= self._sent
        self._sent.clear()
        self._key = None
        self._codec.flush_buffers()

    def _shown(self, picture: av.VideoFrame) -> Iterator[tuple[int, av.VideoFrame | None]]:
        pts = picture.pts if picture.pts is not None else min(self._sent, default=0)
        passed = {sent for sent in self._sent if sent <= pts}
        self._sent -= passed
        if not picture.interlaced_frame:  # of which two packets may make one picture
            self._lost |= passed - {pts}
        earlier = sorted(lost for lost in self._lost if lost < pts)
        self._lost -= {*earlier, pts}
        yield from ((lost, None) for lost in earlier)
        yield pts, picture

    def _span(self, packet: Packet[VideoStream]) -> _Span | None:
        at = packet.pos if packet.size and packet.pos is not None else -1
        return next((span for span in self._broken if span.begin <= at < span.end), None)

    def _has_passed(self, packet: Packet[VideoStream]) -> bool:
        """Whether a broken part ends before the packet, whatever came out of it, and after the last one."""
        before, self._passed = self._passed, sum(span.end <= (packet.pos or 0) for span in self._broken)
        return self._passed > before

    def _unseen(self) -> set[int]:
        """When the first and the last picture came that may have been lost without packets of their own."""
        span = self._broken[self._passed - 1]
        if not span.after + self._step < span.before < inf:
            return set()
        return {int(t) for t in (span.after + self._step, span.before - self._step) if t > -inf}

    def _is_broken(self, packet: Packet[VideoStream]) -> bool:
        return packet.is_corrupt or self._span(packet) is not None

    def _is_timely(self, packet: Packet[VideoStream]) -> bool:
        """Whether its time, which may be broken too, lies where its place in the file does."""
        span = self._span(packet)
        return span is None or (packet.pts is not None and span.after < packet.pts < span.before)

    def _hidden(self, packet: Packet[VideoStream]) -> bool:
        return self._clip.codec == "vp8" and not bytes(packet)[0] & 0x10
