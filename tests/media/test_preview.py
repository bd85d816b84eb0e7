from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blur.errors import InputError
from blur.media.preview import open_preview
from blur.media.probe import probe
from blur.media.reader import read
from tests.desktop.making import FRAMES, film
from tests.media.making import make_clip

TIMES = [Fraction(number, 12) for number in range(FRAMES)]


def greys(path: Path, start: int, count: int) -> list[tuple[int, int]]:
    with open_preview(path, TIMES) as preview:
        frames = preview.frames(start, (32, 32))
        return [
            (index, round(float(pixels[..., :3].mean())))
            for index, pixels in (next(frames) for _ in range(count))
        ]


@pytest.mark.parametrize("start", [0, 1, 7, 8, 15, FRAMES - 3])
def test_frames_are_found_by_their_position_from_anywhere(tmp_path: Path, start: int) -> None:
    film(tmp_path / "a.mp4")
    found = greys(tmp_path / "a.mp4", start, 3)
    assert [index for index, _ in found] == [start, start + 1, start + 2]
    assert [grey for _, grey in found] == pytest.approx([90 + 4 * index for index, _ in found], abs=1)


def test_a_frame_looks_the_same_every_time(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", size=(720, 1280), pts=(0,))
    seen = set()
    for _ in range(60):  # one in ten had stray pixels
        with open_preview(path, (Fraction(0),)) as preview:
            seen.add(next(preview.frames(0, (240, 160)))[1].tobytes())
    assert len(seen) == 1


def test_going_back_and_forth_in_one_open_film(tmp_path: Path) -> None:
    film(tmp_path / "a.mp4")
    with open_preview(tmp_path / "a.mp4", TIMES) as preview:
        for start in (20, 3, 21, 0, 9):
            index, pixels = next(preview.frames(start, (64, 64)))
            assert index == start
            assert round(float(pixels[..., :3].mean())) == pytest.approx(90 + 4 * start, abs=1)


def test_frames_fit_and_are_never_enlarged(tmp_path: Path) -> None:
    film(tmp_path / "a.mp4")
    with open_preview(tmp_path / "a.mp4", TIMES) as preview:
        assert next(preview.frames(0, (32, 400)))[1].shape == (24, 32, 4)
        assert next(preview.frames(0, (400, 12)))[1].shape == (12, 16, 4)
        assert next(preview.frames(0, (400, 400)))[1].shape == (48, 64, 4)


@pytest.mark.parametrize(
    "name", ["weird/sample_portrait.mp4", "weird/decord_video_90.mov", "weird/sample_edit_list.mp4"]
)
def test_turned_and_cut_clips_are_shown_as_the_engine_sees_them(shared: Path, name: str) -> None:
    clip = probe(shared / "media" / name)
    frames = [frame for frame, _ in zip(read(clip), range(3), strict=False)]
    times = [clip.time_base.seconds(frame.pts - frames[0].pts) for frame in frames]
    engine = frames[-1].picture.reformat(format="bgra").to_ndarray().astype(int)
    with open_preview(clip.path, times) as preview:
        index, pixels = next(preview.frames(len(frames) - 1, (8000, 8000)))
    assert index == len(frames) - 1
    assert pixels.shape == engine.shape
    assert np.abs(pixels[..., :3] - engine[..., :3]).mean() < 3


def test_photos_are_clips_of_one_frame(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), (200, 100, 50)).save(tmp_path / "a.png")
    with open_preview(tmp_path / "a.png", [Fraction(0)]) as preview:
        index, pixels = next(preview.frames(0, (20, 20)))
    assert (index, pixels.shape) == (0, (15, 20, 4))
    assert pixels[5, 5, :3].tolist() == pytest.approx([50, 100, 200], abs=2)


def test_what_is_no_film_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"nothing")
    with pytest.raises(InputError), open_preview(tmp_path / "a.mp4", TIMES):
        pass


def test_opencv_stays_out_of_the_process() -> None:
    code = "import sys, blur.media.preview; sys.exit('cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
