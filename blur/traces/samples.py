"""What may stand among the coded samples of an MP4: every byte belongs to a sample, none is signed."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from mmap import mmap

import numpy as np
from numpy.typing import NDArray

from blur.traces.coded import configuration_problem, sample_problem
from blur.traces.iso import Box, Tables, inside

_CODECS = {
    b"avc1": ("h264", b"avcC"),
    b"av01": ("av1", b"av1C"),
    b"hvc1": ("hevc", b"hvcC"),
    b"mp4a": ("aac", b"esds"),
}
_SYNC = b"\6\x80\x80\x80\1\2"
_PRIMING = 2112  # samples that an AAC encoder puts before the sound; ISO/IEC 14496-24


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
        codec, configured = _CODECS[entry.kind]
        body = tables[configured].body(data)
        problem = configuration_problem(codec, sound_configuration(body) if codec == "aac" else body)
        if problem:
            yield f"track {number} ({problem})"
        if _hidden(data, tables, codec):
            yield f"track {number} (an edit list that hides something)"
        yield from _check_each(data, codec, starts, lengths, number)
    start, size = np.concatenate(offsets), np.concatenate(sizes)
    order = np.argsort(start, kind="stable")
    edges = np.append(start[order], held.stop)
    if edges[0] != held.start or np.any(edges[:-1] + size[order] != edges[1:]):
        yield "bytes among the samples that belong to none"


def _hidden(data: mmap, tables: Tables, codec: str) -> bool:
    """Whether an edit list leaves out more than the sound encoder's start, or begins elsewhere."""
    if b"elst" not in tables:
        return False
    body = tables[b"elst"].body(data)
    (count,) = struct.unpack_from(">I", body, 4)
    _, begin, rate = struct.unpack_from(">Qqi" if body[0] else ">Iii", body, 8)
    return count != 1 or rate != 0x10000 or not 0 <= begin <= (_PRIMING if codec == "aac" else 0)


def sound_configuration(esds: bytes) -> bytes:
    """The AudioSpecificConfig in an esds box, which may hold nothing else; ISO/IEC 14496-1, 7.2.6.

    Raises:
        ValueError: other or further descriptors.
    """
    stream, after = _descriptor(esds[4:], 3)
    decoder, sync = _descriptor(stream[3:], 4)
    special, rest = _descriptor(decoder[13:], 5)
    if (
        esds[:4] != bytes(4)
        or after
        or rest
        or stream[2]
        or decoder[0] != 0x40
        or sync != b"\6\x80\x80\x80\1\2"
    ):
        raise ValueError("unknown descriptors")
    return special


def _descriptor(data: bytes, kind: int) -> tuple[bytes, bytes]:
    """The body of the descriptor at the beginning, and what follows it."""
    size, at = 0, 1
    while data[at] & 0x80:
        size, at = (size | data[at] & 0x7F) << 7, at + 1
    size, at = size | data[at], at + 1
    if data[0] != kind or at + size > len(data):
        raise ValueError("an unknown descriptor")
    return data[at : at + size], data[at + size :]


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


def _check_each(
    data: mmap, codec: str, starts: NDArray[np.int64], sizes: NDArray[np.int64], number: int
) -> Iterator[str]:
    for sample, (start, size) in enumerate(zip(starts.tolist(), sizes.tolist(), strict=True), 1):
        problem = sample_problem(codec, data[start : start + size])
        if problem:
            yield f"track {number}, sample {sample} ({problem})"
            return
