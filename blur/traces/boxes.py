"""What may stand in a finished MP4 file, box by box, and nothing else.

This follows the boxes of ISO/IEC 14496-12 on its own, without the library that wrote them, and
holds them against the short list of what Blur's writer makes. What is not on the list is a
finding, so that a kind of metadata of which nobody has thought yet is found too.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

from blur.traces.iso import Box, Tables, inside
from blur.traces.samples import check_samples

_CHILDREN: dict[bytes, frozenset[bytes]] = {
    b"": frozenset({b"ftyp", b"moov", b"free", b"mdat"}),
    b"moov": frozenset({b"mvhd", b"trak"}),
    b"trak": frozenset({b"tkhd", b"edts", b"mdia"}),
    b"edts": frozenset({b"elst"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"dinf", b"stbl"}),
    b"dinf": frozenset({b"dref"}),
    b"stbl": frozenset(
        {b"stsd", b"stts", b"ctts", b"stss", b"stsc", b"stsz", b"stco", b"co64", b"sgpd", b"sbgp", b"sdtp"}
    ),
    b"avc1": frozenset({b"avcC", b"colr", b"pasp", b"btrt", b"fiel"}),
    b"av01": frozenset({b"av1C", b"colr", b"pasp", b"btrt", b"fiel"}),
    b"hvc1": frozenset({b"hvcC", b"colr", b"pasp", b"btrt", b"fiel"}),
    b"mp4a": frozenset({b"esds", b"btrt"}),
}
_ENTRY_FIELDS = {b"avc1": 78, b"av01": 78, b"hvc1": 78, b"mp4a": 28}  # bytes before an entry's boxes
_REPEATED = frozenset({b"trak", b"free"})
_MEANINGS = {
    b"udta": "user data",
    b"meta": "metadata",
    b"uuid": "an extension",
    b"tref": "a reference between tracks",
    b"gmhd": "a metadata track",
    b"nmhd": "a metadata track",
}

_BRANDS = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"avc1", b"av01", b"mp41", b"mp42"})
_HANDLER_NAMES = frozenset({b"", b"\0", b"VideoHandler\0", b"SoundHandler\0"})
_UNDETERMINED = 0x55C4  # the language "und" in three times five bits
# Full boxes of nothing but a count and rows: the bytes of a row in versions 0 and 1.
_ROWS = {
    b"stts": (8, 8),
    b"ctts": (8, 8),
    b"stss": (4, 4),
    b"stsc": (12, 12),
    b"stco": (4, 4),
    b"co64": (8, 8),
    b"elst": (12, 20),
}
_FIXED = {b"vmhd": 12, b"smhd": 8, b"pasp": 8, b"btrt": 12, b"fiel": 2}
# Headers with times: the bytes of the whole in versions 0 and 1.
_TIMED = {b"mvhd": (100, 112), b"tkhd": (84, 96), b"mdhd": (24, 36)}
_DEPENDENCIES = {0x10, 0x18, 0x20, 0x28}
_FOLLOWED = frozenset({b"esds", b"avcC", b"av1C", b"hvcC"})  # read with the samples


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


_EMPTY_LIST = _box(b"meta", bytes(4) + _box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9)) + _box(b"ilst", b""))
"""The list of iTunes tags without a tag in it, which the muxer writes into every file."""

_LOCAL = bytes(7) + b"\1" + _box(b"url ", b"\0\0\0\1")
"""The only reference to data: in this very file."""


def check_boxes(path: Path) -> list[str]:
    """Everything in an MP4 file that Blur's writer would not have made, in plain words.

    Returns:
        Findings such as ``"moov/udta (user data)"``; an empty list for a file without a trace. A
        file whose boxes cannot be followed to their end is a finding too.

    Raises:
        OSError: the file cannot be read.
    """
    if path.stat().st_size == 0:
        return ["the file is empty"]
    media: list[Box] = []
    tracks: list[Tables] = []
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        findings: list[str] = []
        try:
            findings.extend(_walk(data, Box(b"", "", 0, len(data)), media, tracks))
            if not findings:
                # The tables are followed only where each is known to be what it claims.
                findings.extend(check_samples(data, media, tracks))
        except (struct.error, ValueError, IndexError, KeyError):
            findings.append("the file's boxes cannot be followed to their end")
    return findings


def _walk(data: mmap, parent: Box, media: list[Box], tracks: list[Tables]) -> Iterator[str]:
    seen: set[bytes] = set()
    for box in inside(data, parent, _ENTRY_FIELDS.get(parent.kind, 0)):
        if box.kind == b"udta" and box.body(data) == _EMPTY_LIST:
            continue
        if box.kind not in _CHILDREN[parent.kind]:
            yield f"{box.place} ({_MEANINGS.get(box.kind, 'unknown')})"
            continue
        if box.kind in seen - _REPEATED:
            yield f"{box.place} (there twice)"
        seen.add(box.kind)
        if box.kind == b"trak":
            tracks.append({})
        if box.kind == b"mdat":
            media.append(box)
        elif box.kind in _CHILDREN:
            yield from _walk(data, box, media, tracks)
        elif box.kind == b"stsd":
            tracks[-1][box.kind] = box
            yield from _check_entry(data, box, media, tracks)
        else:
            if tracks:
                tracks[-1][box.kind] = box
            problem = _problem(box.kind, box.body(data))
            if problem:
                yield f"{box.place} ({problem})"


def _check_entry(data: mmap, table: Box, media: list[Box], tracks: list[Tables]) -> Iterator[str]:
    """A track has one sample entry: the codec's fields, then boxes."""
    if data[table.start : table.start + 8] != bytes(7) + b"\1":
        yield f"{table.place} (more than one kind of sample)"
        return
    (entry,) = inside(data, table, 8)
    if entry.kind not in _ENTRY_FIELDS:
        yield f"{entry.place} (a kind of track that is never written)"
        return
    fields = data[entry.start : entry.start + _ENTRY_FIELDS[entry.kind]]
    # The dimensions and the like are plain numbers; a maker's name could stand in these.
    reserved = fields[8:16] if entry.kind == b"mp4a" else fields[8:24] + fields[42:74]
    if any(fields[:6]) or any(reserved):
        yield f"{entry.place} (a maker's name)"
    yield from _walk(data, entry, media, tracks)


def _problem(kind: bytes, body: bytes) -> str | None:
    """What is wrong with the body of an allowed box that holds no others."""
    match kind:
        case b"ftyp":
            brands = {body[:4], *(body[at : at + 4] for at in range(8, len(body), 4))}
            return None if brands <= _BRANDS else "an unusual brand"
        case b"free":
            return "hidden bytes" if body.strip(b"\0") else None
        case b"mvhd" | b"tkhd" | b"mdhd":
            return _header_problem(kind, body)
        case b"hdlr":
            known = body[:8] == bytes(8) and body[8:12] in (b"vide", b"soun") and not any(body[12:24])
            return None if known and body[24:] in _HANDLER_NAMES else "a handler's name"
        case b"dref":
            return None if body == _LOCAL else "a reference to another file"
        case b"colr":
            return None if body[:4] == b"nclx" and len(body) == 11 else "a colour profile"
        case b"stsz":
            _, size, count = struct.unpack_from(">III", body)
            return None if len(body) == 12 + (0 if size else 4 * count) else "hidden bytes"
        case b"sgpd":  # one group: sound that needs the sample before it
            return None if body[4:16] == b"roll\0\0\0\2\0\0\0\1" and len(body) == 18 else "hidden bytes"
        case b"sbgp":
            (count,) = struct.unpack_from(">I", body, 8)
            return None if body[4:8] == b"roll" and len(body) == 12 + 8 * count else "hidden bytes"
        case b"sdtp":  # whether a picture needs others, and others need it
            return None if not any(body[:4]) and set(body[4:]) <= _DEPENDENCIES else "hidden bytes"
    if kind in _FOLLOWED:
        return None
    if kind in _FIXED:
        return None if len(body) == _FIXED[kind] else "hidden bytes"
    version, (count,) = body[0], struct.unpack_from(">I", body, 4)
    return None if len(body) == 8 + count * _ROWS[kind][version] else "hidden bytes"


def _header_problem(kind: bytes, body: bytes) -> str | None:
    version = body[0]
    if len(body) != _TIMED[kind][version]:
        return "hidden bytes"
    if any(body[4 : 20 if version else 12]):
        return "a date"
    if kind == b"mdhd" and struct.unpack(">H", body[-4:-2]) != (_UNDETERMINED,):
        return "a language"
    if kind == b"mvhd" and any(body[-28:-4]):
        return "a preview or a selection"
    return None
