"""Colours that a HEIC or AVIF names by a number (ITU-T H.273) and not by a profile."""

from __future__ import annotations

import struct
from pathlib import Path

from PIL import ImageCms

_HEAD = 1 << 16
"""Bytes in which the number stands: before the pictures, with all else that describes them."""

# Red, green and blue as a profile holds them: XYZ, seen under D50.
_PRIMARIES = {
    9: ((0.6734, 0.2790, -0.0019), (0.1656, 0.6753, 0.0300), (0.1251, 0.0456, 0.7970)),  # BT.2020
    12: ((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)),  # Display P3
}
_TAGS = (b"rXYZ", b"gXYZ", b"bXYZ")


def named_gamut(path: Path) -> bytes | None:
    """A profile of the colours that the photo's box of numbers names; None where they are sRGB's, or unsaid.

    The profile has sRGB's curve: those of HDR (PQ, HLG) are not turned into it.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    at = head.find(b"colrnclx")
    primaries = _PRIMARIES.get(int.from_bytes(head[at + 8 : at + 10], "big")) if at >= 0 else None
    if primaries is None:
        return None
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack_from(">I", profile, 128)
    for entry in range(132, 132 + 12 * count, 12):
        tag, offset = struct.unpack_from(">4sI", profile, entry)
        if tag in _TAGS:
            colour = primaries[_TAGS.index(tag)]
            struct.pack_into(">3i", profile, offset + 8, *(round(part * 65536) for part in colour))
    return bytes(profile)
