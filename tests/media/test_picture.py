from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from blur.media.picture import as_bgr, as_luma, planes
from blur.media.probe import probe
from blur.media.reader import read
from tests.media.making import make_clip, scene


def drawn(pixel_format: str, width: int = 96, height: int = 64) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(scene(0, width, height), "rgb24").reformat(format=pixel_format)


@pytest.mark.parametrize(
    ("pixel_format", "depth", "sub", "colour"),
    [
        ("yuv420p", 8, (1, 1), (33, 49)),
        ("yuv422p", 8, (1, 0), (65, 49)),
        ("yuv444p", 8, (0, 0), (65, 97)),
        ("yuv420p10le", 10, (1, 1), (33, 49)),
        ("yuv422p10le", 10, (1, 0), (65, 49)),
        ("yuv444p10le", 10, (0, 0), (65, 97)),
    ],
)
def test_planes_have_the_shapes_of_their_samples(
    pixel_format: str, depth: int, sub: tuple[int, int], colour: tuple[int, int]
) -> None:
    result = planes(drawn(pixel_format, 97, 65))
    assert (result.depth, (result.sub_x, result.sub_y), result.full_range) == (depth, sub, False)
    assert [array.shape for array in result.arrays] == [(65, 97), colour, colour]
    assert {array.dtype for array in result.arrays} == {np.dtype(np.uint8 if depth == 8 else np.uint16)}


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p10le"])
def test_what_is_written_into_the_planes_is_in_the_picture(pixel_format: str) -> None:
    picture = drawn(pixel_format)
    views = planes(picture)
    top = (1 << views.depth) - 1
    views.arrays[0][10:40, 20:60] = top
    views.arrays[1][:] = views.arrays[2][:] = 1 << (views.depth - 1)
    seen = as_bgr(picture, 96, 64)
    assert seen[12:38, 22:58].min() > 250
    assert np.ptp(seen, axis=-1).max() <= 2


def test_writing_never_reaches_the_pictures_that_come_after(tmp_path: Path) -> None:
    clip = probe(make_clip(tmp_path / "a.mp4", pts=range(30), coding={"bf": "2"}))
    untouched = [as_luma(frame.picture, 96, 64) for frame in read(clip)]
    for frame, expected in zip(read(clip), untouched, strict=True):
        np.testing.assert_array_equal(as_luma(frame.picture, 96, 64), expected)
        for array in planes(frame.picture).arrays:
            array[:] = 0


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv420p10le", "yuv444p"])
def test_detectors_see_the_scene(pixel_format: str) -> None:
    seen = as_bgr(drawn(pixel_format), 48, 32)
    assert seen.shape == (32, 48, 3)
    assert seen.dtype == np.uint8
    assert seen.flags.c_contiguous
    assert np.abs(seen[4, 4].astype(int) - (20, 20, 230)).max() < 12


def test_luma_is_the_same_for_both_depths() -> None:
    shallow, deep = as_luma(drawn("yuv420p"), 32, 20), as_luma(drawn("yuv420p10le"), 32, 20)
    assert shallow.shape == deep.shape == (20, 32)
    assert shallow.dtype == deep.dtype == np.uint8
    assert np.ptp(shallow) > 50
    assert np.abs(shallow.astype(int) - deep).max() <= 2
