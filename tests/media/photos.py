"""Drawn photos for tests, written with Pillow directly and not with what is being tested."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
from PIL import ExifTags, Image, ImageCms

from tests.media.making import scene

pillow_heif.register_heif_opener()

FORMATS = {
    "jpg": "JPEG",
    "png": "PNG",
    "webp": "WEBP",
    "tiff": "TIFF",
    "avif": "AVIF",
    "heic": "HEIF",
}
SECRET = "Secret Camera 4711"


def drawn(width: int = 120, height: int = 80) -> Image.Image:
    """Red at the left top, and no two corners alike."""
    return Image.fromarray(scene(4, width, height))


def exif(orientation: int = 1) -> Image.Exif:
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = orientation
    tags[ExifTags.Base.Make] = SECRET
    tags[ExifTags.Base.Artist] = SECRET
    tags.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 30.0, 58.7)
    return tags


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def make_photo(path: Path, image: Image.Image | None = None, **saving: Any) -> Path:
    """Writes a photo with tags and a profile, in the format of its suffix, and returns its path."""
    tagged: dict[str, Any] = {"exif": exif(), "icc_profile": srgb()} | saving
    if path.suffix in (".jpg", ".webp", ".avif", ".heic"):
        tagged.setdefault("quality", 95)
    picture = io.BytesIO()
    (image or drawn()).save(picture, FORMATS[path.suffix[1:]], **tagged)
    path.write_bytes(picture.getvalue())
    return path


def decoded(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """As Pillow shows it, without turning."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
