"""A long clip that several look at: cut at key frames, nothing lost between, one plan over all of it."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.cluster.stretches import covered, cuts, looked, planned, probed, put_together, stretches, whole
from blur.detect.analyse import analyse
from blur.errors import UnreadableError
from blur.media.keys import key_times
from blur.media.probe import probe
from blur.media.reader import read
from blur.plan.build import build_plan
from blur.settings import Settings
from tests.detect.faces import pasted, texture
from tests.media.making import make_clip
from tests.steps import result

FRAMES, EVERY, LENGTH = 100, 16, 30
TICKS = 16384  # of a second, as the muxer has it
CUTS = [32 * TICKS, 64 * TICKS]
SETTINGS = Settings(preset="fast", style="solid")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A face in a picture that moves; a frame a second, so that it is long."""
    world = pasted(texture(400, 200), 150, 90, 40)

    def draw(index: int, width: int, height: int) -> np.ndarray:
        left = 2 * index % 90
        return world[index // 2 : index // 2 + height, left : left + width]

    path = tmp_path_factory.mktemp("long") / "long.mp4"
    coding = {"g": str(EVERY), "keyint_min": str(EVERY), "sc_threshold": "0", "bf": "2"}
    return make_clip(path, size=(160, 96), pts=range(FRAMES), time_base=Fraction(1), draw=draw, coding=coding)


@given(
    keys=st.lists(st.integers(0, 10_000), max_size=60, unique=True).map(sorted), length=st.integers(1, 3000)
)
def test_stretches_begin_at_key_frames_and_none_is_short(keys: list[int], length: int) -> None:
    chosen = cuts(keys, length)
    assert set(chosen) <= set(keys)
    edges = [*keys[:1], *chosen, *keys[-1:]]
    if chosen:
        assert min(np.diff(edges)) >= length
    made = stretches(chosen)
    assert (made[0][0], made[-1][1]) == (None, None)
    assert [end for _, end in made[:-1]] == [first for first, _ in made[1:]] == chosen


def test_a_clip_is_cut_where_it_says(clip: Path, tmp_path: Path) -> None:
    assert probe(clip).time_base.ticks(Fraction(1)) == TICKS
    assert key_times(clip) == [second * TICKS for second in range(0, FRAMES, EVERY)]
    result(probed(clip, tmp_path / "cuts", LENGTH))
    assert json.loads((tmp_path / "cuts").read_text()) == CUTS
    short = make_clip(tmp_path / "short.mp4", pts=range(FRAMES))
    result(probed(short, tmp_path / "none", 1))
    assert json.loads((tmp_path / "none").read_text()) == []


@pytest.fixture(scope="module")
def parts(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("parts")
    paths = [folder / str(number) for number in range(3)]
    for path, stretch in zip(paths, stretches(CUTS), strict=True):
        result(looked(clip, path, SETTINGS, stretch))
    return paths


def test_together_they_saw_what_one_sees(clip: Path, parts: list[Path]) -> None:
    alone = result(analyse(probe(clip), SETTINGS))
    seen = put_together([part.read_bytes() for part in parts])
    assert seen.pts.tolist() == alone.pts.tolist() == [frame.pts for frame in read(probe(clip))]
    assert seen.scenes.tolist() == alone.scenes.tolist()
    np.testing.assert_allclose(seen.moves, alone.moves, atol=1e-6)
    made, expected = (build_plan(each, SETTINGS) for each in (seen, alone))
    assert len(made.tracks) == len(expected.tracks) > 0
    for one, other in zip(made.tracks, expected.tracks, strict=True):
        assert one.pts.tolist() == other.pts.tolist()
        assert np.abs(one.regions - other.regions).max() <= 8


def test_a_seam_that_does_not_fit_is_refused(parts: list[Path]) -> None:
    first, _, last = (part.read_bytes() for part in parts)
    with pytest.raises(UnreadableError, match="other frames"):
        put_together([first, last])


@pytest.fixture(scope="module")
def plan(parts: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plan") / "plan"
    assert result(planned(path, SETTINGS, parts)).tracks > 0
    return path


@pytest.fixture(scope="module")
def made(clip: Path, plan: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("made")
    paths = [folder / f"{number}.mp4" for number in range(3)]
    for path, stretch in zip(paths, stretches(CUTS), strict=True):
        result(covered(clip, path, SETTINGS, plan, stretch))
    return paths


def pictures(path: Path) -> list[tuple[int, bytes]]:
    clip = probe(path)
    second = clip.time_base.ticks(Fraction(1))
    return [
        (frame.pts // second, frame.picture.to_ndarray(format="yuv420p").tobytes()) for frame in read(clip)
    ]


def test_stretches_that_were_covered_are_one_clip_again(
    clip: Path, parts: list[Path], plan: Path, made: list[Path], tmp_path: Path
) -> None:
    outcome = result(whole(clip, tmp_path / "out.mp4", SETTINGS, parts, plan, made))
    assert outcome.frames == FRAMES
    joined = pictures(tmp_path / "out.mp4")
    assert [second for second, _ in joined] == list(range(FRAMES))
    assert [picture for _, picture in joined] == [picture for part in made for _, picture in pictures(part)]


def test_what_does_not_join_is_rendered_as_a_whole(
    clip: Path, parts: list[Path], plan: Path, made: list[Path], tmp_path: Path
) -> None:
    outcome = result(whole(clip, tmp_path / "out.mp4", SETTINGS, parts, plan, made[:2]))
    assert outcome.frames == len(pictures(tmp_path / "out.mp4")) == FRAMES
