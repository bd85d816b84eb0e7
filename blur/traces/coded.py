"""What may stand in a coded sample and in a decoder's configuration: no encoder signs, nothing is hidden.

Every function returns what is wrong in plain words, or None, and raises ValueError, IndexError or
struct.error where the bytes contradict themselves.
"""

from __future__ import annotations

import re
import struct

# Messages with the mastering display and the light level of HDR10, and how many bytes each holds, as
# supplemental information (ITU-T H.265, D.2.28 and D.2.35) and as metadata (AV1 specification, 5.8).
_SUPPLEMENT, _SUPPLEMENTS = 39, {137: 24, 144: 4}
_METADATA, _METADATAS = 5, {2: 24, 1: 4}
_MESSAGE = 256  # added to the kind of such a message, it is told from those of units
_LIGHT = {"hevc": {_MESSAGE + kind for kind in _SUPPLEMENTS}, "av1": {_MESSAGE + kind for kind in _METADATAS}}

# The kinds of NAL unit that a bare stream needs: slices, parameter sets, delimiters and ends. What
# is left out is other supplemental information, in which encoders sign, and padding.
_UNITS = {
    "h264": frozenset({1, 5, 7, 8, 9, 10, 11}),
    "hevc": frozenset({*range(10), *range(16, 22), *range(32, 38), *_LIGHT["hevc"]}),
}
_PARAMETER_SETS = {"h264": frozenset({7, 8}), "hevc": frozenset({32, 33, 34, *_LIGHT["hevc"]})}

# Sequence, delimiter, frame header, tiles, frame; what is left out is other metadata and padding.
_OPEN_UNITS = frozenset({1, 2, 3, 4, 6, *_LIGHT["av1"]})

# Long enough that hours of coded sound hold none by chance.
_SIGNATURE = re.compile(
    rb"Lav[cf][0-9]+\.[0-9]|LAME[0-9]\.[0-9]|libfaac|Nero AAC|FhG[ -]IIS|libopus|CoreAudio"
)
_FIRST_AAC_ELEMENTS = frozenset({0, 1})  # a channel or a pair of them; others hold free bytes
_NO_SBR = b"\x56\xe5\x00"  # says that no band is replicated
_OPUS_HEAD = 19


def sample_problem(codec: str, sample: bytes) -> str | None:
    """What is wrong with one coded sample, as a container holds it.

    Args:
        codec: "h264" and "hevc" with unit lengths of four bytes, "vp9", "av1", "aac" or "opus".
    """
    match codec:
        case "h264" | "hevc":
            bare = _units(codec, sample) <= _UNITS[codec]
            return None if bare else "an encoder's or a camera's message"
        case "vp9":
            return _vp9_problem(sample)
        case "av1":
            return None if _open_units(sample) <= _OPEN_UNITS else "an encoder's message"
        case "aac":
            known = sample and sample[0] >> 5 in _FIRST_AAC_ELEMENTS
            return None if known and not _signed(sample) else "a sound encoder's signature"
        case "opus":
            return _opus_problem(sample)
    raise ValueError(f"no sample of {codec} is ever written")


def configuration_problem(codec: str, body: bytes) -> str | None:
    """What is wrong with a decoder's configuration: it may hold parameters and nothing after them.

    Args:
        codec: as for `sample_problem`.
        body: of an avcC, hvcC or av1C box, an AudioSpecificConfig or an OpusHead; empty for VP9.
    """
    match codec:
        case "h264" | "hevc":
            kinds, rest = _avc_units(body) if codec == "h264" else _hevc_units(body)
            right = kinds <= _PARAMETER_SETS[codec] and not rest
        case "vp9":
            right = not body
        case "av1":
            # AV1 in ISOBMFF, 2.3: four bytes, then the sequence header alone.
            right = body[:1] == b"\x81" and _open_units(body[4:]) <= {1}
        case "aac":
            # ISO/IEC 14496-3, 1.6.2.1: low complexity, one or two channels, frames of 1024.
            kind, channels, flags = body[0] >> 3, body[1] >> 3 & 0xF, body[1] & 7
            right = kind == 2 and channels in (1, 2) and not flags and body[2:] in (b"", _NO_SBR)
        case "opus":
            # RFC 7845, 5.1: version 1, one or two channels, no gain, no mapping.
            right = len(body) == _OPUS_HEAD and body[:9] == b"OpusHead\1" and body[9] in (1, 2)
            right = right and not any(body[16:])
        case _:
            raise ValueError(f"nothing is ever written as {codec}")
    return None if right else "an encoder's signature in its configuration"


def _signed(sample: bytes) -> bool:
    return _SIGNATURE.search(sample) is not None


def _units(codec: str, sample: bytes) -> set[int]:
    """The kinds of NAL unit in a sample."""
    kinds: set[int] = set()
    at = 0
    while at < len(sample):
        (length,) = struct.unpack_from(">I", sample, at)
        head = sample[at + 4]
        kind = head & 0x1F if codec == "h264" else head >> 1 & 0x3F
        if codec == "hevc" and kind == _SUPPLEMENT:
            kind = _supplement(sample[at + 4 : at + 4 + length], kinds)
        kinds.add(kind)
        at += 4 + length
    if at != len(sample):
        raise ValueError("units do not fill their sample")
    return kinds


def _avc_units(body: bytes) -> tuple[set[int], bytes]:
    """The kinds of unit in an avcC box, and what follows them; ISO/IEC 14496-15, 5.3.3."""
    if body[4] & 3 != 3:
        raise ValueError("unit lengths are not of four bytes")
    kinds, at = set(), 5
    for mask in (0x1F, 0xFF):
        units = body[at] & mask
        at += 1
        for _ in range(units):
            (length,) = struct.unpack_from(">H", body, at)
            kinds.add(body[at + 2] & 0x1F)
            at += 2 + length
    rest = body[at:]
    # High profiles end with chroma format, two bit depths and the number of extensions.
    return kinds, b"" if len(rest) == 4 and rest[3] == 0 else rest


def _hevc_units(body: bytes) -> tuple[set[int], bytes]:
    """The kinds of unit in an hvcC box, and what follows them; ISO/IEC 14496-15, 8.3.3."""
    if body[21] & 3 != 3:
        raise ValueError("unit lengths are not of four bytes")
    kinds: set[int] = set()
    at = 23
    for _ in range(body[22]):
        kind, units = struct.unpack_from(">BH", body, at)
        at += 3
        for _ in range(units):
            (length,) = struct.unpack_from(">H", body, at)
            held = kind & 0x3F, body[at + 2] >> 1 & 0x3F
            supplement = held == (_SUPPLEMENT, _SUPPLEMENT)
            kinds |= {_supplement(body[at + 2 : at + 2 + length], kinds)} if supplement else {*held}
            at += 2 + length
    return kinds, body[at:]


def _supplement(unit: bytes, kinds: set[int]) -> int:
    """The kind of a supplemental unit: that of its message, if it is of HDR10, alone and the first such."""
    body = unit[2:].replace(b"\0\0\3", b"\0\0")
    kind, size = _MESSAGE + body[0], _SUPPLEMENTS.get(body[0], 0)
    framed = unit[:2] == b"\x4e\1" and body[1:2] == bytes([size]) and body[size + 2 :] == b"\x80"
    return kind if size and framed and kind not in kinds else _SUPPLEMENT


def _metadata(body: bytes, kinds: set[int]) -> int:
    """As `_supplement`, of the body of a metadata unit."""
    kind, size = _MESSAGE + body[0], _METADATAS.get(body[0], 0)
    return kind if size and body[size + 1 :] == b"\x80" and kind not in kinds else _METADATA


def _open_units(sample: bytes) -> set[int]:
    """The kinds of open bitstream unit in a sample, each with its length; AV1 specification, 5.3."""
    kinds: set[int] = set()
    at = 0
    while at < len(sample):
        head = sample[at]
        if not head & 2:
            raise ValueError("a unit without a length")
        kind = head >> 3 & 15
        at += 2 if head & 4 else 1
        length = shift = 0
        while True:
            byte = sample[at]
            at, length, shift = at + 1, length | (byte & 127) << shift, shift + 7
            if byte < 128:
                break
        kinds.add(_metadata(sample[at : at + length], kinds) if kind == _METADATA else kind)
        at += length
    if at != len(sample):
        raise ValueError("units do not fill their sample")
    return kinds


def _vp9_problem(sample: bytes) -> str | None:
    """A sample is a frame, or frames and an index of their sizes; VP9 bitstream specification, annex B."""
    marker = sample[-1]
    sizes = [len(sample)]
    if marker & 0xE0 == 0xC0:
        width, count = (marker >> 3 & 3) + 1, (marker & 7) + 1
        index = sample[-2 - width * count :]
        if len(index) == 2 + width * count and index[0] == marker:
            sizes = [
                int.from_bytes(index[1 + i : 1 + i + width], "little") for i in range(0, width * count, width)
            ]
            if sum(sizes) + len(index) != len(sample):
                return "bytes that belong to no picture"
    at = 0
    for size in sizes:
        if not size or sample[at] >> 6 != 2:
            return "bytes that belong to no picture"
        at += size
    return None


def _opus_problem(sample: bytes) -> str | None:
    """A packet may be padded with noughts alone; RFC 6716, 3.2.5."""
    if _signed(sample):
        return "a sound encoder's signature"
    if sample[0] & 3 == 3 and sample[1] & 0x40:
        at, padding = 2, 0
        while sample[at] == 255:
            padding, at = padding + 254, at + 1
        padding += sample[at]
        if padding >= len(sample) or any(sample[len(sample) - padding :]):
            return "hidden bytes"
    return None
