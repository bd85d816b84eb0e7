"""A batch on four workers, each on a machine of its own; one is killed, one loses its wire for a moment."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from blur.media.clip import Frame
from blur.media.picture import as_bgr
from blur.media.probe import probe
from blur.media.reader import read
from tests.cluster.machines import HERE, Machine, machines
from tests.conftest import REPO
from tests.media.making import make_clip
from tests.sandbox.trying import needs_landlock, needs_seccomp

pytestmark = [needs_seccomp, needs_landlock]
CLIPS = 4
LONG = 70
"""Frames of a clip that has one a second."""
PLACE = f"tls://{HERE}:8786"
MAKING = ("--preset", "fast", "--style", "solid", "--name", "keep")
LIMIT = 400.0


_MAIN = "import cli; cli.main()"


def _with(module: str) -> str:
    return f"import sys; sys.path.insert(0, {str(REPO)!r}); import {module}"


@dataclass(frozen=True)
class Scene:
    """A batch's folders, and the machines."""

    folder: Path
    here: Machine
    others: list[Machine]

    def worker(self, machine: Machine, *options: object) -> subprocess.Popen[bytes]:
        keys = self.folder / "keys" / "worker"
        work = self.folder / "work" / machine.address
        work.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{machine.address}.log").open("ab") as told:
            options = ("--keys", keys, "--clips", 1, "--work", work, *options)
            return machine.blur("cluster", "worker", PLACE, *options, told=told)

    def run(self) -> subprocess.Popen[bytes]:
        """The batch, with clips called long that are so only in seconds."""
        keys = self.folder / "keys" / "run"
        large = (self.folder / "in" / f"{CLIPS}.mp4").stat().st_size
        code = f"{_with('blur.cluster.giving as g')}; g.MAYBE_LONG = {large}; g.LENGTH = 16; {_MAIN}"
        options = ("-o", self.folder / "out", "--cluster", PLACE, "--keys", keys, *MAKING)
        with (self.folder / "run.log").open("wb") as told:
            return subprocess.Popen(
                self.here.command(sys.executable, "-c", code, self.folder / "in", *options),
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=subprocess.STDOUT,
            )

    def other_version(self, machine: Machine) -> subprocess.CompletedProcess[str]:
        """A worker that differs in nothing but the version that it says it has."""
        code = f"{_with('blur')}; blur.__version__ = '0'; {_MAIN}"
        words = ("cluster", "worker", PLACE, "--keys", self.folder / "keys" / "worker", "--work", self.folder)
        command = machine.command(sys.executable, "-c", code, *words)
        return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)

    def said(self, name: str = "run") -> str:
        return (self.folder / f"{name}.log").read_text()

    def await_word(self, word: str, times: int = 1, name: str = "run") -> None:
        end = time.monotonic() + LIMIT
        while self.said(name).count(word) < times:
            assert time.monotonic() < end, self.said(name)
            time.sleep(0.05)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    (tmp_path / "in").mkdir()
    for number in range(CLIPS):
        make_clip(tmp_path / "in" / f"{number}.mp4", size=(160, 120), pts=tuple(range(10 + number)))
    coding = {"g": "16", "crf": "5"}
    long = tmp_path / "in" / f"{CLIPS}.mp4"
    make_clip(long, size=(160, 120), pts=range(LONG), time_base=Fraction(1), coding=coding)
    subprocess.run([sys.executable, str(REPO / "cli.py"), "cluster", "keys", tmp_path / "keys"], check=True)
    with machines(5) as (here, *others):
        yield Scene(tmp_path, here, others)


def sockets(machine: Machine) -> list[list[str]]:
    """Those of TCP and UDP: whether it listens, the own end, the other."""
    rows = [line.split() for line in machine.run("ss", "-Htuna").splitlines()]
    return [[row[1], row[4], row[5]] for row in rows]


def frames(path: Path) -> Iterator[Frame]:
    return read(probe(path))


def test_nothing_is_lost_and_nothing_published_twice(scene: Scene) -> None:
    workers = [scene.worker(machine) for machine in scene.others[:3]]
    workers.append(scene.worker(scene.others[3], "--media", scene.folder / "in"))
    run = scene.run()
    try:
        scene.await_word("looking for faces", 2)
        listening = [row for row in sockets(scene.here) if row[0] == "LISTEN"]
        assert [row[1] for row in listening] == [f"{HERE}:8786"]
        for machine in scene.others:
            assert {row[2] for row in sockets(machine)} <= {f"{HERE}:8786"}
        refused = scene.other_version(scene.others[0])
        assert refused.returncode == 2
        assert "refuses this machine: it has another version of Blur" in refused.stderr
        scene.await_word(f"The worker at {scene.others[0].address} is refused")
        time.sleep(random.uniform(0, 1.5))
        workers[random.randrange(3)].kill()
        scene.others[3].run("ss", "-K", "dst", HERE)
        scene.await_word("is over", name=scene.others[3].address)
        assert run.wait(LIMIT) == 0, scene.said()
        for worker in workers:
            worker.terminate()
        assert sorted(worker.wait(60) for worker in workers) == [-9, 130, 130, 130]
    finally:
        for process in (run, *workers):
            process.kill()
            process.wait()
    names = [f"{number}-blurred.mp4" for number in range(CLIPS + 1)]
    assert sorted(path.name for path in (scene.folder / "out").iterdir()) == names
    assert len(re.findall(r"→ \d-blurred.mp4 \(", scene.said())) == CLIPS + 1
    assert f"{CLIPS}.mp4: It is long: workers share it in 4 stretches" in scene.said()
    assert [path for path in (scene.folder / "work").rglob("*") if path.is_file()] == []
    alone = [sys.executable, str(REPO / "cli.py"), scene.folder / "in", "-o", scene.folder / "alone", *MAKING]
    subprocess.run(alone, check=True, capture_output=True, timeout=LIMIT)
    *short, long = [(scene.folder / "out" / name, scene.folder / "alone" / name) for name in names]
    for shared, own in short:
        assert shared.read_bytes() == own.read_bytes()
    for one, other in zip(frames(long[0]), frames(long[1]), strict=True):
        assert one.pts == other.pts
        apart = as_bgr(one.picture, 160, 120).astype(int) - as_bgr(other.picture, 160, 120)
        assert np.abs(apart).mean() < 3, "coded anew where it was cut, and the same otherwise"
