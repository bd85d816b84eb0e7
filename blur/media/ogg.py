"""Ogg, whose pages are numbered and carry checksums that libav does not hold against them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

from blur.media.broken import BrokenPlaceError

_HEAD = struct.Struct("<4sBBqIIIB")
_SIGN = b"OggS"
_CHECKSUM = slice(22, 26)
_ENDS = 4  # the flag of a stream's last page
_GOES_ON = 255  # the size of a segment behind which its packet has not ended
_UNTIMED = -1  # the time of a page in which no packet ends
_THEORA = b"\x80theora"
_PATIENCE = 1000
"""Signs of pages that may stand in front of none, before the rest of the file is given up."""
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_ONES = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class _Page:
    """A page as it was written: where it lies, what its head says, its segments' sizes, and how it starts."""

    begin: int
    end: int
    flags: int
    time: int
    stream: int
    number: int
    segments: bytes
    start: bytes

    def follows(self, last: dict[int, int]) -> bool:
        """Whether its number is the next of its stream."""
        return self.number == (last.get(self.stream, self.number - 1) + 1) & _ONES


def check_pages(path: Path) -> None:
    """Raises BrokenPlaceError where a page is missing or not as it was written; RFC 3533, 6."""
    last: dict[int, int] = {}
    open_: set[int] = set()
    at = 0
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        for page in _pages(data):
            if page.begin != at or not page.follows(last):
                raise BrokenPlaceError(path, at)
            last[page.stream], at = page.number, page.end
            (open_.discard if page.flags & _ENDS else open_.add)(page.stream)
        if at < len(data) or open_:
            raise BrokenPlaceError(path, at)


def false_pages(path: Path) -> tuple[tuple[int, int], ...]:
    """First byte and end of each part of which no picture can be trusted.

    It reaches from the page in which the picture before the break begins to the first whole page behind
    it that says a time, since until there libav counts on from before.

    Raises:
        BrokenPlaceError: something is broken, and the picture is not Theora, of which alone this is known.
    """
    found: list[tuple[int, int]] = []
    last: dict[int, int] = {}
    shown: int | None = None
    broken: int | None = None
    at = begun = 0
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        for page in _pages(data):
            if broken is None and (page.begin != at or not page.follows(last)):
                broken = begun
            if page.start.startswith(_THEORA):
                shown = page.stream
            last[page.stream], at = page.number, page.end
            if page.stream == shown:
                if broken is not None and page.time != _UNTIMED:
                    found.append((broken, page.end))
                    broken = None
                if set(page.segments) != {_GOES_ON} or not begun:
                    begun = page.begin  # conservatively, even if its last packet ends within it
        if broken is not None or at < len(data):
            found.append((begun if broken is None else broken, len(data)))
    if found and shown is None:
        raise BrokenPlaceError(path, found[0][0])
    return tuple(found)


def _pages(data: mmap) -> Iterator[_Page]:
    """The pages that are as they were written, whatever stands between them."""
    at, left = data.find(_SIGN), _PATIENCE
    while at >= 0 and left:
        page = _page(data, at)
        if page is None:
            left -= 1
        else:
            yield page
        at = data.find(_SIGN, at + 1 if page is None else page.end)


def _page(data: mmap, at: int) -> _Page | None:
    try:
        _, _, flags, time, stream, number, checksum, segments = _HEAD.unpack_from(data, at)
    except struct.error:
        return None
    body = at + _HEAD.size + segments
    sizes = data[at + _HEAD.size : body]
    end = body + sum(sizes)
    if end > len(data) or _checksum(data[at:end]) != checksum:
        return None
    return _Page(at, end, flags, time, stream, number, sizes, data[body : min(end, body + len(_THEORA))])


def _checksum(page: bytes) -> int:
    """Of a page with noughts in the place of its own: the polynomial of zlib, taken from the other side."""
    plain = page[: _CHECKSUM.start] + bytes(4) + page[_CHECKSUM.stop :]
    mirrored = zlib.crc32(plain.translate(_MIRRORED), _ONES) ^ _ONES
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRRORED), "big")
