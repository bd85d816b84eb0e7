from __future__ import annotations

import subprocess
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from blur.media.picture import as_bgr, plane_views
from blur.media.probe import probe
from blur.media.reader import read
from tests.media.making import make_clip


def first_picture(path: Path) -> av.VideoFrame:
    return next(iter(read(probe(path)))).picture


def played(path: Path, height: int, width: int) -> NDArray[np.uint8]:
    """The first picture as the ffmpeg program turns it: shape (H, W, 3), RGB."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-frames:v", "1"]
    output = subprocess.run(
        [*command, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], check=True, capture_output=True
    )
    return np.frombuffer(output.stdout, np.uint8).reshape(height, width, 3)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p"])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_turned_clip_looks_as_a_player_shows_it(
    tmp_path: Path, turns: int, mirrored: bool, pixel_format: str
) -> None:
    path = make_clip(
        tmp_path / "a.mp4",
        turn=90 * turns,
        mirrored=mirrored,
        pixel_format=pixel_format,
        pts=[0],
        coding={"crf": "6"},
    )
    picture = first_picture(path)
    seen = as_bgr(picture, picture.width, picture.height)[..., ::-1]
    expected = played(path, picture.height, picture.width)
    assert np.abs(seen.astype(int) - expected).mean() < 4


def test_odd_sizes_stay(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.webm", size=(97, 65), codec="libvpx-vp9", pts=[0, 1])
    picture = first_picture(path)
    assert (picture.width, picture.height, picture.format.name) == (97, 65, "yuv444p")


@pytest.mark.parametrize("turn", [None, 90])
def test_full_range_stays_full_range_sample_by_sample(tmp_path: Path, turn: float | None) -> None:
    path = make_clip(tmp_path / "a.mp4", pixel_format="yuvj420p", turn=turn, pts=[0])
    with av.open(str(path)) as container:
        decoded = next(container.decode(video=0))
    assert decoded.format.name == "yuvj420p"
    picture = first_picture(path)
    assert (picture.format.name, picture.color_range) == ("yuv420p", ColorRange.JPEG)
    expected = np.rot90(plane_views(decoded)[0], 1 if turn else 0)
    np.testing.assert_array_equal(plane_views(picture)[0], expected)


def test_colour_tags_stay_on_a_turned_picture(tmp_path: Path) -> None:
    tags = {"color_primaries": 9, "color_trc": 18, "colorspace": 9, "color_range": 1}
    path = make_clip(
        tmp_path / "a.mp4", codec="libx265", pixel_format="yuv420p10le", turn=90, tags=tags, pts=[0]
    )
    picture = first_picture(path)
    assert picture.format.name == "yuv420p10le"
    assert {name: getattr(picture, name) for name in tags} == tags


def test_what_is_transparent_is_black(tmp_path: Path) -> None:
    rgba = np.full((32, 32, 4), 255, np.uint8)
    rgba[:, 16:, 3] = 0
    path = tmp_path / "a.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("qtrle", rate=10, width=32, height=32, pix_fmt="argb")
        container.mux(stream.encode(av.VideoFrame.from_ndarray(rgba, "rgba").reformat(format="argb")))
        container.mux(stream.encode(None))
    seen = as_bgr(first_picture(path), 32, 32)
    assert seen[:, :14].min() > 240
    assert seen[:, 18:].max() < 15
