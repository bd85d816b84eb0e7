"""What a file presents, read with PyAV and Pillow alone: what Blur's own reader is held against."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

RATE = 48_000
"""Samples of sound a second, whatever the file's own rate."""
ROUNDING = 0.003
"""Seconds by which a coarse clock may put a piece of sound beside the end of the one before."""

pillow_heif.register_heif_opener()


@dataclass(frozen=True)
class Look:
    """What a player needs to know of a picture beside its samples."""

    size: tuple[int, int]
    aspect: Fraction
    depth: int
    coarseness: tuple[int, int]
    tags: tuple[int, ...]
    light: tuple[str | None, ...]
    interlaced: bool


def look(frame: av.VideoFrame, stream: Any) -> Look:
    """Of an upright picture, as the stream and the frame tell it together."""
    source = frame.format
    turned = matrix(frame)[0][0] == 0
    size = (frame.width, frame.height)
    aspect = stream.sample_aspect_ratio or Fraction(1)
    coarse = (int(source.chroma_width(16) < 16), int(source.chroma_height(16) < 16))
    planar = not source.is_rgb and not source.has_palette and len(source.components) >= 3
    full = source.name.startswith("yuvj") or int(frame.color_range) == 2
    tags = (full, int(frame.color_primaries), int(frame.color_trc), int(frame.colorspace))
    wanted = ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL")
    light = tuple(bytes(frame.side_data[key]).hex() if key in frame.side_data else None for key in wanted)
    return Look(
        size[::-1] if turned else size,
        1 / aspect if turned else aspect,
        min(max(part.bits for part in source.components), 10) if planar else 8,
        (coarse[::-1] if turned else coarse) if planar else (1, 1),
        tags if planar else (),
        light,
        frame.interlaced_frame,
    )


def matrix(frame: av.VideoFrame) -> tuple[tuple[int, int], tuple[int, int]]:
    """How the picture is to be turned and mirrored: a place (x, y) goes to (ax + cy, bx + dy)."""
    if "DISPLAYMATRIX" not in frame.side_data:
        return (1, 0), (0, 1)
    a, b, _, c, d = np.sign(np.frombuffer(bytes(frame.side_data["DISPLAYMATRIX"]), np.int32, 5)).tolist()
    return (a, b), (c, d)


def upright(plane: NDArray[Any], frame: av.VideoFrame) -> NDArray[Any]:
    (a, b), (c, d) = matrix(frame)
    if a == 0:
        plane, a, d = plane.T, c, b
    return np.ascontiguousarray(plane[:: d or 1, :: a or 1])


def samples(frame: av.VideoFrame) -> list[NDArray[Any]]:
    """Luma and, where the picture has it, colour, upright; see-through parts lie on black."""
    if frame.format.is_rgb or frame.format.has_palette:
        rgba = frame.to_ndarray(format="rgba").astype(np.float32)
        luma = (rgba[..., :3] * rgba[..., 3:] / 255) @ np.array([65.481, 128.553, 24.966]) / 255 + 16
        return [upright(luma.round().astype(np.uint8), frame)]
    dtype = np.uint16 if frame.format.components[0].bits > 8 else np.uint8
    rows = [np.frombuffer(plane, dtype).reshape(plane.height, -1)[:, : plane.width] for plane in frame.planes]
    return [upright(plane, frame) for plane in rows]


def presented(path: Path) -> Iterator[tuple[Fraction, av.VideoFrame, Any]]:
    """What a player shows of a file: seconds, pictures, and the stream that they are of."""
    with av.open(f"file:{path}") as container:
        stream: Any = container.streams.best("video")
        stream.thread_type = "AUTO"
        unordered = container.format.name == "avi"
        for index, frame in enumerate(container.decode(stream)):
            pts = index if unordered or frame.pts is None else frame.pts
            yield pts * stream.time_base, frame, stream


def alike(before: Look, after: Look) -> list[str]:
    """What a player would treat otherwise."""
    faults = []
    for key in ("size", "aspect", "depth", "light", "interlaced"):
        was, now = getattr(before, key), getattr(after, key)
        if was != now:
            faults.append(f"{key} {was} became {now}")
    odd = before.size[0] % 2 or before.size[1] % 2  # encoders take these in full colour alone
    if before.coarseness != after.coarseness and not (odd and after.coarseness == (0, 0)):
        faults.append(f"colour's coarseness {before.coarseness} became {after.coarseness}")
    if before.tags and before.tags != after.tags:
        faults.append(f"range, primaries, transfer, matrix {before.tags} became {after.tags}")
    return faults


def heard(path: Path) -> tuple[NDArray[np.float32], float] | None:
    """The first sound track on the clock of the first presented picture, from nought on, and its end."""
    first, picture, stream = next(presented(path))
    del picture, stream
    pieces: list[tuple[int, NDArray[np.float32]]] = []
    end = 0
    with av.open(f"file:{path}") as container:
        if not container.streams.audio:
            return None
        rate = container.streams.audio[0].rate
        mono = av.AudioResampler("flt", "mono", rate)
        for frame in container.decode(container.streams.audio[0]):
            at = round((frame.pts * frame.time_base - first) * rate)
            if pieces and abs(at - end) < ROUNDING * rate:
                at = end
            pieces += [(at, part.to_ndarray()[0].copy()) for part in mono.resample(frame)]
            end = at + frame.samples
    timeline = np.zeros(max(end, 1), np.float32)
    for at, piece in pieces:
        skipped = max(-at, 0)
        if skipped < len(piece):
            timeline[at + skipped : at + len(piece)] = piece[skipped:]
    grid = np.arange(0, len(timeline) / rate, 1 / RATE)
    return np.interp(grid * rate, np.arange(len(timeline)), timeline).astype(np.float32), end / rate


def photo(path: Path) -> NDArray[np.uint8]:
    """A photo as viewers show it, upright and in sRGB: shape (H, W, 3)."""
    with Image.open(path) as image:
        profile = image.info.get("icc_profile")
        shown = ImageOps.exif_transpose(image)
        if profile:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            shown = ImageCms.profileToProfile(shown, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
        return np.asarray(shown.convert("RGB"))


def carried(path: Path) -> list[str]:
    """What a photo holds beside its pixels; of a JPEG, segments and bytes that no picture needs."""
    with Image.open(path) as image:
        harmless = {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        found = [str(key) for key in image.info if key not in harmless]
        found += ["exif"] if image.getexif() else []
        found += ["further pictures"] if getattr(image, "n_frames", 1) > 1 else []
        if image.format != "JPEG":
            return found
    content, at = path.read_bytes(), 2
    while content[at + 1] != 0xDA:  # start of the scan
        if content[at + 1] in {0xFE, *range(0xE1, 0xF0)}:
            found.append(f"segment {content[at + 1]:X}")
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    # Inside of a scan, 0xFF is followed by nought or the number of a restart.
    return found if content.index(b"\xff\xd9", at) == len(content) - 2 else [*found, "a trailer"]
