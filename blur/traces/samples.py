"""What may stand among the coded samples: every byte belongs to a sample, no encoder signed any."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from mmap import mmap

import numpy as np
from numpy.typing import NDArray

from blur.traces.iso import Box, Tables, inside

# The kinds of NAL unit that a bare stream needs: slices, parameter sets, delimiters and ends. What
# is left out is supplemental information, in which encoders sign, and padding.
_NAL_KINDS = {
    b"avc1": frozenset({1, 5, 7, 8, 9, 10, 11}),
    b"hvc1": frozenset({*range(10), *range(16, 22), *range(32, 38)}),
}
_PARAMETER_SETS = {b"avc1": frozenset({7, 8}), b"hvc1": frozenset({32, 33, 34})}
_SIGNATURES = (b"Lavc", b"Lavf", b"LAME", b"libfaac", b"Nero", b"FhG")
_SIGNED_SAMPLES = 4  # sound encoders sign at the very beginning, if they do


def check_samples(data: mmap, media: list[Box], tracks: list[Tables]) -> Iterator[str]:
    """What could trace in the samples of a file whose boxes are all allowed.

    Raises:
        ValueError, IndexError, KeyError, struct.error: the tables contradict each other.
    """
    (held,) = media
    offsets, sizes = [], []
    for number, tables in enumerate(tracks, 1):
        starts, lengths = _samples(data, tables)
        offsets.append(starts)
        sizes.append(lengths)
        (entry,) = inside(data, tables[b"stsd"], 8)
        if entry.kind in _NAL_KINDS:
            yield from _check_configuration(data, entry.kind, tables, number)
            yield from _check_picture(data, entry.kind, starts, lengths, number)
        else:
            yield from _check_sound(data, starts, lengths, number)
    start, size = np.concatenate(offsets), np.concatenate(sizes)
    order = np.argsort(start, kind="stable")
    edges = np.append(start[order], held.stop)
    if edges[0] != held.start or np.any(edges[:-1] + size[order] != edges[1:]):
        yield "bytes among the samples that belong to none"


def _samples(data: mmap, tables: Tables) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each sample of a track begins in the file, and how long it is."""
    body = tables[b"stsz"].body(data)
    _, constant, count = struct.unpack_from(">III", body)
    if count * constant > len(data):
        raise ValueError("more samples than the file can hold")
    if constant:
        sizes = np.full(count, constant, np.int64)
    else:
        sizes = np.frombuffer(body, ">u4", count, 12).astype(np.int64)
    wide = b"co64" in tables
    chunk_body = tables[b"co64" if wide else b"stco"].body(data)
    chunks = np.frombuffer(chunk_body, ">u8" if wide else ">u4", -1, 8).astype(np.int64)
    runs = np.frombuffer(tables[b"stsc"].body(data), ">u4", -1, 8).reshape(-1, 3).astype(np.int64)
    lengths = np.diff(np.append(runs[:, 0] - 1, len(chunks)))
    per_chunk = np.repeat(runs[:, 1], lengths)
    if per_chunk.sum() != count or len(per_chunk) != len(chunks):
        raise ValueError("chunks and samples do not add up")
    ends = np.cumsum(sizes)
    first = np.cumsum(per_chunk) - per_chunk
    before = (ends - sizes)[first] if count else ends
    return ends - sizes + np.repeat(chunks - before, per_chunk), sizes


def _check_configuration(data: mmap, codec: bytes, tables: Tables, number: int) -> Iterator[str]:
    """The decoder's configuration holds parameter sets and nothing after them."""
    body = tables[b"avcC" if codec == b"avc1" else b"hvcC"].body(data)
    kinds, rest = _avc_units(body) if codec == b"avc1" else _hevc_units(body)
    if not kinds <= _PARAMETER_SETS[codec] or rest:
        yield f"track {number} (an encoder's signature in its configuration)"


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
    kinds, at = set(), 23
    for _ in range(body[22]):
        kind, units = struct.unpack_from(">BH", body, at)
        at += 3
        for _ in range(units):
            (length,) = struct.unpack_from(">H", body, at)
            kinds |= {kind & 0x3F, body[at + 2] >> 1 & 0x3F}
            at += 2 + length
    return kinds, body[at:]


def _check_picture(
    data: mmap, codec: bytes, starts: NDArray[np.int64], sizes: NDArray[np.int64], number: int
) -> Iterator[str]:
    for sample, (start, size) in enumerate(zip(starts.tolist(), sizes.tolist(), strict=True), 1):
        if not _units(data, codec, start, start + size) <= _NAL_KINDS[codec]:
            yield f"track {number}, sample {sample} (an encoder's or a camera's message)"
            return


def _units(data: mmap, codec: bytes, at: int, stop: int) -> set[int]:
    """The kinds of NAL unit in a sample."""
    kinds = set()
    while at < stop:
        (length,) = struct.unpack_from(">I", data, at)
        head = data[at + 4]
        kinds.add(head & 0x1F if codec == b"avc1" else head >> 1 & 0x3F)
        at += 4 + length
    if at != stop:
        raise ValueError("units do not fill their sample")
    return kinds


def _check_sound(
    data: mmap, starts: NDArray[np.int64], sizes: NDArray[np.int64], number: int
) -> Iterator[str]:
    for at, size in zip(starts[:_SIGNED_SAMPLES].tolist(), sizes[:_SIGNED_SAMPLES].tolist(), strict=True):
        if any(signature in data[at : at + size] for signature in _SIGNATURES):
            yield f"track {number} (a sound encoder's signature)"
            return
