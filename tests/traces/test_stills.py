"""What may stand in a photo: Blur's own pass, everything else is found, segment by segment."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blur.media.photo_kind import PHOTO_KINDS
from blur.media.stills import write_still
from blur.traces.source import find_traces
from blur.traces.stills import STILL_SUFFIXES, check_still
from tests.media.photos import FORMATS, SECRET, drawn, make_photo

PIXELS = np.asarray(drawn())


def changed(path: Path, change: Callable[[bytes], bytes]) -> list[str]:
    write_still(path, PIXELS)
    path.write_bytes(change(path.read_bytes()))
    return check_still(path)


def test_every_kind_that_is_written_is_checked() -> None:
    assert set(STILL_SUFFIXES) == set(PHOTO_KINDS)


@pytest.mark.parametrize("suffix", STILL_SUFFIXES)
@pytest.mark.parametrize("size", [(1, 1), (33, 47), (700, 500)])
def test_what_is_written_holds_no_trace(tmp_path: Path, suffix: str, size: tuple[int, int]) -> None:
    path = tmp_path / f"a{suffix}"
    write_still(path, np.random.default_rng(1).integers(0, 255, (*size, 3), np.uint8))
    assert check_still(path) == []
    assert find_traces(path) == ()


@pytest.mark.parametrize("suffix", FORMATS)
def test_tags_and_profiles_are_found(tmp_path: Path, suffix: str) -> None:
    path = make_photo(tmp_path / f"a.{suffix}")
    assert check_still(path)
    assert (SECRET, "a make or model") in {(trace.value, trace.meaning) for trace in find_traces(path)}


@pytest.mark.parametrize("suffix", STILL_SUFFIXES)
def test_a_trailer_is_found(tmp_path: Path, suffix: str) -> None:
    assert changed(tmp_path / f"a{suffix}", lambda content: content + b"trailer")
    assert changed(tmp_path / f"a{suffix}", lambda content: content[:-9])
    assert changed(tmp_path / f"a{suffix}", lambda _: b"")
    assert changed(tmp_path / f"a{suffix}", lambda content: bytes(len(content)))


@pytest.mark.parametrize("marker", [0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xFE])
def test_a_segment_of_a_jpeg_is_found(tmp_path: Path, marker: int) -> None:
    segment = struct.pack(">BBH", 0xFF, marker, 8) + b"secret"
    (found,) = changed(tmp_path / "a.jpg", lambda content: content[:20] + segment + content[20:])
    assert found.startswith(f"segment {marker:02X} (")


def test_the_second_picture_of_a_jpeg_is_found(tmp_path: Path) -> None:
    assert changed(tmp_path / "a.jpg", lambda content: content + content) == [
        "bytes behind the picture's end"
    ]


@pytest.mark.parametrize("kind", [b"tEXt", b"eXIf", b"iCCP", b"tIME", b"pHYs", b"caBX"])
def test_a_chunk_of_a_png_is_found(tmp_path: Path, kind: bytes) -> None:
    chunk = struct.pack(">I", 6) + kind + b"secret" + struct.pack(">I", zlib.crc32(kind + b"secret"))
    found = changed(tmp_path / "a.png", lambda content: content[:33] + chunk + content[33:])
    assert found == [f"chunk {kind.decode()}"]


def test_an_extended_webp_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    drawn().save(path, xmp=b"secret")
    assert check_still(path)[0] == "chunk VP8X"


def test_a_second_page_and_a_tag_of_a_tiff_are_found(tmp_path: Path) -> None:
    path = tmp_path / "a.tiff"
    saving = {"compression": "tiff_adobe_deflate"}
    drawn().save(path, save_all=True, append_images=[Image.new("RGB", (9, 9))], **saving)
    assert "a second picture" in check_still(path)
    drawn().save(path, tiffinfo={305: "secret"}, **saving)
    assert "tag 305" in check_still(path)


def test_bytes_between_the_parts_of_a_tiff_are_found(tmp_path: Path) -> None:
    def with_gap(content: bytes) -> bytes:
        (directory,) = struct.unpack_from("<I", content, 4)
        (count,) = struct.unpack_from("<H", content, directory)
        table = content[directory : directory + 6 + 12 * count]
        return content[:4] + struct.pack("<I", len(content) + 6) + content[8:] + b"secret" + table

    assert "bytes between its parts" in changed(tmp_path / "a.tiff", with_gap)


@pytest.mark.parametrize("suffix", [".heic", ".avif"])
def test_a_box_is_found(tmp_path: Path, suffix: str) -> None:
    box = struct.pack(">I4s", 14, b"uuid") + b"secret"
    assert changed(tmp_path / f"a{suffix}", lambda content: content + box) == [
        "uuid (metadata or a second picture)"
    ]


@pytest.mark.parametrize("suffix", [".heic", ".avif"])
def test_bytes_beside_the_coded_picture_are_found(tmp_path: Path, suffix: str) -> None:
    def longer(content: bytes) -> bytes:
        at = content.index(b"mdat") - 4
        (size,) = struct.unpack_from(">I", content, at)
        return content[:at] + struct.pack(">I", size + 6) + content[at + 4 :] + b"secret"

    assert changed(tmp_path / f"a{suffix}", longer) == ["bytes beside the picture"]


PHOTOS = {
    "DSCN0010.jpg": {"place", "date", "device", "picture"},
    "c2pa_CA.jpg": {"record"},
    "iphone_13_pro_max.HEIC": {"date", "device", "picture"},
    "pixel-motion-photo-shortened.jpg": {"device", "picture"},
    "portrait-orientation-6.jpg": {"record"},
    "ultraHDR.jpg": {"device", "picture"},
}


@pytest.mark.parametrize("name", PHOTOS)
def test_a_real_photo_is_full_of_traces(shared: Path, name: str) -> None:
    path = shared / "media/photos" / name
    assert check_still(path)
    assert {trace.kind for trace in find_traces(path)} >= PHOTOS[name]
