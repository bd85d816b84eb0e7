from __future__ import annotations

import sys
from pathlib import Path

import av
import pytest

from blur.errors import MissingError, OutputError
from blur.media import demo as demos
from blur.media.demo import POSITION, RATE, make_demo

SECONDS = 1
"""tests/e2e/test_demo.py makes a whole one."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("with a space") / "demo.mp4"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demos, "SECONDS", SECONDS)
        make_demo(path)
    return path


def test_it_has_what_blur_removes(demo: Path) -> None:
    content = demo.read_bytes()
    with av.open(str(demo)) as container:
        assert len(container.streams.audio) == 1
        assert container.metadata["location"] == POSITION
        assert container.metadata["creation_time"].startswith("2026-05-01")
    assert POSITION.encode() in content


def test_it_is_stored_lying_down_and_turned_upright(demo: Path) -> None:
    with av.open(str(demo)) as container:
        frames = list(container.decode(video=0))
    assert len(frames) == SECONDS * RATE
    assert {(frame.width, frame.height, frame.rotation) for frame in frames} == {(1280, 720, -90)}


def test_it_moves(demo: Path) -> None:
    with av.open(str(demo)) as container:
        pictures = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert abs(pictures[0].astype(int) - pictures[-1]).mean() > 10


def test_a_folder_that_is_not_there_is_a_named_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="demonstration"):
        make_demo(tmp_path / "nowhere" / "demo.mp4")
    assert list(tmp_path.iterdir()) == []


def test_without_the_photo_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(MissingError) as caught:
        make_demo(tmp_path / "demo.mp4")
    assert "scikit-image" in caught.value.hint
