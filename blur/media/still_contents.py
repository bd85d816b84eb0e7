"""Everything that a photo declares besides its pixels, in the terms of `blur/media/contents.py`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

from PIL import ExifTags, Image

from blur.media.contents import Contents, StreamContents
from blur.media.stills import opened

# What says something of people, places and devices. The rest (resolution, exposure) would drown it.
_TELLING = (
    *("Make", "Model", "Software", "HostComputer", "DateTime", "Artist", "Copyright", "ImageDescription"),
    *("DateTimeOriginal", "UserComment", "CameraOwnerName", "BodySerialNumber", "LensModel"),
    *("LensSerialNumber", "ImageUniqueID", "MakerNote"),
)
_SIGNS = ((b"c2pa", "C2PA", "signed statements on the origin"), (b"ns.adobe.com/xap", "XMP", "a description"))
_PADDING = 64
"""More bytes than this behind the end of a JPEG are another picture, or the video of a motion photo."""


def moving_contents(path: Path) -> Contents:
    """What an animated WebP declares. Raises InputError as `probe_still`."""
    with opened(path, moving=True) as image:
        return Contents((*_exif(image), *_signs(path.read_bytes())), (), ())


def still_contents(path: Path) -> Contents:
    """What the photo declares; each further picture counts as a stream.

    Raises:
        InputError: as `probe_still`.
    """
    content = path.read_bytes()
    with opened(path) as image:
        tags = [*_exif(image), *_texts(image), *_signs(content)]
        pictures = getattr(image, "n_frames", 1) - 1 + _beside(image)
        if image.format in ("JPEG", "MPO"):
            pictures += b"\xff\xd8\xff" in image.info.get("exif", b"")
            pictures += len(content) - _end_of_jpeg(content) > _PADDING
    further = StreamContents("video", (), True, b"")
    return Contents(tuple(tags), (further,) * pictures, ())


def _exif(image: Image.Image) -> Iterator[tuple[str, str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exif = image.getexif()
            every = {**exif, **exif.get_ifd(ExifTags.IFD.Exif)}
            gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        except Exception:  # noqa: BLE001 - damaged tags are no reason to refuse a whole picture
            return
    for name in _TELLING:
        value = every.get(ExifTags.Base[name])
        if value not in (None, "", b""):
            yield name, "a maker's notes" if name == "MakerNote" else str(value)
    if gps:
        numbers = [ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLongitude]
        yield "GPS", " ".join(str(gps.get(number, "?")) for number in numbers)


def _signs(content: bytes) -> Iterator[tuple[str, str]]:
    return ((name, meaning) for sign, name, meaning in _SIGNS if sign in content)


def _texts(image: Image.Image) -> Iterator[tuple[str, str]]:
    for name, value in image.info.items():
        if image.format == "PNG" and isinstance(value, str):
            yield str(name), value
        elif name == "comment" and value:
            yield "comment", value.decode("utf-8", "replace")


def _beside(image: Image.Image) -> int:
    """How many thumbnails, gain maps and depth maps a HEIC holds."""
    auxiliary = image.info.get("aux") or {}
    listed = [*auxiliary.values(), image.info.get("depth_images") or (), image.info.get("thumbnails") or ()]
    return sum(map(len, listed))


def _end_of_jpeg(content: bytes) -> int:
    """Where the first picture of a JPEG ends; the file's end where that cannot be told."""
    at = 2
    while content[at : at + 1] == b"\xff":
        kind = content[at + 1]
        if kind == 0xD9:
            return at + 2
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if kind == 0xDA:
            # In coded data 0xFF is followed by 0x00 or a restart mark.
            at = content.find(b"\xff", at)
            while at >= 0 and (content[at + 1] == 0 or 0xD0 <= content[at + 1] <= 0xD7):
                at = content.find(b"\xff", at + 2)
    return len(content)
