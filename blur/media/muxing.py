"""How Blur's containers are written: which kinds, and without the muxer's name in them."""

from __future__ import annotations

from pathlib import Path

MUXERS = {".mp4": "mp4", ".mkv": "matroska", ".webm": "webm"}
"""libav's muxer by the file name's ending."""

# The names of the muxing and of the writing program, which the format demands: element, size, text.
_MUXER_NAMES = (b"\x4d\x80\x84Lavf", b"\x57\x41\x84Lavf")
_HEAD = 1 << 16


def muxer_options(muxer: str) -> dict[str, str]:
    """The muxer's options: no dates or versions, no handler names, no checksum over what is blanked."""
    bare = {"fflags": "+bitexact"}
    if muxer == "mp4":
        return bare | {"movflags": "+faststart", "empty_hdlr_name": "1"}
    return bare | {"write_crc32": "0"}


def blank_muxer_name(path: Path) -> None:
    """Empties the program names in a Matroska or WebM file's head; leaves an MP4 as it is.

    Even in its bit-exact mode libav writes them, and an empty text is as valid.
    """
    if path.suffix.lower() == ".mp4":
        return
    with path.open("r+b") as file:
        head = file.read(_HEAD)
        for name in _MUXER_NAMES:
            head = head.replace(name, name[:3] + bytes(len(name) - 3), 1)
        file.seek(0)
        file.write(head)
