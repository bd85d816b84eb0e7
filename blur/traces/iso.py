"""Boxes of ISO/IEC 14496-12: where they stand in a file."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its kind, where it stands among others, and the bytes of its body in the file."""

    kind: bytes
    place: str
    start: int
    stop: int

    def body(self, data: mmap) -> bytes:
        return data[self.start : self.stop]


Tables: TypeAlias = dict[bytes, Box]
"""The boxes of one track that hold no others, by kind."""


def inside(data: mmap, box: Box, skip: int = 0) -> Iterator[Box]:
    """The boxes in a box's body, after ``skip`` bytes of fields.

    Raises:
        ValueError: they do not fill it exactly.
    """
    at = box.start + skip
    while at < box.stop:
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        head = 8
        if size == 1:
            (size,) = struct.unpack(">Q", data[at + 8 : at + 16])
            head = 16
        if size < head or at + size > box.stop:
            raise ValueError("a box reaches beyond the one around it")
        name = "".join(chr(c) if 32 < c < 127 else "?" for c in kind)
        yield Box(kind, f"{box.place}/{name}" if box.place else name, at + head, at + size)
        at += size
    if at != box.stop:
        raise ValueError("boxes do not fill the one around them")
