"""Putting coded frames of one file in the place of another's, without encoding the rest anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from blur.errors import OutputError
from blur.media.container import local_url, open_input, picture_stream
from blur.media.muxing import MUXERS, blank_muxer_name, muxer_options
from blur.timing import TimeBase

Chosen = NDArray[np.bool_]
"""Shape (F,): some of a clip's frames."""


class UnlikeError(Exception):
    """Two files cannot be joined: the one's parameters do not decode the other, or frames do not fit."""


def key_frames(path: Path) -> Chosen:
    """Which of a file's coded pictures can be decoded without the ones before, in their order.

    Raises InputError where the file cannot be opened, UnlikeError where it cannot be read to its end.
    """
    with open_input(path) as container:
        return np.array([packet.is_keyframe for packet in _packets(container, path)], np.bool_)


def splice(
    old: Path, fresh: Path | None, chosen: Chosen, pts: NDArray[np.int64], time_base: TimeBase, target: Path
) -> None:
    """Writes the picture of ``old`` to ``target``, the chosen frames taken from ``fresh``; no sound.

    Args:
        old: holds every frame, coded in the order in which they are shown.
        fresh: holds the chosen frames alone; None where none is.
        chosen: whole groups, each from a key frame of ``old`` to the next.
        pts: shape (F,), the frames' times in ticks of ``time_base``; the first frame comes at 0.
        target: replaced where it exists, of the kind that its ending says.

    Raises:
        UnlikeError: the files are not coded alike, or not so many frames; what is written is of no use.
        OutputError: the target cannot be written.
    """
    with ExitStack() as stack:
        sources = _opened(stack, [path for path in (old, fresh) if path])
        packets, *others = (_packets(*source) for source in sources)
        _write(sources, _joined(packets, chain(*others), chosen, pts, time_base), time_base, target)


def join(parts: Sequence[Path], pts: NDArray[np.int64], time_base: TimeBase, target: Path) -> None:
    """Writes the pictures of files, one after another, to ``target``; no sound.

    Each begins with a key frame, and together they hold a frame for each of the times. Arguments and errors
    as of ``splice``.
    """
    with ExitStack() as stack:
        sources = _opened(stack, parts)
        _write(sources, _in_turn(sources, pts, time_base), time_base, target)


_Source: TypeAlias = tuple[InputContainer, Path]


def _opened(stack: ExitStack, paths: Sequence[Path]) -> list[_Source]:
    """The files, open; raises UnlikeError where they are not coded alike."""
    sources = [(stack.enter_context(open_input(path)), path) for path in paths]
    first, *others = (picture_stream(*source) for source in sources)
    if any(_coded(each) != _coded(first) for each in others):
        raise UnlikeError
    return sources


def _write(
    sources: Sequence[_Source], packets: Iterator[Packet[VideoStream]], time_base: TimeBase, target: Path
) -> None:
    muxer = MUXERS[target.suffix.lower()]
    kept = picture_stream(*sources[0])
    with ExitStack() as stack:
        try:
            output = stack.enter_context(
                av.open(local_url(target), "w", format=muxer, container_options=muxer_options(muxer))
            )
            stream = output.add_stream_from_template(kept, opaque=True)
            stream.time_base = time_base.fraction
            if kept.average_rate is not None:
                stream.codec_context.framerate = kept.average_rate
            if kept.codec_context.codec_tag == "hvc1":
                stream.codec_context.codec_tag = "hvc1"
            for packet in packets:
                packet.stream = stream
                output.mux_one(packet)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise OutputError(f"the output cannot be written: {error}") from error
    blank_muxer_name(target)


def _joined(
    old: Iterator[Packet[VideoStream]],
    fresh: Iterator[Packet[VideoStream]],
    chosen: Chosen,
    pts: NDArray[np.int64],
    time_base: TimeBase,
) -> Iterator[Packet[VideoStream]]:
    replacing = False
    for take, time in zip(chosen.tolist(), (pts - pts[0]).tolist(), strict=True):
        packet = next(old, None)
        # Where one file gives way to the other, both must have a key frame.
        turns = take != replacing
        if turns and packet is not None and not packet.is_keyframe:
            raise UnlikeError
        if take:
            packet = next(fresh, None)
        if packet is None or (turns and not packet.is_keyframe):
            raise UnlikeError
        replacing = take
        yield _at(packet, time, time_base)
    if next(old, None) is not None or next(fresh, None) is not None:
        raise UnlikeError


def _in_turn(
    sources: Sequence[_Source], pts: NDArray[np.int64], time_base: TimeBase
) -> Iterator[Packet[VideoStream]]:
    times = iter((pts - pts[0]).tolist())
    for source in sources:
        for number, packet in enumerate(_packets(*source)):
            time = next(times, None)
            if time is None or (number == 0 and not packet.is_keyframe):
                raise UnlikeError
            yield _at(packet, time, time_base)
    if next(times, None) is not None:
        raise UnlikeError


def _at(packet: Packet[VideoStream], time: int, time_base: TimeBase) -> Packet[VideoStream]:
    """The packet, shown at a time."""
    packet.duration = round((packet.duration or 0) * packet.time_base / time_base.fraction)
    packet.pts = packet.dts = time
    packet.time_base = time_base.fraction
    return packet


def _packets(container: InputContainer, path: Path) -> Iterator[Packet[VideoStream]]:
    last: int | None = None
    try:
        for packet in container.demux(picture_stream(container, path)):
            if packet.size == 0:
                continue
            if packet.pts is None or packet.pts != packet.dts or (last is not None and packet.pts <= last):
                raise UnlikeError  # shown in another order than coded
            last = packet.pts
            yield packet
    except (av.FFmpegError, ValueError) as error:
        raise UnlikeError from error


def _coded(stream: VideoStream) -> tuple[object, ...]:
    """What must be the same for two streams to be decoded as one."""
    codec = stream.codec_context
    shown = (codec.color_range, codec.color_primaries, codec.color_trc, codec.colorspace)
    size = (codec.width, codec.height, codec.pix_fmt, codec.sample_aspect_ratio)
    return codec.name, codec.extradata, size, shown
