"""Matroska and WebM, whose elements fit into each other and often carry checksums: libav minds neither."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

from blur.media.broken import BrokenPlaceError
from blur.media.ebml import Element, UnknownSizeError, elements

_SEGMENT, _CLUSTER, _CHECKSUM = 0x18538067, 0x1F43B675, 0xBF
# Index of places, information, tracks, cues, chapters, attachments, tags, void; RFC 9559, 5.1.
_OTHERS = {0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1043A770, 0x1941A469, 0x1254C367, 0xEC}
_KNOWN = {_CLUSTER, _CHECKSUM, *_OTHERS}


def check_elements(path: Path) -> None:
    """Raises BrokenPlaceError where an element is not as written, or does not end where the next begins.

    Checksums stand in most MKV files and in no WebM. Files that were written live say no sizes, and are
    not checked.
    """
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        at = 0
        try:
            for part in _parts(data):
                at = part.begin
                if not (_is_as_written(data, part) and _is_filled(data, part)):
                    raise BrokenPlaceError(path, at)
                at = part.stop
        except UnknownSizeError:
            return
        except (ValueError, IndexError) as error:
            raise BrokenPlaceError(path, at) from error


def false_clusters(path: Path) -> tuple[tuple[int, int], ...]:
    """First byte and end of each cluster that is not as it was written, as far as the file can be followed.

    Raises:
        BrokenPlaceError: another part is not as it was written, or such a cluster cannot be followed.
    """
    found: list[tuple[int, int]] = []
    at = 0
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        try:
            for part in _parts(data):
                at = part.begin
                if _is_as_written(data, part):
                    continue
                if part.kind != _CLUSTER:
                    raise BrokenPlaceError(path, at)
                found.append((part.begin, part.stop))
                _is_filled(data, part)
        except (ValueError, IndexError) as error:
            if found:
                raise BrokenPlaceError(path, at) from error
    return tuple(found)


def _parts(data: mmap) -> Iterator[Element]:
    """The parts of the first segment."""
    for one in elements(data, 0, len(data)):
        if one.kind == _SEGMENT:
            yield from elements(data, one.start, one.stop)
            return


def _is_as_written(data: mmap, part: Element) -> bool:
    """Whether a part of the segment is of a known kind, and has the checksum that it says, if it says one.

    RFC 8794, 11.3.1. Of an identifier that was struck no checksum tells, and libav passes over the part.
    """
    if part.kind not in _KNOWN:
        return False
    # An identifier of one byte, a size of one byte, four bytes, the lowest first.
    head = data[part.start : min(part.start + 6, part.stop)]
    if head[:2] != bytes((_CHECKSUM, 0x84)):
        return True
    return zlib.crc32(data[part.start + 6 : part.stop]) == int.from_bytes(head[2:], "little")


def _is_filled(data: mmap, part: Element) -> bool:
    """Whether the elements of a cluster fill it; raises as `elements` where they do not."""
    return part.kind != _CLUSTER or all(True for _ in elements(data, part.start, part.stop))
