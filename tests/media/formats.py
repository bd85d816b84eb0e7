"""Every kind of video that Blur is proven to take, and how a clip of that kind is made."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg

from tests.media.making import make_clip

SIZE = (96, 64)
FRAMES = 12


@dataclass(frozen=True)
class Row:
    """A container and what it holds.

    Attributes:
        container: as people call it.
        suffix: of the file.
        codec: as people call it.
        encoder: libav's name.
        pixels: libav's pixel format of the source.
        becomes: pixel format in which it is rendered and written.
        by_program: made by the ffmpeg program, since PyAV has no such encoder.
    """

    container: str
    suffix: str
    codec: str
    encoder: str
    pixels: str = "yuv420p"
    becomes: str = "yuv420p"
    by_program: bool = False
    coding: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.container} {self.codec} {self.pixels}"


QUIET = {"x265-params": "log-level=none"}

ROWS = (
    Row("MP4", "mp4", "H.264", "libx264"),
    Row("MP4", "mp4", "H.264", "libx264", "yuvj420p", "yuvj420p"),
    Row("MP4", "mp4", "H.264", "libx264", "yuv422p", "yuv422p"),
    Row("MP4", "mp4", "H.264", "libx264", "yuv444p", "yuv444p"),
    Row("MP4", "mp4", "H.264", "libx264", "gray"),
    Row("MP4", "mp4", "H.264", "libx264", "yuv420p10le", "yuv420p10le"),
    Row("MP4", "mp4", "HEVC", "libx265", coding=QUIET),
    Row("MP4", "mp4", "HEVC", "libx265", "yuv420p10le", "yuv420p10le", coding=QUIET),
    Row("MP4", "mp4", "HEVC", "libx265", "yuv422p10le", "yuv422p10le", coding=QUIET),
    Row("MP4", "mp4", "HEVC", "libx265", "yuv444p10le", "yuv444p10le", coding=QUIET),
    Row("MP4", "mp4", "AV1", "libsvtav1", coding={"preset": "12"}),
    Row("MP4", "mp4", "AV1", "libsvtav1", "yuv420p10le", "yuv420p10le", coding={"preset": "12"}),
    Row("MP4", "mp4", "MPEG-4 Part 2", "mpeg4"),
    Row("QuickTime", "mov", "H.264", "libx264"),
    Row("QuickTime", "mov", "ProRes", "prores_ks", "yuv422p10le", "yuv422p10le"),
    Row("QuickTime", "mov", "PNG with alpha", "png", "rgba"),
    Row("QuickTime", "mov", "Motion JPEG", "mjpeg", "yuvj422p", "yuvj422p"),
    Row("iTunes", "m4v", "H.264", "libx264"),
    Row("3GPP", "3gp", "H.264", "libx264"),
    Row("3GPP", "3gp", "MPEG-4 Part 2", "mpeg4"),
    Row("Matroska", "mkv", "H.264", "libx264"),
    Row("Matroska", "mkv", "FFV1", "ffv1", "yuv444p", "yuv444p"),
    Row("WebM", "webm", "VP8", "libvpx"),
    Row("WebM", "webm", "VP9", "libvpx-vp9"),
    Row("WebM", "webm", "AV1", "libsvtav1", coding={"preset": "12"}),
    Row("AVI", "avi", "MPEG-4 Part 2", "mpeg4"),
    Row("AVI", "avi", "Motion JPEG", "mjpeg", "yuvj420p", "yuvj420p"),
    Row("AVCHD", "mts", "H.264", "libx264"),
    Row("MPEG-TS", "ts", "MPEG-2", "mpeg2video"),
    Row("MPEG", "mpg", "MPEG-2", "mpeg2video"),
    Row("Flash", "flv", "H.264", "libx264"),
    Row("Windows Media", "wmv", "WMV 8", "wmv2"),
    Row("Ogg", "ogv", "Theora", "libtheora", by_program=True),
    Row("GIF", "gif", "GIF", "gif", "rgb8"),
    Row("WebP that moves", "webp", "WebP", "libwebp_anim", "bgra"),
)


@dataclass(frozen=True)
class Written:
    """What pictures become in a file of some name.

    Attributes:
        suffixes: of the files.
        pixels: libav's pixel format of the pictures.
        itself: the codec that Blur chooses, as people call it; None where it can choose none.
        asked: those that ``--codec`` can ask for.
    """

    suffixes: tuple[str, ...]
    pixels: str
    itself: str | None
    asked: tuple[str, ...]


PLAIN = ("mp4", "mkv")
WRITTEN = (
    Written(PLAIN, "yuv420p", "H.264", ("h264", "hevc", "av1")),
    Written(PLAIN, "yuv422p", "H.264", ("h264", "hevc")),
    Written(PLAIN, "yuv444p", "H.264", ("h264", "hevc")),
    Written(PLAIN, "yuv420p10le", "HEVC", ("hevc", "av1")),
    Written(PLAIN, "yuv422p10le", "HEVC", ("hevc",)),
    Written(PLAIN, "yuv444p10le", "HEVC", ("hevc",)),
    Written(("webm",), "yuv420p", "VP9", ("av1",)),
    Written(("webm",), "yuv422p", "VP9", ()),
    Written(("webm",), "yuv444p", "VP9", ()),
    Written(("webm",), "yuv420p10le", None, ("av1",)),
)


@dataclass(frozen=True)
class Photo:
    """A kind of photo: its name and suffix, the suffix of what it becomes by itself, and notes."""

    name: str
    suffix: str
    becomes: str
    notes: str


PHOTOS = (
    Photo(
        "JPEG",
        "jpg",
        "jpg",
        "quality 95, colour at full resolution; further pictures, gain maps and motion videos are gone",
    ),
    Photo("PNG", "png", "png", "8 bits; transparency lies on white"),
    Photo("WebP", "webp", "webp", "quality 95; one that moves is a video"),
    Photo("TIFF", "tiff", "tiff", "8 bits, deflate"),
    Photo("AVIF", "avif", "avif", "quality 90"),
    Photo("HEIC", "heic", "jpg", "HEIC with `-o NAME.heic`; read whole, and auxiliary pictures are gone"),
)


def make(row: Row, folder: Path) -> Path:
    """Twelve frames of that kind."""
    path = folder / f"a.{row.suffix}"
    if not row.by_program:
        base = Fraction(1, 100) if row.suffix == "gif" else Fraction(1, 25)
        pts = range(0, 4 * FRAMES, 4) if row.suffix == "gif" else range(FRAMES)
        return make_clip(
            path,
            size=SIZE,
            pts=pts,
            time_base=base,
            codec=row.encoder,
            pixel_format=row.pixels,
            coding=row.coding,
        )
    source = make_clip(folder / "source.mkv", size=SIZE, pts=range(FRAMES), time_base=Fraction(1, 25))
    program = imageio_ffmpeg.get_ffmpeg_exe()
    command = [program, "-i", str(source), "-c:v", row.encoder, "-q:v", "9", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


def table() -> str:
    """The kinds that are read, as they stand in docs/formats.md."""
    rows = [(f"{r.container} (`.{r.suffix}`)", r.codec, r.pixels, r.becomes) for r in ROWS]
    return _table(("container", "picture", "samples", "become"), rows)


def written_table() -> str:
    """The kinds that are written, as they stand in docs/formats.md."""
    rows = [
        (
            ", ".join(f"`.{suffix}`" for suffix in row.suffixes),
            row.pixels,
            row.itself or "refused",
            ", ".join(f"`--codec {codec}`" for codec in row.asked),
        )
        for row in WRITTEN
    ]
    return _table(("name ends in", "samples", "by itself", "or"), rows)


def photo_table() -> str:
    """The kinds of photo, as they stand in docs/formats.md."""
    rows = [(photo.name, f"`.{photo.becomes}`", photo.notes) for photo in PHOTOS]
    return _table(("in", "out", "notes"), rows)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))
