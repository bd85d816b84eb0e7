"""Where a clip can be cut is told without decoding it."""

from __future__ import annotations

from pathlib import Path

import pytest

from blur.errors import InputError
from blur.media.keys import key_times
from blur.media.probe import probe
from blur.media.reader import read_from
from tests.media.making import make_clip


@pytest.mark.parametrize("frames_between", ["0", "2"])
def test_the_times_are_those_of_frames_that_stand_alone(tmp_path: Path, frames_between: str) -> None:
    coding = {"g": "8", "keyint_min": "8", "sc_threshold": "0", "bf": frames_between}
    path = make_clip(tmp_path / "clip.mp4", pts=range(30), coding=coding)
    times = key_times(path)
    assert len(times) == 4
    for time in times:
        assert next(iter(read_from(probe(path), time))).pts == time


def test_what_is_no_video_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"no video")
    with pytest.raises(InputError):
        key_times(tmp_path / "clip.mp4")
