"""Reading a clip: every presented frame, upright, with its exact time, or an error."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from heapq import heappop, heappush
from itertools import groupby, islice
from operator import itemgetter
from queue import SimpleQueue
from typing import TypeVar

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from blur.errors import DamagedError, UnreadableError
from blur.media.broken import BrokenPlaceError
from blur.media.clip import Clip, Frame
from blur.media.container import open_input, picture_stream
from blur.media.decoder import decoder
from blur.media.flash import demuxed
from blur.media.mend import black, false_places, patched
from blur.media.tally import Tally
from blur.media.upright import upright

Item = TypeVar("Item")

_NOT_COVERED = (
    "It cannot be covered, since nothing in such a file tells how many frames were struck. Copy it again, or "
    "cut that part out with a tool that you trust."
)

# The longest that a frame may stand. What jumps further was made to last for ever: MP4 counts a
# frame's ticks in 31 bits, and players stop there.
_LONGEST_SECONDS, _LONGEST_TICKS = 3600, (1 << 31) - 1


def read(clip: Clip, *, keep: bool = False) -> Iterator[Frame]:
    """Yields the clip's presented frames in order, streamed, or those that its reel holds.

    Frames that an edit list hides do not come out. Times are the container's own, in ticks of the
    clip's time base; missing ones are filled in and none comes twice or backwards. A clip with
    ``damage`` has black frames where nothing can be decoded.

    ``keep`` leaves the pictures in the clip's reel for the next reading; not for who draws on them.

    Raises:
        DamagedError: a frame could not be decoded without guessing, a frame stands for hours, or the
            file ends early.
        InputError: as for ``probe``, where the file has changed since.
    """
    if clip.reel is None:
        return _presented(clip)
    return clip.reel.keeping(_presented(clip)) if keep else clip.reel.taken() or _presented(clip)


def _presented(clip: Clip) -> Iterator[Frame]:
    step = round(1 / (clip.rate * clip.time_base.fraction)) if clip.rate else 1
    longest = min(clip.time_base.ticks(Fraction(_LONGEST_SECONDS)), _LONGEST_TICKS)
    last: int | None = None
    latest: av.VideoFrame | None = None
    for time, picture in _pictures(clip):
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


def _pictures(clip: Clip) -> Iterator[tuple[int | None, av.VideoFrame | None]]:
    """The decoded pictures and their times, or None for one that cannot be decoded."""
    if clip.codec == "webp":
        from blur.media.webp import webp_pictures  # whose library other videos do not need

        yield from webp_pictures(clip)
        return
    with open_input(clip.path) as container:
        stream = picture_stream(container, clip.path)
        yield from (patched if clip.damage else _decoded)(clip, container, stream)


def read_from(clip: Clip, start: int) -> Iterator[Frame]:
    """Yields the same frames as ``read``, but only those from ``start`` on, a pts.

    What lies before the last key frame is not decoded, where the container finds its way there. How the
    file ends is not held against its header.

    Raises:
        InputError: as ``read``.
    """
    if clip.damage:  # of which a decoder that begins in the middle may notice nothing
        yield from (frame for frame in read(clip) if frame.pts >= start)
        return
    last = start - 1
    with suppress(DamagedError, UnreadableError), open_input(clip.path) as container:
        stream = picture_stream(container, clip.path)
        with suppress(av.FFmpegError):
            container.seek(start, stream=stream)
        early = False
        for time, picture in _decoded(clip, container, stream, whole=False):
            early |= time is not None and time <= start
            # Found too late, or a time that read() would mend: all is read instead.
            if not early or time is None or (time <= last and last >= start):
                break
            if time >= start:
                last = time
                yield Frame(time, upright(picture, clip))
        else:
            if last >= start:
                return
    yield from (frame for frame in read(clip) if frame.pts > last)


def read_chosen(clip: Clip, pts: NDArray[np.int64], chosen: NDArray[np.bool_]) -> Iterator[Frame]:
    """Yields some of a clip's frames; long stretches between them are not decoded, see ``read_from``.

    Args:
        pts: shape (F,), of every frame.
        chosen: shape (F,).

    Raises:
        InputError: as ``read``.
    """
    edges = np.flatnonzero(np.diff(chosen, prepend=False, append=False))
    for first, end in edges.reshape(-1, 2).tolist():
        yield from islice(read_from(clip, int(pts[first])), end - first)


def mended(clip: Clip) -> Clip:
    """The clip as it is where it can be read to its end, else with its damage noted, for reading it so.

    Raises:
        DamagedError: not one frame can be decoded, or nothing tells which frames are damaged.
    """
    try:
        for _ in read(clip):
            pass
    except DamagedError as error:
        damaged = replace(clip, damage=((0, 0),))  # wherever it is
        try:
            frames = [(pts or 0, picture is None) for pts, picture in _pictures(damaged)]
        except BrokenPlaceError:
            raise DamagedError(error.message, _NOT_COVERED) from error
        if all(lost for _, lost in frames):
            raise
        spans = [list(group) for lost, group in groupby(frames, itemgetter(1)) if lost]
        if not spans and false_places(clip):
            raise DamagedError(error.message, _NOT_COVERED) from error
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
    clip: Clip, container: InputContainer, stream: VideoStream, *, whole: bool = True
) -> Iterator[tuple[int | None, av.VideoFrame]]:
    """The stream's pictures and their times, with libav's tolerance for damage turned off."""
    codec = decoder(clip, stream)
    tally = Tally(clip, stream)
    # AVI has the times of decoding alone; pictures come in the order in which they are shown.
    unordered = (clip.container, clip.codec) == ("avi", "h264")
    times: list[int] = []
    try:
        for packet in demuxed(container, stream, *container.streams.audio):
            if packet.stream is not stream:
                tally.heard(packet)
                continue
            tally.sent(packet)
            if packet.size == 0 and packet.pts is not None:
                continue  # Theora's word for: the last picture stands on
            if unordered and packet.pts is not None:
                heappush(times, packet.pts)
            for picture in codec.decode(packet):
                tally.presented(picture)
                yield heappop(times) if times else picture.pts, picture
    except (av.FFmpegError, ValueError) as error:
        raise tally.damage("a frame could not be decoded") from error
    if whole:
        tally.check_whole(container)
