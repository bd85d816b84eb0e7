"""Photos are read whole, upright and in sRGB, or refused by name; what is written is pixels alone."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from blur.errors import DamagedError, OutputError, UnreadableError, UnsupportedError
from blur.media.photo_kind import PHOTO_KINDS, photo_kind
from blur.media.stills import MAX_PIXELS, probe_still, read_still, write_still
from tests.media.making import make_clip, scene
from tests.media.photos import FORMATS, SECRET, decoded, drawn, exif, make_photo

KINDS = {"jpg": "jpeg", "png": "png", "webp": "webp", "tiff": "tiff", "avif": "avif", "heic": "heif"}


def read(path: Path) -> np.ndarray:
    return read_still(probe_still(path))


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_photo_is_told_by_its_bytes_and_read_whole(tmp_path: Path, suffix: str) -> None:
    named = make_photo(tmp_path / f"a.{suffix}")
    path = named.rename(tmp_path / "received.bin")
    assert photo_kind(path) == KINDS[suffix]
    photo = probe_still(path)
    assert (photo.width, photo.height, photo.frames, photo.codec) == (120, 80, 1, KINDS[suffix])
    pixels = read_still(photo)
    assert pixels.shape == (80, 120, 3)
    assert np.abs(pixels.astype(int) - np.asarray(drawn())).mean() < 4


def test_a_video_and_a_text_are_no_photos(tmp_path: Path) -> None:
    text = tmp_path / "a.jpg"
    text.write_text("no photo")
    assert photo_kind(text) is None
    assert photo_kind(make_clip(tmp_path / "a.mp4")) is None
    assert photo_kind(tmp_path / "nowhere.jpg") is None
    with pytest.raises(UnreadableError):
        probe_still(text)
    with pytest.raises(UnreadableError, match="not there"):
        probe_still(tmp_path / "nowhere.jpg")


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff", "avif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_orientations_are_baked_in(tmp_path: Path, suffix: str, orientation: int) -> None:
    upright = np.asarray(drawn())
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright.transpose(1, 0, 2)[::-1, ::-1],
        8: np.rot90(upright, -1),
    }[orientation]
    path = make_photo(
        tmp_path / f"a.{suffix}", Image.fromarray(np.ascontiguousarray(stored)), exif=exif(orientation)
    )
    photo = probe_still(path)
    assert (photo.width, photo.height) == (120, 80)
    assert np.abs(read_still(photo).astype(int) - upright).mean() < 6


def test_a_heic_is_turned_by_its_own_box_and_not_by_its_tag_too(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.heic", exif=exif(6))
    shown = decoded(path)
    photo = probe_still(path)
    assert (photo.height, photo.width) == shown.shape[:2]
    assert np.array_equal(read_still(photo), shown)


def test_a_wide_gamut_becomes_srgb(tmp_path: Path) -> None:
    # The pixels of a profile whose red and blue are exchanged mean the exchanged colours.
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(profile[128:132], "big")
    entries = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    for first, second in ((b"rXYZ", b"bXYZ"), (b"rTRC", b"bTRC")):
        profile[entries[first] : entries[first] + 4], profile[entries[second] : entries[second] + 4] = (
            second,
            first,
        )
    path = make_photo(tmp_path / "a.png", icc_profile=bytes(profile))
    assert np.abs(read(path).astype(int) - np.asarray(drawn())[..., ::-1]).mean() < 3


# To linear light by sRGB's curve, to its primaries, and back, with the matrices that CSS Color 4 states.
TO_SRGB = {
    12: [[1.2249, -0.2249, 0], [-0.0421, 1.0421, 0], [-0.0196, -0.0786, 1.0983]],
    9: [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    1: np.eye(3),
}


@pytest.mark.parametrize("primaries", TO_SRGB)
@pytest.mark.parametrize("suffix", ["heic", "avif"])
def test_colours_that_are_named_by_a_number_become_srgb(tmp_path: Path, suffix: str, primaries: int) -> None:
    stored = np.array([150, 110, 120], np.uint8)
    path = make_photo(tmp_path / f"a.{suffix}", Image.new("RGB", (64, 64), tuple(stored)), icc_profile=None)
    content = path.read_bytes()
    at = content.index(b"colrnclx") + 8
    path.write_bytes(content[:at] + primaries.to_bytes(2, "big") + content[at + 2 :])
    linear = np.array(TO_SRGB[primaries]) @ ((stored / 255 + 0.055) / 1.055) ** 2.4
    expected = (1.055 * linear ** (1 / 2.4) - 0.055) * 255
    assert np.abs(read(path).mean(axis=(0, 1)) - expected).max() < 3


def test_a_profile_that_is_none_is_ignored(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.png", icc_profile=b"no profile")
    assert np.array_equal(read(path), np.asarray(drawn()))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_ordinary_mode_is_read(tmp_path: Path, mode: str) -> None:
    grey = np.asarray(drawn().convert("L"))
    image = Image.fromarray(grey.astype(np.uint16) << 8) if mode == "I;16" else drawn().convert(mode)
    suffix = "tiff" if mode == "CMYK" else "png"
    image.save(tmp_path / f"a.{suffix}")
    pixels = read(tmp_path / f"a.{suffix}")
    expected = np.asarray((Image.fromarray(grey) if mode == "I;16" else image).convert("RGB"))
    assert pixels.shape == (80, 120, 3)
    assert np.abs(pixels.astype(int) - expected).mean() < 2


def test_what_hides_under_transparency_is_gone(tmp_path: Path) -> None:
    hidden = np.dstack([np.asarray(drawn()), np.zeros((80, 120), np.uint8)])
    Image.fromarray(hidden).save(tmp_path / "a.png")
    assert (read(tmp_path / "a.png") == 255).all()


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_photo_cut_short_is_damaged(tmp_path: Path, suffix: str) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (160, 160, 3), np.uint8))
    path = make_photo(tmp_path / f"a.{suffix}", noise)
    content = path.read_bytes()
    for share in (0.3, 0.7, 0.95):
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises((DamagedError, UnreadableError)):
            read(path)


def test_a_png_with_a_flipped_bit_is_damaged(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.png")
    content = bytearray(path.read_bytes())
    content[-40] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedError):
        read(path)


def _bomb(path: Path, width: int, height: int) -> Path:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))
    return path


@pytest.mark.parametrize("size", [(MAX_PIXELS + 1, 1), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_a_pixel_of_it_is_made(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises((UnsupportedError, DamagedError)):
        probe_still(_bomb(tmp_path / "a.png", *size))


def test_several_pictures_in_one_file_are_refused_rather_than_lost(tmp_path: Path) -> None:
    for suffix in ("png", "tiff"):
        path = make_photo(
            tmp_path / f"a.{suffix}", save_all=True, append_images=[Image.new("RGB", (120, 80))]
        )
        with pytest.raises(UnsupportedError, match="2 pictures"):
            probe_still(path)


def test_a_raw_photo_is_refused_rather_than_its_preview_taken(tmp_path: Path) -> None:
    drawn().save(tmp_path / "a.tiff", tiffinfo={50706: b"\1\4\0\0"})
    with pytest.raises(UnsupportedError, match="raw"):
        probe_still(tmp_path / "a.tiff")


@pytest.mark.parametrize("suffix", PHOTO_KINDS)
@pytest.mark.parametrize("size", [(120, 80), (33, 47), (1, 1)])
def test_what_is_written_is_read_again_and_has_the_quality(
    tmp_path: Path, suffix: str, size: tuple[int, int]
) -> None:
    pixels = scene(4, *size)
    pixels[: size[1] // 3, : size[0] // 3] = (180, 150, 140)  # no codec likes hard edges of pure red
    path = tmp_path / f"a{suffix}"
    write_still(path, pixels)
    assert photo_kind(path) == PHOTO_KINDS[suffix]
    error = np.mean((read(path).astype(float) - pixels) ** 2)
    assert 10 * np.log10(255**2 / max(error, 1e-9)) > (35 if suffix == ".webp" else 40)
    assert error == 0 or suffix not in (".png", ".tif", ".tiff")


def test_other_suffixes_and_places_are_refused(tmp_path: Path) -> None:
    pixels = np.asarray(drawn())
    with pytest.raises(UnsupportedError):
        write_still(tmp_path / "a.bmp", pixels)
    with pytest.raises(OutputError):
        write_still(tmp_path / "no" / "a.jpg", pixels)
    with pytest.raises(UnsupportedError):  # WebP ends at 16383
        write_still(tmp_path / "a.webp", np.zeros((1, 20_000, 3), np.uint8))


def test_the_tests_photos_do_hold_secrets(tmp_path: Path) -> None:
    assert all(SECRET.encode() in make_photo(tmp_path / f"a.{suffix}").read_bytes() for suffix in FORMATS)


def test_a_phones_heic_is_read_whole_and_not_one_tile(shared: Path) -> None:
    photo = probe_still(shared / "media/photos/iphone_13_pro_max.HEIC")
    assert (photo.width, photo.height) == (3024, 4032)
    pixels = read_still(photo)
    blocks = pixels[: 4032 // 8 * 8].reshape(8, 504, 6, 504, 3).astype(np.float32)
    assert (blocks.std(axis=(1, 3)).mean(axis=-1) > 3).all()
