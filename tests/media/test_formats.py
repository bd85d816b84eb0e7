"""Each row of the table in docs/formats.md, proven: read whole, written, checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blur.audit.playback import check_playback
from blur.batch.discover import discover
from blur.errors import UnsupportedError
from blur.media.photo_kind import PHOTO_KINDS, photo_kind
from blur.media.picture import plane_views
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.stills import probe_still, read_still, write_still
from blur.media.writer import Writer
from blur.settings import CODECS, Codec, Settings
from blur.traces.allowlist import check_traces
from tests.conftest import REPO
from tests.media.formats import (
    FRAMES,
    PHOTOS,
    ROWS,
    SIZE,
    WRITTEN,
    Photo,
    Row,
    make,
    photo_table,
    table,
    written_table,
)
from tests.media.making import make_clip
from tests.media.photos import make_photo


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_kind_of_video_is_read_and_written(tmp_path: Path, row: Row) -> None:
    clip = probe(make(row, tmp_path))
    assert (clip.width, clip.height) == SIZE
    assert clip.pixel_format == row.becomes.replace("yuvj", "yuv")
    output = tmp_path / "out.mp4"
    pts, pictures = [], []
    with Writer(output, clip, Settings().crf) as writer:
        for frame in read(clip):
            pts.append(frame.pts)
            pictures.append([plane.astype(float) for plane in plane_views(frame.picture)])
            writer.write(frame)
    assert len(pts) == FRAMES
    list(check_playback(output, np.array(pts), clip.time_base, *SIZE))
    assert check_traces(output) == []
    written = [plane_views(frame.picture) for frame in read(probe(output))]
    peak = 1023 if row.becomes.endswith("10le") else 255
    for before, after in zip(zip(*pictures, strict=True), zip(*written, strict=True), strict=True):
        error = np.mean([(a - b) ** 2 for a, b in zip(before, after, strict=True)])
        assert 10 * np.log10(peak**2 / max(error, 1e-9)) >= 42


def by_codec() -> list[Any]:
    """Every choice of ``--codec`` for every kind of output, and what must come of it: a codec or None."""
    names = {"H.264": "h264", "HEVC": "hevc", "VP9": "vp9", None: None}
    return [
        pytest.param(suffix, row.pixels, codec, expected, id=f"{suffix} {row.pixels} {codec}")
        for row in WRITTEN
        for suffix in row.suffixes
        for codec in CODECS
        for expected in [names[row.itself] if codec == "auto" else codec if codec in row.asked else None]
    ]


@pytest.mark.parametrize(("suffix", "pixels", "codec", "expected"), by_codec())
def test_a_kind_of_video_is_written_or_refused_at_once(
    tmp_path: Path, suffix: str, pixels: str, codec: Codec, expected: str | None
) -> None:
    clip = replace(probe(make_clip(tmp_path / "a.mkv", size=SIZE, pts=range(3))), pixel_format=pixels)
    output = tmp_path / f"b.{suffix}"
    if expected is None:
        with pytest.raises(UnsupportedError):
            Writer(output, clip, 18, codec)
        return
    frames = list(read(clip))
    with Writer(output, clip, 18, codec) as writer:
        for frame in frames:
            writer.write(frame)
    written = probe(output)
    assert (written.codec, written.pixel_format) == (expected, pixels)
    assert check_traces(output) == []


@pytest.mark.parametrize("photo", PHOTOS, ids=lambda photo: photo.name)
def test_a_kind_of_photo_becomes_what_it_should(tmp_path: Path, photo: Photo) -> None:
    source = make_photo(tmp_path / f"a.{photo.suffix}")
    (job,) = discover([source], None, None).jobs
    assert job.target.suffix == f".{photo.becomes}"
    write_still(job.target, read_still(probe_still(source)))
    assert photo_kind(job.target) == PHOTO_KINDS[job.target.suffix]
    assert check_traces(job.target) == []


def test_every_kind_of_photo_has_its_row() -> None:
    assert {PHOTO_KINDS[f".{photo.suffix}"] for photo in PHOTOS} == set(PHOTO_KINDS.values())


def test_the_documentation_holds_these_very_tables() -> None:
    documented = (REPO / "docs" / "formats.md").read_text(encoding="utf-8")
    assert [made for made in (table(), written_table(), photo_table()) if made not in documented] == []
