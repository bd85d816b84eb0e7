"""Elements of EBML (RFC 8794): where they stand in a Matroska or WebM file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap


class UnknownSizeError(ValueError):
    """An element does not say where it ends, as in files that were written live."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element: its identifier, and where it and its body stand in the file."""

    kind: int
    begin: int
    start: int
    stop: int

    def body(self, data: mmap) -> bytes:
        return data[self.start : self.stop]


def elements(data: mmap, start: int, stop: int) -> Iterator[Element]:
    """The elements that stand between two places.

    Raises:
        ValueError, IndexError: they do not fill it exactly, or one is of unknown size.
    """
    at = start
    while at < stop:
        kind, behind = number(data, at, marked=True)
        size, body = number(data, behind)
        if body + size > stop:
            raise ValueError("an element reaches beyond the one around it")
        yield Element(kind, at, body, body + size)
        at = body + size


def number(data: mmap | bytes, at: int, *, marked: bool = False) -> tuple[int, int]:
    """A number of variable length, and the place behind it; ``marked`` keeps the bit of its length.

    Raises:
        ValueError, IndexError: there is none, or it stands for an unknown one.
    """
    length = 9 - data[at].bit_length()
    if length > 8:
        raise ValueError("no number begins with eight noughts")
    raw = data[at : at + length]
    if len(raw) < length:
        raise ValueError("a number is cut short")
    value = int.from_bytes(raw, "big")
    bare = value & (1 << 7 * length) - 1
    if bare == (1 << 7 * length) - 1:
        raise UnknownSizeError("a size is not known")
    return value if marked else bare, at + length
