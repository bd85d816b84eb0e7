"""A moving WebP is a clip: every picture at its time, on black; what is broken or too large is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blur.engine import engine_for, photo_engine
from blur.errors import DamagedError, UnsupportedError
from blur.media.photo_kind import is_animated_webp, photo_kind
from blur.media.picture import plane_views
from blur.media.probe import probe
from blur.media.reader import mended, read, read_from
from blur.media.video_kind import looks_like_video
from blur.traces.allowlist import check_traces
from blur.traces.source import find_traces
from tests.e2e.test_real_clips import blur
from tests.media.making import scene
from tests.media.photos import SECRET, exif

DURATIONS = [40, 80, 40, 500, 33, 40]


def make(path: Path, size: tuple[int, int] = (96, 64), mode: str = "RGB", **saving: object) -> Path:
    pictures = [Image.fromarray(scene(index, *size)).convert(mode) for index in range(len(DURATIONS))]
    first, *rest = pictures
    first.save(path, save_all=True, append_images=rest, duration=DURATIONS, lossless=True, **saving)
    return path


def test_it_is_a_video_and_a_still_webp_is_none(tmp_path: Path) -> None:
    moving, still = make(tmp_path / "a.webp"), tmp_path / "b.webp"
    Image.fromarray(scene(0, 96, 64)).save(still)
    assert (photo_kind(moving), photo_kind(still)) == (None, "webp")
    assert [is_animated_webp(path) for path in (moving, still, tmp_path)] == [True, False, False]
    assert [looks_like_video(path) for path in (moving, still)] == [True, False]
    assert engine_for(moving, tmp_path / "c.mp4").probe is not photo_engine().probe


def test_every_picture_comes_at_its_time(tmp_path: Path) -> None:
    clip = probe(make(tmp_path / "a.webp"))
    starts = np.cumsum([0, *DURATIONS]).tolist()
    assert (clip.width, clip.height, clip.frames, clip.pixel_format) == (96, 64, 6, "yuv420p")
    assert float(clip.duration or 0) == starts[-1] / 1000
    frames = list(read(clip))
    assert [frame.pts for frame in frames] == starts[:-1]
    bars = [plane_views(frame.picture)[0][48].argmax() for frame in frames]
    assert bars == [3 * index for index in range(6)]
    assert [frame.pts for frame in read_from(clip, 160)] == starts[3:-1]


def test_odd_sizes_are_kept_and_what_is_transparent_is_black(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    pixels = np.full((35, 51, 4), 200, np.uint8)
    pixels[:, 25:, 3] = 0
    other = pixels.copy()
    other[:5, :5] = 100, 100, 100, 255
    Image.fromarray(pixels).save(
        path, save_all=True, append_images=[Image.fromarray(other)], lossless=True, exact=True
    )
    clip = probe(path)
    assert (clip.width, clip.height, clip.pixel_format) == (51, 35, "yuv444p")
    luma = plane_views(next(iter(read(clip))).picture)[0]
    assert luma[:, :24].min() > 120
    assert luma[:, 27:].max() < 24


def test_what_is_cut_short_is_damaged(tmp_path: Path) -> None:
    path = make(tmp_path / "a.webp")
    content = path.read_bytes()
    for share in (0.3, 0.6, 0.95):
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(DamagedError):
            probe(path)
    path.write_bytes(content)
    clip = probe(path)
    middle = content.rindex(b"ANMF") + 40
    path.write_bytes(content[:middle] + b"\xff" * 40 + content[middle + 40 :])
    with pytest.raises(DamagedError):
        list(read(clip))
    assert mended(clip).damage == ((693, 693),)


def test_a_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    content = bytearray(make(tmp_path / "a.webp").read_bytes())
    content[24:30] = b"\xff\x3f\0\xff\x3f\0"
    (tmp_path / "a.webp").write_bytes(content)
    with pytest.raises(UnsupportedError, match="too large"):
        probe(tmp_path / "a.webp")


def test_the_whole_way_ends_in_a_clean_video(tmp_path: Path) -> None:
    source, output = make(tmp_path / "a.webp", exif=exif()), tmp_path / "a-blurred.mp4"
    assert SECRET in json.dumps([trace.value for trace in find_traces(source)])
    ended = blur(source, "--preset", "fast")
    assert ended.code == 0, ended.stderr
    assert "a make or model" in ended.notice("traces-removed")
    assert check_traces(output) == []
    written = probe(output)
    assert [written.time_base.seconds(frame.pts) * 1000 for frame in read(written)] == np.cumsum(
        [0, *DURATIONS[:-1]]
    ).tolist()
