"""Which files are videos, as far as their first bytes tell: cards and phones lose and change endings."""

from __future__ import annotations

from pathlib import Path

from blur.media.photo_kind import is_animated_webp
from blur.media.plain import has_an_end

_HEAD = 400
_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
_SOUND_ONLY = {b"M4A ", b"M4B ", b"M4P "}
_BEGINNINGS = (
    b"\x1a\x45\xdf\xa3",  # Matroska, WebM
    b"FLV\x01",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF
    b"\x00\x00\x01\xba",  # MPEG program stream
    b"GIF8",
)
_PACKETS = ((0, 188), (4, 192))
"""Where the first packet of an MPEG transport stream begins, and how far on the next does."""


def looks_like_video(path: Path) -> bool:
    """Whether a file begins as one of the containers that Blur reads does; False where it cannot be read."""
    try:
        if not has_an_end(path):
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except (OSError, ValueError):
        return False
    if head[4:8] in _BOXES:
        return head[8:12] not in _SOUND_ONLY
    if head[:4] == b"RIFF":
        return head[8:12] == b"AVI " or is_animated_webp(path)
    packets = any(head[first : first + 1] == head[first + size :][:1] == b"G" for first, size in _PACKETS)
    return packets or head.startswith(_BEGINNINGS)
