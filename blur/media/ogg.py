"""Ogg, whose pages are numbered and carry checksums that libav does not hold against them."""

from __future__ import annotations

import struct
import zlib
from mmap import ACCESS_READ, mmap
from pathlib import Path

from blur.media.broken import BrokenPlaceError

_HEAD = struct.Struct("<4sBBqIIIB")
_CHECKSUM = slice(22, 26)
_ENDS = 4  # the flag of a stream's last page
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_ONES = (1 << 32) - 1


def check_pages(path: Path) -> None:
    """Raises BrokenPlaceError where a page is missing or not as it was written; RFC 3533, 6."""
    last: dict[int, int] = {}
    open_: set[int] = set()
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        at = 0
        while at < len(data):
            try:
                sign, _, flags, _, stream, number, checksum, segments = _HEAD.unpack_from(data, at)
            except struct.error:
                break
            body = at + _HEAD.size + segments
            end = body + sum(data[at + _HEAD.size : body])
            follows = number == (last.get(stream, number - 1) + 1) & _ONES
            if sign != b"OggS" or end > len(data) or not follows or _checksum(data[at:end]) != checksum:
                break
            last[stream], at = number, end
            (open_.discard if flags & _ENDS else open_.add)(stream)
        if at < len(data) or open_:
            raise BrokenPlaceError(path, at)


def _checksum(page: bytes) -> int:
    """Of a page with noughts in the place of its own: the polynomial of zlib, taken from the other side."""
    plain = page[: _CHECKSUM.start] + bytes(4) + page[_CHECKSUM.stop :]
    mirrored = zlib.crc32(plain.translate(_MIRRORED), _ONES) ^ _ONES
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRRORED), "big")
