"""A long clip, few frames far apart: stopped anywhere, it goes on, and what is seen is the same."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from blur.detect.detector import Bgr, Faces
from blur.detect.kept import Kept
from blur.detect.resuming import LONG, analyse_long, is_long
from blur.events import Event, Notice, Progress, Started
from blur.media.clip import Clip
from blur.media.probe import probe
from blur.settings import Preset, Settings
from blur.track.observe import Observations
from blur.track.store import packed
from tests.detect.faces import pasted, texture
from tests.media.making import make_clip

FRAMES = 100
CUT = 70
SETTINGS = Settings(preset="fast")


class Counting:
    """Sees one thing in every picture, and counts the pictures."""

    name = "counting"

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self, _: Preset) -> Counting:
        return self

    def detect(self, picture: Bgr, _: float) -> Faces:
        self.looks += 1
        height, width = picture.shape[:2]
        box = np.array([[0.4 * width, 0.3 * height, 0.6 * width, 0.7 * height]], np.float32)
        return Faces(box, np.array([0.5], np.float32))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """A picture that moves, and is another one from frame ``CUT`` on."""
    worlds = [pasted(texture(400, 200), 150, 90, 40), 255 - texture(400, 200, 1) // 2]

    def draw(index: int, width: int, height: int) -> np.ndarray:
        return worlds[index >= CUT][index : index + height, 2 * index % 90 :][:, :width]

    path = tmp_path_factory.mktemp("long") / "long.mp4"
    coding = {"g": "16", "bf": "2", "crf": "20"}
    make_clip(path, size=(160, 96), pts=range(FRAMES), time_base=Fraction(1), draw=draw, coding=coding)
    return probe(path)


def run(
    clip: Clip, kept: Kept, eyes: Counting, stop: int | None = None
) -> tuple[list[Event], Observations | None]:
    """The events and the result; stopped as soon as so many stretches are kept."""
    steps = analyse_long(clip, SETTINGS, kept, eyes)
    events: list[Event] = []
    while True:
        try:
            events.append(next(steps))
        except StopIteration as end:
            return events, end.value
        if stop is not None and len(kept.load()[0]) >= stop:
            steps.close()
            return events, None


@pytest.fixture
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is told after every frame."""
    monkeypatch.setattr("blur.detect.resuming.TICK", 0)


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_run_that_was_stopped_goes_on_and_sees_the_same(clip: Clip, tmp_path: Path, stop: int) -> None:
    undisturbed = Counting()
    _, whole = run(clip, Kept(tmp_path, "whole"), undisturbed)
    assert whole is not None
    assert whole.scenes.tolist() == [[0, CUT - 1], [CUT, FRAMES - 1]]
    assert len(whole.pts) == FRAMES
    kept, first, second = Kept(tmp_path, "kept"), Counting(), Counting()
    run(clip, kept, first, stop)
    events, again = run(clip, kept, second)
    assert again is not None
    assert packed(again) == packed(whole)
    assert second.looks == undisturbed.looks - (30 * stop + stop)
    notice = next(event for event in events if isinstance(event, Notice))
    assert (notice.code, f"0:{30 * stop}.0" in notice.message or stop > 1) == ("going-on", True)
    done = [event.done for event in events if isinstance(event, Progress)]
    assert done == sorted(done)
    assert (done[0] > 30 * stop, done[-1]) == (True, FRAMES)


def test_what_was_seen_to_the_end_is_not_looked_at_again(clip: Clip, tmp_path: Path) -> None:
    kept, eyes = Kept(tmp_path, "kept"), Counting()
    _, whole = run(clip, kept, Counting())
    events, again = run(replace(clip, path=tmp_path / "gone.mp4"), kept, eyes)
    assert whole is not None
    assert again is not None
    assert (packed(again) == packed(whole), eyes.looks) == (True, 0)
    assert [type(event) for event in events] == [Started, Notice]


def test_only_long_and_whole_clips_are_kept(clip: Clip) -> None:
    assert is_long(clip)
    assert is_long(replace(clip, duration=LONG))
    assert not is_long(replace(clip, duration=LONG - 1))
    assert not is_long(replace(clip, duration=None))
    assert not is_long(replace(clip, damage=((5, 6),)))
