from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from blur.errors import InputError
from blur.media import reel
from blur.media.clip import Clip, Frame
from blur.media.picture import plane_views, planes
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.reel import Reel, may_fit
from tests.media.making import make_clip


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    return replace(probe(make_clip(tmp_path / "clip.mp4")), reel=Reel())


def seen(frames: Iterable[Frame]) -> list[tuple[int, bytes]]:
    return [(f.pts, b"".join(plane.tobytes() for plane in plane_views(f.picture))) for f in frames]


def test_the_second_reading_needs_no_file_and_the_third_does(clip: Clip) -> None:
    first = seen(read(clip, keep=True))
    clip.path.write_bytes(b"gone")
    assert seen(read(clip)) == first != []
    with pytest.raises(InputError):
        list(read(clip))


@pytest.mark.parametrize("keep", [True, False])
def test_what_is_drawn_on_pictures_is_in_no_later_reading(clip: Clip, keep: bool) -> None:
    first = seen(read(clip, keep=keep))
    for _ in range(2):  # a clip that is mended is drawn on more than once
        for frame in read(clip):
            for plane in planes(frame.picture).arrays:
                plane[:] = 0
    assert seen(read(clip)) == first


def test_a_reading_that_was_broken_off_keeps_nothing(clip: Clip) -> None:
    next(read(clip, keep=True))
    clip.path.write_bytes(b"gone")
    with pytest.raises(InputError):
        list(read(clip))


def test_what_does_not_fit_is_not_kept(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    first = seen(read(replace(clip, reel=None)))
    one = len(first[0][1])
    monkeypatch.setattr(reel, "ROOM", one * len(first) - 1)
    assert seen(read(clip, keep=True)) == first
    clip.path.write_bytes(b"gone")
    with pytest.raises(InputError):
        list(read(clip))


def test_long_clips_and_those_of_unknown_length_get_none(clip: Clip) -> None:
    assert may_fit(clip)
    assert not may_fit(replace(clip, frames=None))
    assert not may_fit(replace(clip, frames=reel.ROOM))


def test_a_clip_is_the_same_clip_with_or_without_a_reel(clip: Clip) -> None:
    assert clip == replace(clip, reel=None)
