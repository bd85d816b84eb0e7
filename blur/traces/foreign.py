"""Boxes of an MP4, MOV or 3GP file that hold neither picture nor sound, and what can be read in them."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

from blur.traces.iso import Box, inside

_CONTAINERS = frozenset({b"", b"moov", b"trak", b"mdia", b"minf", b"udta"})

# What phones and action cameras put into the user data, after GoPro's, Sony's and 3GPP's names.
_USER_DATA = {
    b"FIRM": "device",
    b"LENS": "serial",
    b"CAME": "serial",
    b"MUID": "serial",
    b"GUMI": "serial",
    b"SNum": "serial",
    b"\xa9xyz": "place",
    b"loci": "place",
    b"GPS ": "place",
    b"\xa9mak": "device",
    b"\xa9mod": "device",
    b"\xa9swr": "software",
    b"\xa9day": "date",
    b"auth": "person",
    b"cprt": "person",
    b"titl": "person",
}
_EXTENSIONS = {
    bytes.fromhex(
        "be7acfcb97a942e89c71999491e3afac"
    ): "XMP (http://ns.adobe.com/xap), the history of an editing program",
    bytes.fromhex("d8fec3d61b0e483c92975828877ec481"): "C2PA (jumb), signed statements on the origin",
}
_IDENTIFIER = re.compile(
    rb"(?:xmp\.[id]id:|uuid:)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
_PROGRAM = re.compile(rb"(?<=softwareAgent=\")[^\"]+")
_POSITIONS = re.compile(rb"GPS[59FPU]|quicktime\.location")
_WORD = re.compile(rb"[\x20-\x7e]{4,}")
_MEASURING = frozenset({b"gpmd", b"mebx", b"camm", b"fdsc", b"tmcd", b"rtmd", b"mett", b"metx", b"urim"})
_SPACES = frozenset({b"free", b"skip", b"wide", b"junk"})
_READ = 1 << 20  # bytes of one box that are looked at
_PIECES = 16


def foreign_boxes(path: Path) -> Iterator[tuple[str, str, str]]:
    """Kind, place and readable value of each box that tells something; nothing for other containers.

    The kinds are those of blur/traces/source.py. What cannot be followed ends the walk.
    """
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        if data[4:8] not in (b"ftyp", b"moov", b"wide", b"mdat", b"skip", b"free"):
            return
        try:
            yield from _walk(data, Box(b"", "", 0, len(data)))
        except (struct.error, ValueError, IndexError, KeyError):
            return


def _walk(data: mmap, parent: Box) -> Iterator[tuple[str, str, str]]:
    for box in inside(data, parent):
        head = data[box.start : min(box.stop, box.start + _READ)]
        if box.kind in _CONTAINERS:
            yield from _walk(data, box)
        elif box.kind == b"stbl":
            yield from _measurements(data, box)
        elif box.kind == b"hdlr" and parent.kind == b"minf":
            yield "track", box.place, _readable(head[24:])
        elif box.kind == b"uuid":
            yield "record", box.place, _EXTENSIONS.get(head[:16]) or _readable(head[16:]) or head[:16].hex()
            yield from _identifiers(box, head)
        elif box.kind == b"meta":
            yield from _identifiers(box, head)
        elif box.kind in _SPACES:
            if head.strip(b"\0"):
                yield "record", box.place, _readable(head) or "bytes in free space"
        elif parent.kind == b"udta" and head.strip(b"\0"):
            yield _USER_DATA.get(box.kind, "record"), box.place, _readable(head) or head[:16].hex()


def _measurements(data: mmap, table: Box) -> Iterator[tuple[str, str, str]]:
    """What a track of measurements calls itself, and the readable part of its first sample."""
    boxes = {box.kind: box for box in inside(data, table)}
    entry = boxes[b"stsd"].body(data)
    if entry[12:16] not in _MEASURING:
        return
    said, sample = [entry[12:16].decode("ascii"), _readable(entry[24:])], b""
    if b"stco" in boxes and boxes[b"stco"].stop - boxes[b"stco"].start >= 12:
        (first,) = struct.unpack_from(">I", data, boxes[b"stco"].start + 8)
        _, constant, _, size = struct.unpack_from(">4I", data, boxes[b"stsz"].start)
        sample = data[first : first + min(constant or size, _READ)]
        said.append(_readable(sample))
        yield from ((kind, boxes[b"stsd"].place, name) for kind, name in _gopro_names(sample))
    if _POSITIONS.search(entry + sample):
        yield "place", boxes[b"stsd"].place, "positions along the way, in a track of measurements"
    yield "telemetry", boxes[b"stsd"].place, ", ".join(part for part in said if part)


def _gopro_names(sample: bytes) -> Iterator[tuple[str, str]]:
    """What GoPro's measurements say of the device, by keys, each with a size and a count."""
    for found in re.finditer(rb"(DVNM|MINF|FWVS|FMWR|CASN)c(.)(..)", sample, re.DOTALL):
        length = found[2][0] * int.from_bytes(found[3], "big")
        name = sample[found.end() : found.end() + length].strip(b"\0 ")
        if name and name.isascii():
            yield "serial" if found[1] == b"CASN" else "device", name.decode("ascii")


def _identifiers(box: Box, head: bytes) -> Iterator[tuple[str, str, str]]:
    for found in dict.fromkeys(_IDENTIFIER.findall(head)):
        yield "serial", box.place, found.decode("ascii")
    for found in dict.fromkeys(_PROGRAM.findall(head)):
        yield "software", box.place, found.decode("latin-1")


def _readable(body: bytes) -> str:
    """A few pieces of text in some bytes, without what only looks like text."""
    pieces = dict.fromkeys(piece.decode("ascii").strip() for piece in _WORD.findall(body))
    return ", ".join([piece[:120] for piece in pieces if _speaks(piece)][:_PIECES])


def _speaks(piece: str) -> bool:
    plain = sum(char.isalnum() or char in " .:+-/_" for char in piece)
    return len(piece) > 3 and plain >= 0.85 * len(piece)
