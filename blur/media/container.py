"""The one way into a file: local, regular, of a known kind, opened for reading only."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from blur.errors import EncryptedError, InputError, UnreadableError, UnsupportedError
from blur.text import printable

# Demuxers of single files that hold their own data. Playlists, concat scripts, text and picture
# demuxers stay out: they read other files, the network, or render what is no video.
DEMUXERS = (
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2"),
    *("matroska", "webm", "avi", "mpegts", "mpeg", "flv", "asf", "ogg", "gif"),
)

MAX_PIXELS = 70_000_000
"""The largest picture that is taken: 8K is 33 million pixels, a phone's largest video the same."""

INPUT_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": ",".join(DEMUXERS),
    "max_pixels": str(MAX_PIXELS),
    "err_detect": "crccheck+explode",
}

# What cannot be a second picture of the video: covers, thumbnails, stills.
_NO_VIDEO = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image

_PHOTO_BRANDS = {"heic", "heix", "heim", "heis", "mif1", "avif"}

_MOOV_LIMIT = 64 << 20


def local_url(path: Path) -> str:
    """The file's name as libav takes for a local file, whatever it starts with or holds.

    Without the protocol's name, ``http:a.mp4`` would be a request and ``-i.mp4`` an option.
    """
    return f"file:{os.fspath(path)}"


@contextmanager
def open_input(path: Path) -> Iterator[InputContainer]:
    """Opens a video file for reading.

    Raises:
        UnreadableError: not there, no permission, no regular file, empty, or no video Blur knows.
        UnsupportedError: a photo in a video's container (HEIC, AVIF).
        EncryptedError: the file is protected.
    """
    check_regular(path)
    try:
        container = av.open(local_url(path), "r", options=INPUT_OPTIONS, metadata_errors="replace")
    except (av.FFmpegError, ValueError, OSError) as error:
        raise refusal(path, f"{printable(path.name)} is not a video that Blur can read") from error
    with container:
        if container.metadata.get("major_brand", "").strip() in _PHOTO_BRANDS:
            raise UnsupportedError(f"{printable(path.name)} is a photo, not a video", "Give Blur a video.")
        yield container


def picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """The stream that holds the video's picture: the default one, then the largest.

    Raises:
        UnreadableError: the file has no video, only sound, a cover or data.
        UnsupportedError: no decoder for it.
        EncryptedError: the file is protected.
    """
    streams = [s for s in container.streams.video if not s.disposition & _NO_VIDEO]
    if not streams:
        held = "only sound" if container.streams.audio else "no moving picture"
        raise UnreadableError(f"{printable(path.name)} holds {held}", "Give Blur a video.")
    # PyAV types it as always there; it is None where libav has no decoder.
    decodable = [s for s in streams if getattr(s, "codec_context", None) is not None]
    if not decodable:
        message = f"{printable(path.name)} has a picture that Blur has no decoder for"
        raise refusal(path, message, UnsupportedError)
    return max(decodable, key=_rank)


def refusal(path: Path, message: str, otherwise: type[InputError] = UnreadableError) -> InputError:
    """The error for a file that cannot be opened: that it is protected, where it is."""
    if _is_encrypted(path):
        return EncryptedError(f"{printable(path.name)} is encrypted")
    return otherwise(message)


def _rank(stream: VideoStream) -> tuple[bool, int]:
    return bool(stream.disposition & Disposition.default), stream.width * stream.height


def check_regular(path: Path) -> None:
    """Raises UnreadableError where there is no regular file that holds anything and may be read."""
    name = printable(path.name)
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UnreadableError(f"{name} is not there", "Check the file's name and folder.") from error
    except (OSError, ValueError) as error:
        raise UnreadableError(f"{name} cannot be opened", "Check the file's permissions.") from error
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableError(f"{name} is not a regular file", "Give Blur the video file itself.")
    if not os.access(path, os.R_OK):
        raise UnreadableError(f"{name} cannot be opened", "Check the file's permissions.")
    if status.st_size == 0:
        raise UnreadableError(f"{name} is empty", "Copy the file from the camera again.")


def check_size(path: Path, width: int, height: int) -> None:
    """Raises UnsupportedError where a picture of that size would take too much memory, or has none."""
    if width <= 0 or height <= 0 or width * height > MAX_PIXELS:
        raise UnsupportedError(
            f"{printable(path.name)} has a picture too large to open safely",
            f"Blur takes pictures of up to {MAX_PIXELS // 1_000_000} megapixels.",
        )


def _is_encrypted(path: Path) -> bool:
    """Whether the file is an MP4 whose header declares a protected picture (Common Encryption, DRM)."""
    header = _moov(path)
    return any(mark in header for mark in (b"encv", b"drmi", b"pssh"))


def _moov(path: Path) -> bytes:
    """The movie header of an MP4 or MOV file; empty where there is none."""
    try:
        with path.open("rb") as file:
            end = path.stat().st_size
            while file.tell() + 8 <= end:
                start = file.tell()
                size, kind = int.from_bytes(file.read(4), "big"), file.read(4)
                if size == 1:
                    size = int.from_bytes(file.read(8), "big")
                if kind == b"moov":
                    return file.read(min(size, _MOOV_LIMIT))
                if size < 8:
                    return b""
                file.seek(start + size)
    except (OSError, OverflowError, ValueError):
        pass
    return b""
