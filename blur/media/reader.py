"""Reading a clip: every presented frame, upright, with its exact time, or an error."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from queue import SimpleQueue
from typing import TypeVar

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from blur.errors import DamagedError
from blur.media.clip import Clip, Frame
from blur.media.container import STRICT, open_input, picture_stream
from blur.media.mend import black, patched
from blur.media.upright import upright
from blur.timing import clock

Item = TypeVar("Item")

# Every decoder thread holds a picture of its own, so large pictures get fewer of them.
_DECODER_BYTES = 256 << 20

# How much less than the header's duration a whole file may hold: headers are rounded, and count
# the last packet's length in different ways.
_SLACK = Fraction(1, 2)

# The longest that a frame may stand. What jumps further was made to last for ever: MP4 counts a
# frame's ticks in 31 bits, and players stop there.
_LONGEST_SECONDS, _LONGEST_TICKS = 3600, (1 << 31) - 1


def read(clip: Clip) -> Iterator[Frame]:
    """Yields the clip's presented frames in order, streamed.

    Frames that an edit list hides do not come out. Times are the container's own, in ticks of the
    clip's time base; missing ones are filled in and none comes twice or backwards. A clip with
    ``damage`` has black frames where nothing can be decoded.

    Raises:
        DamagedError: a frame could not be decoded without guessing, a frame stands for hours, or the
            file ends early.
        InputError: as for ``probe``, where the file has changed since.
    """
    step = round(1 / (clip.rate * clip.time_base.fraction)) if clip.rate else 1
    longest = min(clip.time_base.ticks(Fraction(_LONGEST_SECONDS)), _LONGEST_TICKS)
    last: int | None = None
    with open_input(clip.path) as container:
        stream = picture_stream(container, clip.path)
        decode = patched if clip.damage else _decoded
        latest: av.VideoFrame | None = None
        for time, picture in decode(clip, container, stream):
            pts = time
            if pts is None:
                pts = 0 if last is None else last + max(step, 1)
            if last is not None and pts <= last:
                pts = last + 1
            elif last is not None and pts - last > longest:
                raise DamagedError(f"{clip.name} is damaged: its clock jumps by more than an hour")
            last = pts
            latest = black(clip, latest) if picture is None else upright(picture, clip)
            yield Frame(pts, latest)


def mended(clip: Clip) -> Clip:
    """The clip as it is where it can be read to its end, else with its damage noted, for reading it so.

    Raises:
        DamagedError: not one frame can be decoded.
    """
    try:
        for _ in read(clip):
            pass
    except DamagedError:
        with open_input(clip.path) as container:
            frames = [
                (pts, picture is None)
                for pts, picture in patched(clip, container, picture_stream(container, clip.path))
            ]
        if all(lost for _, lost in frames):
            raise
        spans = [list(group) for lost, group in groupby(frames, itemgetter(1)) if lost]
        # What is missing at the end has no frames that could be covered; the last one marks it.
        damage = [(span[0][0], span[-1][0]) for span in spans] or [(frames[-1][0],) * 2]
        return replace(clip, damage=tuple(damage))
    return clip


def ahead(source: Iterable[Item], size: int = 4) -> Generator[Item]:
    """Yields the items of ``source`` while a thread fetches up to ``size`` more of them.

    libav decodes outside the interpreter's lock, so decoding runs beside the caller's work. What
    ``source`` raises is raised here. Closing the generator stops the thread and closes ``source``.
    """
    items: SimpleQueue[tuple[bool, Item | BaseException | None]] = SimpleQueue()
    slots = threading.Semaphore(size)
    closed = threading.Event()

    def fetch() -> None:
        iterator = iter(source)
        failure: BaseException | None = None
        try:
            while slots.acquire() and not closed.is_set():
                try:
                    item = next(iterator)
                except StopIteration:
                    break
                items.put((True, item))
        except BaseException as error:  # noqa: BLE001 - it is raised again where the items are taken
            failure = error
        finally:
            if isinstance(iterator, Generator):
                iterator.close()
            items.put((False, failure))

    thread = threading.Thread(target=fetch, name="blur-ahead", daemon=True)
    thread.start()
    try:
        while (message := items.get())[0]:
            yield message[1]  # type: ignore[misc]
            slots.release()
        if isinstance(message[1], BaseException):
            raise message[1]
    finally:
        closed.set()
        slots.release()
        thread.join()


def _decoded(
    clip: Clip, container: InputContainer, stream: VideoStream
) -> Iterator[tuple[int | None, av.VideoFrame]]:
    """The stream's pictures and their times, with libav's tolerance for damage turned off."""
    codec = stream.codec_context
    codec.options = STRICT
    codec.thread_type = "AUTO"
    codec.thread_count = _threads(clip)
    tally = _Tally(clip, stream)
    try:
        for packet in container.demux((stream, *container.streams.audio)):
            if packet.stream is not stream:
                tally.heard(packet)
                continue
            tally.sent(packet)
            for picture in codec.decode(packet):
                tally.presented(picture)
                yield picture.pts, picture
    except (av.FFmpegError, ValueError) as error:
        raise tally.damage("a frame could not be decoded") from error
    tally.check_whole(container)


def _threads(clip: Clip) -> int:
    picture_bytes = clip.width * clip.height * 3
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(processors, _DECODER_BYTES // picture_bytes, 16))


class _Tally:
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
        self._end = Fraction(0)

    def damage(self, what: str) -> DamagedError:
        seconds = self._clip.time_base.seconds(self._last - self._first)
        return DamagedError(f"{self._clip.name} is damaged near {clock(seconds)}: {what}")

    def heard(self, packet: Packet[Stream]) -> None:
        """A packet of another stream, which tells how far the file reaches."""
        if packet.pts is not None and packet.time_base:
            self._end = max(self._end, (packet.pts + (packet.duration or 0)) * packet.time_base)

    def sent(self, packet: Packet[Stream]) -> None:
        """A packet of the picture, before it is decoded."""
        if packet.size == 0:
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
        self._pictures += 1
        self._last = self._last if picture.pts is None else picture.pts
        self._interlaced |= picture.interlaced_frame

    def check_whole(self, container: InputContainer) -> None:
        """Raises DamagedError where the file ended before what its header promises."""
        indexed = "mp4" in container.format.name
        # Outside MP4, two fields may come in packets of their own and make one picture.
        fields = 2 if self._interlaced and not indexed else 1
        if self._pictures * fields < self._expected or not self._pictures:
            raise self.damage(f"{self._expected - self._pictures} frames are missing")
        if indexed:
            if len(self._stream.index_entries) > self._packets:
                raise self.damage("the file ends early")
        elif container.duration is not None:
            # Matroska's duration counts from 0, that of the others from the first packet.
            start = 0 if "matroska" in container.format.name else container.start_time or 0
            promised = Fraction(container.duration + start, av.time_base)
            if promised - self._end > _SLACK:
                raise self.damage("the file ends early")
