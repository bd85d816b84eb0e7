"""What may stand in a finished photo, and nothing else: every segment, chunk, tag and box of it.

This follows the bytes on its own, without the library that wrote them, and holds them against the
short list of what Blur's writer makes: pixels, and what a decoder needs to show them. A profile, a tag,
a preview, a second picture, or anything behind the end is a finding.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

from blur.traces.coded import configuration_problem, sample_problem
from blur.traces.iso import Box, inside

_HEADER = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
"""How a JPEG begins: JFIF 1.1, square pixels, no thumbnail."""
_JPEG_SEGMENTS = {0xDB: "quantisation", 0xC0: "frame", 0xC4: "Huffman tables", 0xDA: "scan"}
_JPEG_NAMES = {
    0xFE: "a comment",
    0xE1: "EXIF or XMP",
    0xE2: "a colour profile or further pictures",
    0xC2: "a progressive frame",
    0xEB: "C2PA",
}

_PNG_CHUNKS = (b"IHDR", b"IDAT", b"IEND")
# Size, bits, compression, colours, strips and their places, samples, layout.
_TIFF_TAGS = frozenset({256, 257, 258, 259, 262, 273, 277, 278, 279, 284})
_TIFF_SIZES = {1: 1, 3: 2, 4: 4}
_STRIPS, _STRIP_SIZES = 273, 279

_ISO_CHILDREN: dict[bytes, frozenset[bytes]] = {
    b"": frozenset({b"ftyp", b"meta", b"mdat"}),
    b"meta": frozenset({b"hdlr", b"pitm", b"iloc", b"iinf", b"iprp"}),
    b"iinf": frozenset({b"infe"}),
    b"iprp": frozenset({b"ipco", b"ipma"}),
    b"ipco": frozenset({b"hvcC", b"av1C", b"colr", b"ispe", b"pixi", b"clap"}),
}
_ISO_FIELDS = {b"meta": 4, b"iinf": 6}  # bytes before a box's boxes
_ISO_SIZES = {b"pitm": 6, b"ispe": 12, b"pixi": 8, b"clap": 32, b"av1C": 4, b"colr": 11}
_ISO_BRANDS = frozenset({b"heic", b"heix", b"mif1", b"miaf", b"avif", b"MA1A", b"MA1B"})
_PICTURE_HANDLER = bytes(8) + b"pict" + bytes(13)
_ITEMS = {b"hvc1\0": "hevc", b"av01\0": "av1", b"av01Color\0": "av1"}


def check_still(path: Path) -> list[str]:
    """Everything in a photo that Blur's writer would not have made, in plain words.

    Returns:
        Findings; an empty list for a photo without a trace. A file that cannot be followed to its
        end is a finding too.

    Raises:
        OSError: the file cannot be read.
        KeyError: a suffix under which no photo is written.
    """
    check = _CHECKS[path.suffix.lower()]
    if path.stat().st_size == 0:
        return ["the file is empty"]
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        findings: list[str] = []
        try:
            findings.extend(check(data))
        except (struct.error, ValueError, IndexError, KeyError):
            findings.append("the file cannot be followed to its end")
    return findings


def _jpeg(data: mmap) -> Iterator[str]:
    if data[: len(_HEADER)] != _HEADER:
        if data[:3] != _HEADER[:3]:
            raise ValueError("no signature")
        yield "another header than a bare JFIF"
    at = len(_HEADER) if data[: len(_HEADER)] == _HEADER else 2
    while True:
        mark, kind, length = struct.unpack(">BBH", data[at : at + 4])
        if mark != 0xFF:
            raise ValueError("no segment begins here")
        if kind not in _JPEG_SEGMENTS:
            yield f"segment {kind:02X} ({_JPEG_NAMES.get(kind, 'unknown')})"
        at += 2 + length
        if kind == 0xDA:
            break
    end = data.find(b"\xff", at)
    # In coded data 0xFF is followed by 0x00.
    while data[end + 1] == 0:
        end = data.find(b"\xff", end + 2)
    if data[end + 1] != 0xD9:
        yield f"segment {data[end + 1]:02X} (a second scan)"
    elif end + 2 != len(data):
        yield "bytes behind the picture's end"


def _png(data: mmap) -> Iterator[str]:
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("no signature")
    at, last = 8, b""
    while last != b"IEND":
        length, last = struct.unpack(">I4s", data[at : at + 8])
        if last not in _PNG_CHUNKS:
            yield f"chunk {_name(last)}"
        if (last == b"IHDR" and length != 13) or (last == b"IEND" and length):
            yield f"chunk {_name(last)} (hidden bytes)"
        at += 12 + length
    if at != len(data):
        yield "bytes behind the picture's end"


def _webp(data: mmap) -> Iterator[str]:
    size, kind, length = struct.unpack("<4xI4x4sI", data[:20])
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise ValueError("no signature")
    if kind not in (b"VP8 ", b"VP8L"):
        yield f"chunk {_name(kind)}"
    if size + 8 != len(data) or 20 + length + length % 2 != len(data):
        yield "bytes behind the picture's end"


def _tiff(data: mmap) -> Iterator[str]:
    magic, directory = struct.unpack("<4sI", data[:8])
    if magic != b"II*\0":
        raise ValueError("no signature")
    (count,) = struct.unpack_from("<H", data, directory)
    end = directory + 2 + 12 * count + 4
    used = [(0, 8), (directory, end)]
    values: dict[int, tuple[int, ...]] = {}
    for at in range(directory + 2, end - 4, 12):
        tag, kind, many = struct.unpack_from("<HHI", data, at)
        if tag not in _TIFF_TAGS:
            yield f"tag {tag}"
            continue
        length = _TIFF_SIZES[kind] * many
        place = at + 8 if length <= 4 else struct.unpack_from("<I", data, at + 8)[0]
        if length > 4:
            used.append((place, place + length))
        values[tag] = struct.unpack_from(f"<{many}{' BxHI'[kind]}", data, place)
    if struct.unpack_from("<I", data, end - 4) != (0,):
        yield "a second picture"
    used += [(at, at + size) for at, size in zip(values[_STRIPS], values[_STRIP_SIZES], strict=True)]
    reached = 0
    for start, stop in sorted(used):
        if any(data[reached:start]):
            yield "bytes between its parts"
        reached = max(reached, stop)
    if any(data[reached:]):
        yield "bytes behind the picture's end"


def _heif(data: mmap) -> Iterator[str]:
    found: dict[bytes, Box] = {}
    findings = list(_boxes(data, Box(b"", "", 0, len(data)), found))
    yield from findings
    if findings:
        return
    picture = found[b"mdat"]
    start, length = _extent(found[b"iloc"].body(data))
    if (start, start + length) != (picture.start, picture.stop):
        yield "bytes beside the picture"
        return
    codec = _ITEMS[found[b"infe"].body(data)[8:]]
    if codec == "hevc":
        problem = configuration_problem("hevc", found[b"hvcC"].body(data))
        problem = problem or sample_problem("hevc", picture.body(data))
    else:
        problem = sample_problem("av1", picture.body(data))
    if problem:
        yield problem


def _boxes(data: mmap, parent: Box, found: dict[bytes, Box]) -> Iterator[str]:
    for box in inside(data, parent, _ISO_FIELDS.get(parent.kind, 0)):
        if box.kind not in _ISO_CHILDREN[parent.kind]:
            yield f"{box.place} (metadata or a second picture)"
            continue
        if box.kind in found:
            yield f"{box.place} (there twice)"
        found[box.kind] = box
        if box.kind in _ISO_CHILDREN:
            yield from _boxes(data, box, found)
        elif box.kind != b"mdat" and not _is_plain(box.kind, box.body(data)):
            yield f"{box.place} (hidden bytes)"


def _is_plain(kind: bytes, body: bytes) -> bool:
    """Whether the body of an allowed box that holds no others is of the one form that is written."""
    match kind:
        case b"ftyp":
            return {body[:4], *(body[at : at + 4] for at in range(8, len(body), 4))} <= _ISO_BRANDS
        case b"hdlr":
            return body == _PICTURE_HANDLER
        case b"infe":
            return body[:8] == b"\2\0\0\0\0\1\0\0" and body[8:] in _ITEMS
        case b"colr":
            return body[:4] == b"nclx" and len(body) == _ISO_SIZES[kind]
        case b"hvcC":
            return True  # looked into with the picture
        case b"iloc":
            return body[:4] == bytes(4) and len(body) in (22, 26)
        case b"ipma":
            (associations,) = body[10:11] or b"\0"
            return body[:8] == bytes(7) + b"\1" and len(body) == 11 + associations
    return len(body) == _ISO_SIZES[kind]


def _extent(body: bytes) -> tuple[int, int]:
    """Where the one item lies, and how long it is; ISO/IEC 14496-12, 8.11.3."""
    based = body[5] == 0x40
    (items,) = struct.unpack_from(">H", body, 6)
    base = struct.unpack_from(">I", body, 12)[0] if based else 0
    extents, offset, length = struct.unpack_from(">HII", body, 16 if based else 12)
    if body[4] != 0x44 or body[5] not in (0, 0x40) or items != 1 or extents != 1:
        raise ValueError("more than one picture")
    return base + offset, length


def _name(kind: bytes) -> str:
    return "".join(chr(c) if 32 < c < 127 else "?" for c in kind)


_CHECKS: dict[str, Callable[[mmap], Iterator[str]]] = {
    ".jpg": _jpeg,
    ".jpeg": _jpeg,
    ".png": _png,
    ".webp": _webp,
    ".tif": _tiff,
    ".tiff": _tiff,
    ".avif": _heif,
    ".heic": _heif,
    ".heif": _heif,
}
STILL_SUFFIXES = tuple(_CHECKS)
