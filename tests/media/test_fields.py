"""Interlaced pictures are kept as such or deinterlaced, and never come out as combs."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from blur.media.clip import Clip
from blur.media.fields import deinterlace
from blur.media.picture import plane_views
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.upright import upright
from blur.media.writer import Writer
from blur.settings import Codec

LARGE = 128


def woven(index: int) -> NDArray[np.uint8]:
    """A bar that moves by six pixels from one field to the next: shape (128, 128, 3)."""
    picture = np.full((LARGE, LARGE, 3), 60, np.uint8)
    for field in range(2):
        left = 12 * index + 6 * field
        picture[field::2, left : left + 12] = 200
    return picture


@pytest.fixture(scope="module")
def interlaced(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    path = tmp_path_factory.mktemp("fields") / "a.mp4"
    with av.open(str(path), "w") as container:
        options = {"x264-params": "interlaced=1:crf=8"}
        stream: Any = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = LARGE, LARGE, "yuv420p"
        for index in range(8):
            frame = av.VideoFrame.from_ndarray(woven(index), "rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return probe(path)


def combs(picture: av.VideoFrame) -> float:
    """How far each line lies from the mean of its neighbours, where these are alike."""
    luma = plane_views(picture)[0].astype(float)
    return float(np.abs(luma[1:-1] - (luma[:-2] + luma[2:]) / 2).mean())


def rewritten(clip: Clip, output: Path, codec: Codec) -> list[av.VideoFrame]:
    with Writer(output, clip, 12, codec) as writer:
        for frame in read(clip):
            writer.write(frame)
    return [frame.picture for frame in read(probe(output))]


def test_h264_keeps_both_fields_and_says_so(interlaced: Clip, tmp_path: Path) -> None:
    pictures = rewritten(interlaced, tmp_path / "b.mp4", "auto")
    assert all(picture.interlaced_frame for picture in pictures)
    assert min(map(combs, pictures)) > 5


@pytest.mark.parametrize(("suffix", "codec"), [("mp4", "hevc"), ("mp4", "av1"), ("webm", "auto")])
def test_other_codecs_get_no_combs(interlaced: Clip, tmp_path: Path, suffix: str, codec: Codec) -> None:
    pictures = rewritten(interlaced, tmp_path / f"b.{suffix}", codec)
    assert len(pictures) == 8
    assert not any(picture.interlaced_frame for picture in pictures)
    assert max(map(combs, pictures)) < 2


@pytest.mark.parametrize(
    "other", [{"quarter_turns": 1}, {"quarter_turns": 2}, {"pixel_format": "yuv444p"}], ids=str
)
def test_what_is_turned_or_converted_gets_no_combs(interlaced: Clip, other: dict[str, Any]) -> None:
    with av.open(str(interlaced.path)) as container:
        picture = upright(next(container.decode(video=0)), replace(interlaced, **other))
    luma = plane_views(picture)[0].astype(float)
    across = luma if other.get("quarter_turns", 0) % 2 == 0 else luma.T
    assert np.abs(across[1:-1] - (across[:-2] + across[2:]) / 2).mean() < 2


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from(["yuv444p", "yuv420p10le", "gray"]))
def test_only_every_second_line_is_drawn_anew(width: int, height: int, pixel_format: str) -> None:
    picture = av.VideoFrame(2 * width, height, pixel_format)
    chance = np.random.default_rng(width * height)
    for view in plane_views(picture):
        view[:] = chance.integers(0, 255, view.shape)
    before = [view.copy() for view in plane_views(picture)]
    deinterlace(picture)
    for was, view in zip(before, plane_views(picture), strict=True):
        assert np.array_equal(view[::2], was[::2])
        low, high = np.minimum(was[:-2:2], was[2::2]), np.maximum(was[:-2:2], was[2::2])
        between = view[1 : 2 * len(low) : 2]
        assert ((low <= between) & (between <= high)).all()
        if len(view) % 2 == 0:
            assert np.array_equal(view[-1], was[-2])
