"""Which files are photos: told by their first bytes, since messengers rename what they pass on."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

from blur.media.plain import has_an_end

PhotoKind: TypeAlias = Literal["jpeg", "png", "webp", "tiff", "avif", "heif"]

PHOTO_KINDS: dict[str, PhotoKind] = {
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".png": "png",
    ".webp": "webp",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".avif": "avif",
    ".heic": "heif",
    ".heif": "heif",
}
"""The kinds of photo that are written, by the file name's ending."""

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1"}
_HEAD = 256


def photo_kind(path: Path) -> PhotoKind | None:
    """The kind of photo that the file is, or None: no photo, or not to be read."""
    head = _head(path)
    if head[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return None if _is_animated(head) else "webp"
    if head[:4] in (b"II*\0", b"MM\0*"):
        return "tiff"
    return _iso_kind(head) if head[4:8] == b"ftyp" else None


def is_animated_webp(path: Path) -> bool:
    """Whether the file is a WebP whose pictures move: a clip, and no photo."""
    return _is_animated(_head(path))


def _is_animated(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and bool(head[20] & 2)


def _head(path: Path) -> bytes:
    """The first bytes of a file; none where it cannot be read."""
    try:
        if not has_an_end(path):
            return b""
        with path.open("rb") as file:
            return file.read(_HEAD)
    except (OSError, ValueError):
        return b""


def _iso_kind(head: bytes) -> PhotoKind | None:
    """Of a file of boxes: its major brand says whether it is a photo, the others which one."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    major = head[8:12]
    brands = {head[at : at + 4] for at in range(16, end - 3, 4)} | {major}
    if major == b"avif" or (major == b"mif1" and b"avif" in brands):
        return "avif"
    return "heif" if major in _HEIF_BRANDS else None
