"""Photos: read whole and upright in sRGB, written as pixels and nothing else."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from blur.errors import (
    DamagedError,
    InputError,
    MissingError,
    OutputError,
    UnreadableError,
    UnsupportedError,
)
from blur.media.clip import Clip
from blur.media.container import check_regular
from blur.media.photo_kind import PHOTO_KINDS, PhotoKind, photo_kind
from blur.text import printable
from blur.timing import TimeBase

try:
    import pillow_heif
    from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

    from blur.media.gamut import named_gamut
except ImportError as error:
    raise MissingError("photos need Pillow and pillow-heif") from error

Rgb: TypeAlias = NDArray[np.uint8]
"""Shape (H, W, 3): red, green, blue of sRGB."""

MAX_PIXELS = 110_000_000
"""The largest photo that is taken: what phones call 108 megapixels."""

# Quality is the same for every photo, so that it tells nothing of the camera. JPEG keeps colour at
# full resolution. Measured on a phone's 12 megapixels: JPEG 45.8 dB, WebP 44.2, AVIF 44.0, HEIC 47.3.
_SAVING: dict[PhotoKind, dict[str, Any]] = {
    "jpeg": {"format": "JPEG", "quality": 95, "subsampling": 0},
    "png": {"format": "PNG", "compress_level": 4},
    "webp": {"format": "WEBP", "quality": 95, "method": 3},
    "tiff": {"format": "TIFF", "compression": "tiff_adobe_deflate"},
    "avif": {"format": "AVIF", "quality": 90, "speed": 8, "subsampling": "4:4:4"},
    "heif": {"format": "HEIF", "quality": 90, "enc_params": {"preset": "ultrafast"}},
}

# The tag that a camera's raw file has, and the compressions that only raw files use.
_DNG_VERSION, _SUB_IFDS, _RAW_COMPRESSIONS = 50706, 330, {6, 32767, 34713}

pillow_heif.register_heif_opener()


def probe_still(path: Path) -> Clip:
    """What the photo is, as a clip of one frame. Its header is read, no pixel is decoded.

    Raises:
        UnreadableError: not there, empty, no regular file, no photo.
        UnsupportedError: too large, a raw file, or several pictures in one file.
    """
    check_regular(path)
    with opened(path) as image:
        width, height = image.size
        turned = image.format not in ("TIFF", "HEIF") and _orientation(image) >= 5
        return Clip(
            path=path,
            container="photo",
            codec=photo_kind(path) or "",
            width=height if turned else width,
            height=width if turned else height,
            quarter_turns=0,
            mirrored=False,
            pixel_format="rgb24",
            time_base=TimeBase(1, 1),
            frames=1,
            duration=None,
            rate=Fraction(1),
            sound=None,
        )


def read_still(photo: Clip) -> Rgb:
    """The photo's pixels, upright, in sRGB, without transparency; deeper ones in 8 bits.

    Raises:
        DamagedError: it could not be decoded to its end.
        InputError: as for ``probe_still``, where the file has changed since.
    """
    with opened(photo.path) as image:
        try:
            image.load()
            if image.format in ("HEIF", "AVIF") and not image.info.get("icc_profile"):
                image.info["icc_profile"] = named_gamut(photo.path)
            upright = _in_srgb(_flat(_shallow(image, photo.name)))
            upright = _turned(upright, 1 if image.format in ("TIFF", "HEIF") else _orientation(image))
            pixels = np.array(upright, np.uint8)
        except InputError:
            raise
        except Exception as error:  # decoders raise whatever they like
            raise DamagedError(f"{photo.name} is damaged: it could not be decoded to its end") from error
    if pixels.shape != (photo.height, photo.width, 3):
        raise DamagedError(f"{photo.name} has changed while it was read")
    return pixels


def write_still(path: Path, pixels: Rgb) -> None:
    """Writes a photo that holds pixels only: no profile, no tag, no second picture.

    Args:
        path: its suffix names the kind, see PHOTO_KINDS; replaced where it exists.
        pixels: sRGB.

    Raises:
        UnsupportedError: another suffix, or a picture too large for the kind.
        OutputError: the file cannot be written.
    """
    kind = PHOTO_KINDS.get(path.suffix.lower())
    if kind is None:
        hint = f"Choose a name that ends in {', '.join(PHOTO_KINDS)}."
        raise UnsupportedError(f"cannot write a photo as {path.suffix or 'a file without a suffix'}", hint)
    try:
        with path.open("wb") as file:
            Image.fromarray(pixels).save(file, **_SAVING[kind])
    except OSError as error:
        if error.errno is None:  # said by the encoder, not by the system
            raise UnsupportedError(f"cannot write this photo as {path.suffix}: {error}") from error
        raise OutputError(f"the output cannot be written: {error.strerror}") from error
    except (ValueError, RuntimeError) as error:
        raise UnsupportedError(f"cannot write this photo as {path.suffix}: {error}") from error


@contextmanager
def opened(path: Path, *, moving: bool = False) -> Iterator[Image.Image]:
    """A photo with its header read and found fit, or a WebP that moves."""
    kind: PhotoKind | None = "webp" if moving else photo_kind(path)
    if kind is None:
        raise UnreadableError(f"{printable(path.name)} is not a photo that Blur can read")
    with warnings.catch_warnings(), path.open("rb") as file:
        warnings.simplefilter("ignore")  # of tags, which are not looked at, and of sizes, which are
        try:
            image = Image.open(file, formats=[_SAVING[kind]["format"]])
        except Image.DecompressionBombError as error:
            raise _too_large(path) from error
        except UnidentifiedImageError as error:
            raise UnreadableError(f"{printable(path.name)} is not a photo that Blur can read") from error
        except Exception as error:  # parsers raise whatever they like
            raise DamagedError(f"{printable(path.name)} is damaged: its header makes no sense") from error
        with image:
            _check(image, path, moving)
            yield image


def _check(image: Image.Image, path: Path, moving: bool) -> None:
    name = printable(path.name)
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(path)
    if image.format == "TIFF":
        tags = image.tag_v2  # type: ignore[attr-defined]
        if _DNG_VERSION in tags or _SUB_IFDS in tags or tags.get(259) in _RAW_COMPRESSIONS:
            raise UnsupportedError(f"{name} is a raw photo", "Develop it to a JPEG, then try again.")
    # A phone's JPEG may carry further pictures behind the first, and a HEIC beside it; viewers show one.
    count = 1 if moving or image.format in ("JPEG", "MPO", "HEIF") else getattr(image, "n_frames", 1)
    if count > 1:
        raise UnsupportedError(f"{name} holds {count} pictures", "Save it as single photos, or as a video.")


def _too_large(path: Path) -> UnsupportedError:
    return UnsupportedError(
        f"{printable(path.name)} is too large to open safely",
        f"Blur takes photos of up to {MAX_PIXELS // 1_000_000} megapixels.",
    )


def _orientation(image: Image.Image) -> int:
    """1 to 8 as in EXIF; 1 where nothing is said, or nonsense."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001 - a damaged tag is no reason to refuse a whole picture
        return 1
    return value if value in range(1, 9) else 1


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    methods = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    return image.transpose(methods[orientation]) if orientation in methods else image


def _shallow(image: Image.Image, name: str) -> Image.Image:
    """The picture with 8 bits a sample."""
    if image.mode.startswith("I;16"):
        shallow = Image.fromarray((np.asarray(image, np.uint16) >> 8).astype(np.uint8))
        shallow.info = {}  # its profile, if any, is written for 16 bits
        return shallow
    if image.mode in ("I", "F"):
        raise UnsupportedError(f"{name} holds measurements, not a photo", "Save it as an ordinary photo.")
    return image


def _flat(image: Image.Image) -> Image.Image:
    """The picture on white where it is transparent, since hidden colour may stand there."""
    if not image.has_transparency_data:
        return image.convert("RGB") if image.mode in ("P", "1") else image
    profile = image.info.get("icc_profile")
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image.convert("RGBA"))
    flat = ground.convert("RGB")
    flat.info = {"icc_profile": profile} if profile else {}
    return flat


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if profile:
        try:
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                outputMode="RGB",
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            converted = None  # viewers ignore a profile that does not fit its picture
        if converted is not None:
            return converted
    return image.convert("RGB")
