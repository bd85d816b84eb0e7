"""Coded frames in the place of others: every codec and container, decoded and compared."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from blur.media.clip import Clip, Frame
from blur.media.picture import plane_views
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.splice import Chosen, UnlikeError, key_frames, splice
from blur.media.writer import KEY_FRAMES, Writer
from blur.settings import Codec
from blur.timing import TimeBase
from blur.traces.allowlist import check_traces
from tests.media.making import scene

COUNT = 2 * KEY_FRAMES + 9
# Uneven on purpose: phones film with a variable frame rate.
TIMES = np.cumsum(np.random.default_rng(1).integers(1000, 5000, COUNT))
MIDDLE = (np.arange(COUNT) // KEY_FRAMES) == 1


def clip_of(pixel_format: str = "yuv420p", size: tuple[int, int] = (96, 64)) -> Clip:
    time_base = TimeBase(1, 90000)
    about = (pixel_format, time_base, None, None, Fraction(30), None)
    return Clip(Path("none.mp4"), "mov", "h264", *size, 0, False, *about)


def write(path: Path, clip: Clip, frames: Sequence[int], light: int = 0, codec: Codec = "auto") -> Path:
    with Writer(path, clip, 18, codec) as writer:
        for index in frames:
            drawn = np.clip(scene(index, clip.width, clip.height).astype(int) + light, 0, 255)
            picture = av.VideoFrame.from_ndarray(drawn.astype(np.uint8), "rgb24")
            writer.write(Frame(int(TIMES[index]), picture.reformat(format=clip.pixel_format)))
    return path


def lumas(path: Path) -> list[bytes]:
    return [plane_views(frame.picture)[0].tobytes() for frame in read(probe(path))]


@pytest.mark.parametrize(
    ("pixel_format", "suffix", "codec"),
    [
        ("yuv420p", ".mp4", "auto"),
        ("yuv444p", ".mkv", "auto"),
        ("yuv420p", ".webm", "auto"),
        ("yuv420p10le", ".mp4", "auto"),
        ("yuv422p10le", ".mkv", "auto"),
        ("yuv420p", ".mp4", "hevc"),
        ("yuv420p", ".webm", "av1"),
        ("yuv420p10le", ".mp4", "av1"),
    ],
)
def test_what_was_chosen_is_the_new_one_and_the_rest_the_old(
    tmp_path: Path, pixel_format: str, suffix: str, codec: Codec
) -> None:
    clip = clip_of(pixel_format)
    old = write(tmp_path / f"old{suffix}", clip, range(COUNT), codec=codec)
    fresh = write(tmp_path / f"fresh{suffix}", clip, np.flatnonzero(MIDDLE).tolist(), 40, codec)
    assert np.flatnonzero(key_frames(old)).tolist() == [0, KEY_FRAMES, 2 * KEY_FRAMES]
    joined = tmp_path / f"joined{suffix}"
    splice(old, fresh, MIDDLE, TIMES, clip.time_base, joined)
    before, new, after = lumas(old), iter(lumas(fresh)), lumas(joined)
    assert after == [next(new) if taken else kept for kept, taken in zip(before, MIDDLE, strict=True)]
    assert before[KEY_FRAMES] != after[KEY_FRAMES]
    assert [f.pts for f in read(probe(joined))] == [f.pts for f in read(probe(old))]
    assert replace(probe(joined), path=old) == probe(old)
    assert check_traces(joined) == []


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_without_new_frames_the_picture_is_copied(tmp_path: Path, suffix: str) -> None:
    clip = clip_of()
    old = write(tmp_path / f"old{suffix}", clip, range(COUNT))
    joined = tmp_path / f"joined{suffix}"
    splice(old, None, np.zeros(COUNT, np.bool_), TIMES, clip.time_base, joined)
    assert lumas(joined) == lumas(old)


def test_files_that_do_not_fit_together_are_not_joined(tmp_path: Path) -> None:
    clip = clip_of()
    old = write(tmp_path / "old.mp4", clip, range(COUNT))
    middle = np.flatnonzero(MIDDLE).tolist()
    fits = write(tmp_path / "fits.mp4", clip, middle)
    others: dict[str, tuple[Path | None, Chosen]] = {
        "a frame less": (write(tmp_path / "less.mp4", clip, middle[:-1]), MIDDLE),
        "a frame more": (write(tmp_path / "more.mp4", clip, [*middle, COUNT - 1]), MIDDLE),
        "another size": (write(tmp_path / "size.mp4", clip_of(size=(64, 64)), middle), MIDDLE),
        "another codec": (write(tmp_path / "codec.mp4", clip, middle, codec="hevc"), MIDDLE),
        "begins within a group": (fits, np.roll(MIDDLE, 1)),
        "nothing new": (None, MIDDLE),
        "nothing chosen": (fits, ~(MIDDLE | True)),
    }
    for what, (fresh, chosen) in others.items():
        refused = True
        with suppress(UnlikeError):
            splice(old, fresh, chosen, TIMES, clip.time_base, tmp_path / "joined.mp4")
            refused = False
        assert refused, what
    splice(old, fits, MIDDLE, TIMES, clip.time_base, tmp_path / "joined.mp4")


def test_pictures_that_come_in_another_order_than_they_are_shown_are_not_joined(tmp_path: Path) -> None:
    path = tmp_path / "reordered.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"bf": "2", "b_strategy": "0"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for index in range(12):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(scene(index, 96, 64), "rgb24")))
        container.mux(stream.encode(None))
    with pytest.raises(UnlikeError):
        key_frames(path)
