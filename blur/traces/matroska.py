"""What may stand in a finished Matroska or WebM file, element by element, and nothing else.

This follows the elements of RFC 9559 on its own, without the library that wrote them. What is not
on the short list of what Blur's writer makes is a finding.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from mmap import ACCESS_READ, mmap
from pathlib import Path

from blur.media.ebml import Element, elements, number
from blur.traces.coded import configuration_problem, sample_problem

_HEADER, _SEGMENT, _INFO, _TRACKS, _TRACK = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE
_SEEK_HEAD, _CUES, _TAGS, _CLUSTER, _GROUP = 0x114D9B74, 0x1C53BB6B, 0x1254C367, 0x1F43B675, 0xA0
_VOID, _SIMPLE_BLOCK, _BLOCK = 0xEC, 0xA3, 0xA1
_CODEC, _UID, _NUMBER, _PRIVATE = 0x86, 0x73C5, 0xD7, 0x63A2

_NAMES = {
    _HEADER: "EBML",
    _SEGMENT: "Segment",
    _INFO: "Info",
    _TRACKS: "Tracks",
    _TRACK: "TrackEntry",
    _SEEK_HEAD: "SeekHead",
    _CUES: "Cues",
    _TAGS: "Tags",
    _CLUSTER: "Cluster",
    _GROUP: "BlockGroup",
    _VOID: "Void",
    _UID: "TrackUID",
    _CODEC: "CodecID",
    0x7373: "Tag",
    0x67C8: "SimpleTag",
    0x4487: "TagString",
    0x22B59C: "Language",
    0x4D80: "MuxingApp",
    0x5741: "WritingApp",
    0x1941A469: "Attachments",
    0x1043A770: "Chapters",
    0x4461: "DateUTC",
    0x7BA9: "Title",
    0x73A4: "SegmentUUID",
    0x536E: "Name",
    0xBF: "CRC-32",
    0x258688: "CodecName",
    0x4DBB: "Seek",
    0x53AB: "SeekID",
    0x45A3: "TagName",
    0x9C: "FlagLacing",
    _PRIVATE: "CodecPrivate",
    _SIMPLE_BLOCK: "SimpleBlock",
    _BLOCK: "Block",
    0x75A1: "BlockAdditions",
}
# What may stand in what, by the identifiers of RFC 9559: plain numbers, elements that hold others, and
# the rest, each looked at in `_problem`. 0x4DBB is a Seek, 0xE0 Video, 0x55B0 its Colour, 0xE1 Audio,
# 0x7373 a Tag, 0x63C0 its Targets, 0x67C8 a SimpleTag, 0xBB a CuePoint, 0xB7 its CueTrackPositions.
_UNSIGNED = {
    _HEADER: {0x4286, 0x42F7, 0x42F2, 0x42F3, 0x4287, 0x4285},
    0x4DBB: {0x53AC},
    _INFO: {0x2AD7B1},
    _TRACK: {_NUMBER, _UID, 0x9C, 0x88, 0x83, 0x56AA, 0x56BB, 0x23E383, 0x55EE},
    0xE0: {0xB0, 0xBA, 0x54B0, 0x54BA, 0x54B2, 0x9A, 0x9D},
    0x55B0: {0x55B1, 0x55B2, 0x55B3, 0x55B4, 0x55B7, 0x55B8, 0x55B9, 0x55BA, 0x55BB},
    0xE1: {0x9F, 0x6264},
    0x63C0: {0x63C5},
    _CLUSTER: {0xE7},
    _GROUP: {0x9B, 0xFB, 0x75A2},
    0xBB: {0xB3},
    0xB7: {0xF7, 0xF1, 0xF0},
}
_HOLDERS = {
    0: {_HEADER, _SEGMENT},
    _SEGMENT: {_SEEK_HEAD, _INFO, _TRACKS, _TAGS, _CLUSTER, _CUES},
    _SEEK_HEAD: {0x4DBB},
    _TRACKS: {_TRACK},
    _TRACK: {0xE0, 0xE1},
    0xE0: {0x55B0},
    _TAGS: {0x7373},
    0x7373: {0x63C0, 0x67C8},
    _CLUSTER: {_GROUP},
    _CUES: {0xBB},
    0xBB: {0xB7},
}
_OTHERS = {
    _HEADER: {0x4282},
    _SEGMENT: {_VOID},
    0x4DBB: {0x53AB},
    _INFO: {0x4D80, 0x5741, 0x4489},
    _TRACK: {0x22B59C, _CODEC, _VOID, _PRIVATE},
    0xE1: {0xB5},
    0x67C8: {0x45A3, 0x4487},
    _CLUSTER: {_SIMPLE_BLOCK},
    _GROUP: {_BLOCK},
}
_REPEATED = {0x4DBB, _TRACK, 0x7373, 0x67C8, _CLUSTER, _GROUP, _SIMPLE_BLOCK, 0xBB, 0xB7, _VOID}
_CODECS = {
    b"V_MPEG4/ISO/AVC": "h264",
    b"V_MPEGH/ISO/HEVC": "hevc",
    b"V_VP9": "vp9",
    b"V_AV1": "av1",
    b"A_AAC": "aac",
    b"A_OPUS": "opus",
}
_DURATION = re.compile(rb"\d\d:\d\d:\d\d\.\d{9}\0*")


@dataclass(slots=True)
class _Track:
    codec: str = ""
    number: int = 0
    uid: int = 0
    private: bytes = b""


@dataclass(slots=True)
class _File:
    data: mmap
    tracks: list[_Track] = field(default_factory=list)
    tag: bytes = b""


def check_elements(path: Path) -> list[str]:
    """Everything in a Matroska or WebM file that Blur's writer would not have made, in plain words.

    Returns:
        Findings such as ``"Segment/Chapters"``; an empty list for a file without a trace. A file
        whose elements cannot be followed to their end is a finding too.

    Raises:
        OSError: the file cannot be read.
    """
    if path.stat().st_size == 0:
        return ["the file is empty"]
    findings: list[str] = []
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        try:
            walked = _File(data)
            findings.extend(_walk(walked, 0, "", 0, len(data)))
            if not walked.tracks:
                findings.append("the file holds no track")
        except (struct.error, ValueError, IndexError, KeyError):
            findings.append("the file's elements cannot be followed to their end")
    return findings


def _walk(file: _File, parent: int, place: str, start: int, stop: int) -> Iterator[str]:
    seen: set[int] = set()
    for element in elements(file.data, start, stop):
        kind = element.kind
        here = f"{place}/{_NAMES.get(kind, f'{kind:X}')}".lstrip("/")
        if kind in seen - _REPEATED:
            yield f"{here} (there twice)"
        seen.add(kind)
        if kind in _HOLDERS.get(parent, ()):
            if kind == _TRACK:
                file.tracks.append(_Track())
            yield from _walk(file, kind, here, element.start, element.stop)
            if kind == _TRACK:
                yield from _track_problems(file, here)
        elif kind in (_SIMPLE_BLOCK, _BLOCK) and kind in _OTHERS.get(parent, ()):
            problem = _block_problem(file, element)
            if problem:
                yield f"{here} ({problem})"
                return  # the next blocks would say the same
        elif kind in _UNSIGNED.get(parent, ()) or kind in _OTHERS.get(parent, ()):
            problem = _problem(file, parent, element)
            if problem:
                yield f"{here} ({problem})"
        else:
            yield here


def _problem(file: _File, parent: int, element: Element) -> str | None:
    """What is wrong with the body of an allowed element that holds no others."""
    kind, body = element.kind, element.body(file.data)
    if kind in _UNSIGNED.get(parent, ()):
        value = int.from_bytes(body, "big")
        if kind in (_UID, _NUMBER):
            setattr(file.tracks[-1], "uid" if kind == _UID else "number", value)
        if kind == 0x63C5 and value not in {track.uid for track in file.tracks}:
            return "a tag of no track"
        return None if len(body) <= 8 else "hidden bytes"
    match kind:
        case 0x4282:
            return None if body in (b"matroska", b"webm") else "an unusual kind of file"
        case 0x53AB:
            known = int.from_bytes(body, "big") in _HOLDERS[_SEGMENT]
            return None if known else "a pointer to what is never written"
        case 0x4D80 | 0x5741:
            return "a program's name" if any(body) else None
        case 0x4489 | 0xB5:
            return None if len(body) == 8 else "hidden bytes"
        case 0x22B59C:
            return None if body == b"und" else "a language"
        case 0xEC:
            return "hidden bytes" if any(body) else None
        case 0x45A3:
            file.tag = body
            return None if body in (b"DURATION", b"ENCODER") else "a tag"
        case 0x4487:
            plain = _DURATION.fullmatch(body) if file.tag == b"DURATION" else not body.strip(b" \0")
            return None if plain else "a tag"
    if kind == _CODEC:
        file.tracks[-1].codec = _CODECS.get(body, "")
    else:
        file.tracks[-1].private = body
    return None


def _track_problems(file: _File, place: str) -> Iterator[str]:
    track = file.tracks[-1]
    if not track.codec:
        yield f"{place} (a kind of track that is never written)"
        return
    # A random identifier would tell two copies apart, and so lead to whoever was given one of them.
    if track.uid != track.number or track.number != len(file.tracks):
        yield f"{place}/TrackUID (an identifier)"
    problem = configuration_problem(track.codec, track.private)
    if problem:
        yield f"{place} ({problem})"


def _block_problem(file: _File, element: Element) -> str | None:
    """A block is the track's number, two bytes of time, flags, and one sample."""
    track, at = number(file.data, element.start)
    if not 0 < track <= len(file.tracks):
        raise ValueError("a block of no track")
    if file.data[at + 2] & 0x0E:
        return "several samples in one block"
    return sample_problem(file.tracks[track - 1].codec, file.data[at + 3 : element.stop])
