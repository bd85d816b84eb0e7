"""What appears in a folder is taken when it is whole, once, also after restarts and pulled cards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from blur.batch.watch import SETTLED, Arrivals, watch
from blur.errors import DamagedError, UsageError
from blur.events import Event, Failed, Finished, Notice
from blur.settings import Settings
from tests.batch.test_resume import Pipeline, pipeline  # noqa: F401 - a fixture
from tests.conftest import REPO
from tests.media.making import make_clip
from tests.steps import run

A, B = Path("a"), Path("b")


def test_a_file_is_ready_once_size_and_time_have_stayed_the_same() -> None:
    arrivals = Arrivals()
    assert arrivals.ready({A: (1, 1)}, 0) == set()
    assert arrivals.ready({A: (2, 1)}, SETTLED) == set()  # still growing
    assert arrivals.ready({A: (2, 2)}, SETTLED + 1) == set()  # still touched
    assert arrivals.ready({A: (2, 2), B: (0, 1)}, 2 * SETTLED) == set()
    assert arrivals.ready({A: (2, 2), B: (0, 1)}, 3 * SETTLED) == {A}  # b was made and is empty
    assert arrivals.ready({A: (2, 2)}, 4 * SETTLED) == set()  # not twice


def test_a_file_that_changed_or_came_back_is_looked_at_again() -> None:
    arrivals = Arrivals()
    for now, there, expected in (
        (0, {A: (1, 1)}, set()),
        (10, {A: (1, 1)}, {A}),
        (20, {A: (3, 1)}, set()),
        (30, {A: (3, 1)}, {A}),
        (40, {}, set()),
        (50, {A: (3, 1)}, set()),
        (60, {A: (3, 1)}, {A}),
    ):
        assert arrivals.ready(there, now) == expected, now


class Folder:
    """A folder whose changes happen while it is watched, one a look."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clips = root / "in"
        self.clips.mkdir()
        self.clock = 0.0

    def watch(self, *changes: Callable[[], object]) -> tuple[list[Event], int]:
        waiting = [step for change in changes for step in (change, lambda: None)]

        def sleep(_: float) -> None:
            if not waiting:
                raise KeyboardInterrupt
            waiting.pop(0)()
            self.clock += SETTLED

        out, state = self.root / "out", self.root / "state"
        return run(watch(self.clips, out, Settings(), journal=state, sleep=sleep, now=lambda: self.clock))

    def put(self, name: str, content: str) -> Callable[[], object]:
        (self.clips / name).parent.mkdir(parents=True, exist_ok=True)
        return lambda: (self.clips / name).write_text(content)

    def outputs(self) -> list[str]:
        return sorted(path.read_text() for path in (self.root / "out").rglob("*.mp4"))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_what_appears_is_taken_once_also_after_a_restart(folder: Folder, pipeline: Pipeline) -> None:  # noqa: F811
    events, code = folder.watch(folder.put("a.mp4", "a"), folder.put("100/b.mp4", "b"), lambda: None)
    assert (code, pipeline.worked) == (0, ["a.mp4", "b.mp4"])
    assert sum(isinstance(event, Finished) for event in events) == 2
    folder.watch(folder.put("c.mp4.part", "half"), folder.put("c.mp4", "c"))
    assert pipeline.worked == ["a.mp4", "b.mp4", "c.mp4"]
    assert folder.outputs() == ["aveil", "bveil", "cveil"]


def test_a_card_that_is_pulled_out_is_waited_for(folder: Folder, pipeline: Pipeline) -> None:  # noqa: F811
    def pull() -> None:
        folder.clips.rename(folder.root / "pulled")

    def put_back() -> None:
        pipeline.ends.clear()
        (folder.root / "pulled").rename(folder.clips)

    pipeline.ends["b.mp4"] = DamagedError("it ended early")
    events, code = folder.watch(folder.put("a.mp4", "a"), folder.put("b.mp4", "b"), pull, put_back)
    assert pipeline.worked == ["a.mp4", "b.mp4", "b.mp4"]
    assert folder.outputs() == ["aveil", "bveil"]
    said = [event.message for event in events if isinstance(event, Notice) and event.code == "watching"]
    assert [line.split()[1] for line in said] == ["in.", "is", "is"]
    assert sum(isinstance(event, Failed) for event in events) == 1
    assert code == 3  # what failed once is told in the end, too


def test_what_failed_is_not_tried_again_until_it_changes(folder: Folder, pipeline: Pipeline) -> None:  # noqa: F811
    pipeline.ends["a.mp4"] = DamagedError("half of it")
    folder.watch(folder.put("a.mp4", "half"), lambda: None, lambda: None)
    assert pipeline.worked == ["a.mp4"]
    pipeline.ends.clear()
    folder.watch(folder.put("a.mp4", "whole"))
    assert folder.outputs() == ["wholeveil"]


@pytest.mark.skipif(sys.platform != "linux", reason="sends a signal as a terminal does")
@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize("when", ["published", "idle"])
def test_ctrl_c_between_two_clips_ends_it_as_at_any_other_time(folder: Folder, when: str) -> None:
    before = signal.getsignal(signal.SIGINT)
    events: list[Event] = []
    steps = watch(
        folder.clips,
        folder.root / "out",
        Settings(),
        journal=folder.root / "state",
        sleep=lambda _: os.kill(os.getpid(), signal.SIGINT) if when == "idle" and folder.outputs() else None,
        now=lambda: next(clock),
    )
    clock = iter(range(0, 1000, int(SETTLED)))
    folder.put("a.mp4", "one")()
    try:
        while True:
            events.append(next(steps))
            if when == "published" and isinstance(events[-1], Finished):
                os.kill(os.getpid(), signal.SIGINT)
    except StopIteration as end:
        code = end.value
    assert code == 0
    assert len(folder.outputs()) == 1
    assert signal.getsignal(signal.SIGINT) == before


def test_a_call_without_sense_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        run(watch(tmp_path / "none", tmp_path / "out", Settings()))
    with pytest.raises(UsageError):
        run(watch(tmp_path, tmp_path, Settings()))


@pytest.mark.skipif(sys.platform != "linux", reason="sends a signal as a terminal does")
def test_the_program_watches_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with subprocess.Popen(
        [sys.executable, str(REPO / "cli.py"), "watch", "in", "-o", "out"],
        cwd=tmp_path,
        env={**os.environ, "BLUR_STATE": str(tmp_path / "state")},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        clip = make_clip(tmp_path / "a.mp4")
        shutil.move(clip, tmp_path / "in" / "a.mp4")
        end = time.monotonic() + 60
        while not (tmp_path / "out" / "blurred-1.mp4").exists() and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(1)
        os.killpg(run.pid, signal.SIGINT)
        try:
            said = run.communicate(timeout=30)[1]
        finally:
            run.kill()  # else a program that does not end would hold the tests for ever
    assert (tmp_path / "out" / "blurred-1.mp4").exists(), said
    assert run.returncode == 0, said
    assert "Traceback" not in said
