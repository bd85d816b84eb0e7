"""A long clip whose run is killed goes on where it stopped, and comes out the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from blur.media.picture import plane_views
from blur.media.probe import probe
from blur.media.reader import read
from tests.conftest import REPO
from tests.detect.faces import Rgb, pasted, texture
from tests.e2e.killing import await_end, names
from tests.media.making import make_clip

LIMIT = 120.0
FRAMES = 25


@dataclass(frozen=True)
class Scene:
    """A folder with a long clip of few frames, an own state folder and place for outputs."""

    folder: Path

    def command(self, output: str) -> list[str]:
        look = ("--style", "solid", "--preset", "fast", "--json")
        return [sys.executable, str(REPO / "cli.py"), str(self.clip), "-o", str(self.out / output), *look]

    @property
    def clip(self) -> Path:
        return self.folder / "clip.mp4"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, "BLUR_STATE": str(self.state)}

    def run(self, output: str) -> list[dict[str, Any]]:
        command = self.command(output)
        ended = subprocess.run(command, check=False, capture_output=True, env=self.env, timeout=LIMIT)
        assert ended.returncode in (0, 4), ended.stderr
        return [json.loads(line) for line in ended.stdout.splitlines()]

    def kept(self) -> list[Path]:
        return sorted(path for path in self.state.rglob("*") if path.is_file())

    def kill(self) -> None:
        """Kills all processes of a run as soon as a stretch is kept."""
        command = self.command("killed.mp4")
        with subprocess.Popen(
            command, start_new_session=True, stdout=subprocess.DEVNULL, env=self.env
        ) as run:
            end = time.monotonic() + LIMIT
            while not list(self.state.rglob("*.0")) and run.poll() is None and time.monotonic() < end:
                time.sleep(0.002)
            os.killpg(run.pid, signal.SIGKILL)
            run.wait(LIMIT)
            await_end(run.pid)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("long")
    ground = texture(160, 120)

    def draw(index: int, _width: int, _height: int) -> Rgb:
        return pasted(ground, 40 + 3 * index, 60, 36)

    pts = range(FRAMES)
    make_clip(folder / "clip.mp4", size=(160, 120), pts=pts, time_base=Fraction(3), draw=draw)
    return Scene(folder)


def pictures(path: Path) -> list[bytes]:
    return [b"".join(plane.tobytes() for plane in plane_views(frame.picture)) for frame in read(probe(path))]


def test_a_killed_run_goes_on_and_its_output_is_that_of_an_undisturbed_one(scene: Scene) -> None:
    whole = scene.run("whole.mp4")
    assert whole[-1]["tracks"] > 0
    assert not scene.state.exists()
    scene.kill()
    kept = scene.kept()
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600] * len(kept)
    assert "killed.mp4" not in names(scene.out)
    again = scene.run("again.mp4")
    assert "going-on" in [event.get("code") for event in again]
    assert pictures(scene.out / "again.mp4") == pictures(scene.out / "whole.mp4")
    assert scene.kept() == []
