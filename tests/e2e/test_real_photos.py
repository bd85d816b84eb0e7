"""The program on photos, real ones and drawn: covered, upright, without anything that their files carried."""

from __future__ import annotations

import io
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from blur.traces.allowlist import check_traces
from blur.traces.source import find_traces
from blur.traces.stills import check_still
from tests.e2e.test_real_clips import blur, names, needles
from tests.media.making import make_clip
from tests.media.photos import SECRET, decoded, drawn, exif, make_photo, srgb

MODEST = ["DSCN0010.jpg", "c2pa_CA.jpg", "deface_city.jpg", "portrait-orientation-6.jpg"]


def test_a_folder_of_photos_and_a_video_comes_out_clean(shared: Path, tmp_path: Path) -> None:
    media, inbox, out = shared / "media", tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    for name in MODEST:
        shutil.copy(media / "photos" / name, inbox)
    shutil.copy(media / "weird/bear-vp9-odd-dimensions.webm", inbox)
    ended = blur(inbox, "-o", f"{out}/", "--name", "keep", "--preset", "fast", "--style", "solid")
    assert ended.code in (0, 4), ended.stderr
    stems = [name.rsplit(".", 1)[0] for name in MODEST]
    assert names(out) == sorted(
        [*(f"{stem}-blurred.jpg" for stem in stems), "bear-vp9-odd-dimensions-blurred.mp4"]
    )
    for name, stem in zip(MODEST, stems, strict=True):
        output = out / f"{stem}-blurred.jpg"
        content = output.read_bytes()
        assert [needle for needle in needles(media / "photos" / name) if needle in content] == []
        assert check_still(output) == []
        with Image.open(media / "photos" / name) as image:
            source = np.asarray(ImageOps.exif_transpose(image).convert("RGB")).astype(float)
        written = decoded(output).astype(float)
        assert written.shape == source.shape
        shown = written.max(axis=2) > 12
        assert shown.mean() > 0.5
        assert 10 * np.log10(255**2 / ((written - source)[shown] ** 2).mean()) > 42
    # The two faces of the portrait, upright, are black.
    portrait = decoded(out / "portrait-orientation-6-blurred.jpg")
    assert portrait[190, 310].max() < 12
    assert portrait[175, 570].max() < 12


@pytest.mark.parametrize(
    ("name", "suffix", "size"),
    [
        ("iphone_13_pro_max.HEIC", "jpg", (3024, 4032)),
        ("iphone_13_pro_max.HEIC", "heic", (3024, 4032)),
        ("ultraHDR.jpg", "jpg", (3072, 4080)),
        ("pixel-motion-photo-shortened.jpg", "jpg", (3024, 4032)),
    ],
)
def test_a_phones_photo_leaves_nothing_behind(
    shared: Path, tmp_path: Path, name: str, suffix: str, size: tuple[int, int]
) -> None:
    photo, output = shared / "media/photos" / name, tmp_path / f"a.{suffix}"
    ended = blur(photo, "-o", output, "--preset", "fast")
    assert ended.code == 0, ended.stderr
    content = output.read_bytes()
    assert [needle for needle in needles(photo) if needle in content] == []
    assert check_still(output) == []
    assert "further picture" in ended.notice("traces-removed")
    with Image.open(output) as image:
        assert image.size == size
        assert image.info.get("icc_profile") is None
        assert getattr(image, "n_frames", 1) == 1


def laden(path: Path, clip: Path) -> Path:
    """A JPEG with all that phones hang on one: Exif, XMP, a profile, a C2PA record, a remark, a gain map
    behind it, and a film behind that."""
    held, gains = io.BytesIO(), io.BytesIO()
    tags = {"exif": exif(6), "xmp": SECRET.encode(), "comment": SECRET, "icc_profile": srgb()}
    drawn().save(held, "JPEG", quality=95, **tags)
    drawn(32, 32).convert("L").save(gains, "JPEG")
    record = b"JP\0\1\0\0\0\1" + f"c2pa {SECRET}".encode()
    segment = struct.pack(">BBH", 0xFF, 0xEB, len(record) + 2) + record
    content = held.getvalue()
    path.write_bytes(content[:2] + segment + content[2:] + gains.getvalue() + clip.read_bytes())
    return path


def test_nothing_that_phones_hang_on_photos_comes_through_in_a_mixed_folder(tmp_path: Path) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    clip = make_clip(inbox / "clip.mp4")
    photo = laden(inbox / "laden.jpg", clip)
    for suffix in ("avif", "heic", "png", "tiff", "webp"):
        make_photo(inbox / f"{suffix}.{suffix}")
    assert {trace.kind for trace in find_traces(photo)} >= {"place", "device", "record", "picture"}
    ended = blur(inbox, "-o", f"{out}/", "--name", "keep", "--preset", "fast")
    assert ended.code == 0, ended.stderr
    made = {path.name.replace("-blurred", ""): path for path in out.iterdir()}
    assert made.keys() == {
        "clip.mp4",
        "laden.jpg",
        "avif.avif",
        "heic.jpg",
        "png.png",
        "tiff.tiff",
        "webp.webp",
    }
    assert [check_traces(path) for path in made.values()] == [[]] * len(made)
    assert [name for name, path in made.items() if SECRET.encode() in path.read_bytes()] == []
    shown = decoded(made["laden.jpg"]).astype(int)
    assert shown.shape == (120, 80, 3)
    assert np.abs(shown - np.rot90(drawn(), -1)).mean() < 4


def test_a_plan_of_a_photo_can_be_kept_and_rendered_again(tmp_path: Path) -> None:
    photo, plan = make_photo(tmp_path / "a.png"), tmp_path / "plan.json"
    assert blur(photo, "-o", tmp_path / "b.png", "--plan", plan, "--preset", "fast").code == 0
    assert blur("render", plan, photo, "-o", tmp_path / "c.png").code == 0
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "c.png").read_bytes()


def test_what_cannot_become_of_a_photo_is_said_at_once(shared: Path, tmp_path: Path) -> None:
    bomb = shared / "media/broken/png_bomb_30000x30000.png"
    ended = blur(bomb, "-o", tmp_path / "o.png")
    assert (ended.code, ended.events[-1]["error"]) == (3, "UnsupportedError")
    assert "110 megapixels" in ended.events[-1]["hint"]
    photo = make_photo(tmp_path / "a.jpg")
    for source, target in ((photo, "o.mp4"), (shared / "media/weird/decord_video_90.mov", "o.jpg")):
        ended = blur(source, "-o", tmp_path / target)
        assert (ended.code, ended.events[-1]["error"]) == (3, "UnsupportedError")
    assert names(tmp_path) == ["a.jpg"]
