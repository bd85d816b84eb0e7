"""Everything that a video file declares besides its picture, and the first bytes of each of its streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition, Stream

from blur.media.container import open_input

_PACKETS = 60  # that are looked at until every stream has shown itself
_HEAD = 1 << 16

_STILLS = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


@dataclass(frozen=True, slots=True)
class StreamContents:
    """One stream: its kind (video, audio, subtitle, data, attachment), tags, first bytes.

    Attributes:
        still: whether it is a cover, a thumbnail or another single picture.
        head: of its first packet, after what the container keeps for the decoder; 64 KiB at most.
    """

    kind: str
    tags: tuple[tuple[str, str], ...]
    still: bool
    head: bytes


@dataclass(frozen=True, slots=True)
class Contents:
    """What a container holds: its own tags, its streams in order, its chapters' titles."""

    tags: tuple[tuple[str, str], ...]
    streams: tuple[StreamContents, ...]
    chapters: tuple[str, ...]


def contents(path: Path) -> Contents:
    """What the file declares. Raises InputError as `open_input` does."""
    with open_input(path) as container:
        heads = _heads(container)
        return Contents(
            tags=_tags(container.metadata),
            streams=tuple(
                StreamContents(
                    stream.type,
                    _tags(stream.metadata),
                    bool(stream.disposition & _STILLS),
                    _configuration(stream) + heads.get(stream.index, b""),
                )
                for stream in container.streams
            ),
            chapters=tuple(chapter["metadata"].get("title", "") for chapter in container.chapters()),
        )


def _tags(metadata: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(metadata.items())


def _configuration(stream: Stream) -> bytes:
    # PyAV types it as always there; it is None for data, and where libav has no decoder.
    return bytes(getattr(stream.codec_context, "extradata", None) or b"")


def _heads(container: InputContainer) -> dict[int, bytes]:
    """The first packet of each stream that shows itself near the beginning."""
    heads: dict[int, bytes] = {}
    try:
        for packet in islice(container.demux(), _PACKETS):
            if packet.size:
                heads.setdefault(packet.stream.index, bytes(packet)[:_HEAD])
            if len(heads) == len(container.streams):
                break
    except (av.FFmpegError, ValueError):
        pass  # what is damaged further on has been declared all the same
    return heads
