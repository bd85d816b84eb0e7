"""Windows Media, whose packets number what they carry: libav passes over what is missing between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

from blur.media.broken import BrokenPlaceError

# Advanced Systems Format specification, 10.1 to 10.3: the header, its file properties, and the data.
_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
_WIDTHS = (0, 1, 2, 4)
_SMALLEST = 64
"""Bytes of a packet; none is made so small, and millions of them would take hours to check."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an object, that is a coded picture or sound, in a packet.

    Attributes:
        stream, number: of the object; numbers count from 0 to 255.
        offset, size: where in the object it stands, in bytes.
        whole: the object's size; 0 where several small ones share the piece.
    """

    stream: int
    number: int
    offset: int
    size: int
    whole: int


class _Fields:
    """Numbers that stand one behind the other, the lowest byte first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def take(self, width: int) -> int:
        self.at += width
        if self.at > len(self._data):
            raise ValueError("a packet ends within a number")
        return int.from_bytes(self._data[self.at - width : self.at], "little")

    def typed(self, flags: int, place: int) -> int:
        """A number whose width two bits of the flags tell."""
        return self.take(_WIDTHS[flags >> place & 3])


def check_packets(path: Path) -> None:
    """Raises BrokenPlaceError where a part of a picture or sound is missing between two others."""
    for begin, _ in _false(path):
        raise BrokenPlaceError(path, begin)


def false_packets(path: Path) -> tuple[tuple[int, int], ...]:
    """First byte and end of each broken part, from the packet in which the objects before it begin.

    Raises:
        BrokenPlaceError: the file's header is broken.
    """
    return tuple(_false(path))


def _false(path: Path) -> Iterator[tuple[int, int]]:
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        begin, end, size = _packets(path, data)
        last: dict[int, Piece] = {}
        begun: dict[int, int] = {}
        for at in range(begin, min(end, len(data)), size):
            pieces = _pieces(data[at : at + size])
            if pieces is None or not _follow(pieces, last):
                yield min(begun.values(), default=at), at + size
                last, begun = {}, {}
                continue
            begun |= {piece.stream: at for piece in pieces if piece.offset == 0}
        if end > len(data):
            yield min(begun.values(), default=len(data)), end


def _follow(pieces: list[Piece], last: dict[int, Piece]) -> bool:
    """Whether each piece follows the last one of its stream, which is noted."""
    for piece in pieces:
        before = last.get(piece.stream)
        last[piece.stream] = piece
        if before is None or not piece.whole or not before.whole:
            continue
        if piece.offset:
            same = (piece.number, piece.whole) == (before.number, before.whole)
            follows = same and piece.offset == before.offset + before.size
        else:
            complete = before.offset + before.size == before.whole
            follows = complete and piece.number == (before.number + 1) % 256
        if not follows:
            return False
    return True


def _packets(path: Path, data: mmap) -> tuple[int, int, int]:
    """Where packets begin and end, and how large each is. Raises BrokenPlaceError for a broken header."""
    header = min(int.from_bytes(data[16:24], "little"), len(data))
    properties = data.find(_PROPERTIES, 0, header)
    size = int.from_bytes(data[properties + 92 : properties + 96], "little")
    if data[:16] != _HEADER or properties < 0 or data[header : header + 16] != _DATA or size < _SMALLEST:
        raise BrokenPlaceError(path, 0)
    return header + 50, header + int.from_bytes(data[header + 16 : header + 24], "little"), size


def _pieces(packet: bytes) -> list[Piece] | None:
    """What a packet carries, or None where that makes no sense."""
    try:
        return list(_read_pieces(packet))
    except ValueError:
        return None


def _read_pieces(packet: bytes) -> Iterator[Piece]:
    fields = _Fields(packet)
    first = fields.take(1)
    if first & 0x80:  # for the correction of errors; libav takes no others than these
        if first != 0x82 or fields.take(2):
            raise ValueError("a packet begins otherwise")
        first = fields.take(1)
    widths = fields.take(1)
    length = fields.typed(first, 5) or len(packet)
    fields.typed(first, 1)
    padding = fields.typed(first, 3)
    fields.take(6)  # when it is sent, and for how long
    several = fields.take(1) if first & 1 else 0
    for _ in range(several & 63 if first & 1 else 1):
        stream, number = fields.take(1) & 127, fields.typed(widths, 4)
        offset, extra = fields.typed(widths, 2), fields.typed(widths, 0)
        # A single byte stands before small objects that share a piece.
        whole = fields.take(4) if extra >= 4 else 0
        fields.take(extra - 4 if extra >= 4 else extra)
        size = fields.typed(several, 6) if first & 1 else length - padding - fields.at
        fields.take(size)
        yield Piece(stream, number, offset, size, whole)
