"""Several at once: each lane takes the next piece when it is free, and Ctrl-C is heard twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from blur.batch import pool
from blur.batch.pool import PER_CLIP, patient, side_by_side, work
from blur.events import Notice, Steps
from blur.sandbox.worker import Worker
from tests.conftest import REPO
from tests.media.making import make_clip

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="children are for Linux")


@pytest.mark.parametrize(
    ("clips", "processors", "clips_in_memory", "expected"),
    [(9, 2, 9, 2), (1, 2, 9, 1), (9, 8, 3, 3), (9, 8, 0, 1), (0, 2, 9, 1)],
)
def test_processors_and_memory_bound_how_many(
    monkeypatch: pytest.MonkeyPatch, clips: int, processors: int, clips_in_memory: int, expected: int
) -> None:
    monkeypatch.setattr(pool, "_processors", lambda: processors)
    monkeypatch.setattr(pool, "_free", lambda: clips_in_memory * PER_CLIP + 1)
    assert side_by_side(clips) == expected


@on_linux
def test_a_slow_piece_holds_up_no_other() -> None:
    def piece(index: int) -> Steps[int]:
        yield Notice("", "pid", str(os.getpid()))
        time.sleep(1.0 if index == 0 else 0.0)
        return index

    pieces = [lambda index=index: piece(index) for index in range(5)]
    with ExitStack() as stack:
        lanes = [stack.enter_context(closing(Worker(pieces, list))) for _ in range(2)]
        told = list(work(lanes, iter(range(5)), lambda *_: []))
    assert [index for index, code in told if isinstance(code, int)] == [1, 2, 3, 4, 0]
    assert all(code == index for index, code in told if isinstance(code, int))
    assert len({event.message for _, event in told if isinstance(event, Notice)}) == 2


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX systems")
def test_the_first_press_is_a_wish_and_the_second_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "ONE_WISH", 0.05)
    before = signal.getsignal(signal.SIGINT)
    with patient() as stopped:
        assert not stopped()
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)  # a starter sends the terminal's once more
        assert stopped()
        time.sleep(0.1)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == before


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for name in "abcd":
        make_clip(tmp_path / "in" / f"{name}.mp4")
    return tmp_path


def start(folder: Path) -> subprocess.Popen[str]:
    """Runs the program over the clips, at most two of them at once, however many processors there are."""
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(processors)[:2])
    try:
        return subprocess.Popen(
            [sys.executable, str(REPO / "cli.py"), "in", "-o", "out"],
            cwd=folder,
            env={**os.environ, "BLUR_STATE": str(folder / "state")},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    finally:
        os.sched_setaffinity(0, processors)


def read_until(run: subprocess.Popen[str], word: str) -> str:
    assert run.stderr is not None
    read = ""
    for line in run.stderr:
        read += line
        if word in line:
            return read
    pytest.fail(f"never said {word!r}: {read}")


@on_linux
def test_ctrl_c_finishes_what_is_in_hand_and_the_next_run_the_rest(folder: Path) -> None:
    with start(folder) as run:
        read_until(run, "looking for faces")
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does
        said = run.communicate(timeout=60)[1]
    done = sorted(path.name for path in (folder / "out").iterdir())
    assert run.returncode == 130, said
    assert 1 <= len(done) < 4
    assert f"{4 - len(done)} of 4 clips left" in said
    with start(folder) as again:
        said = again.communicate(timeout=60)[1]
    assert again.returncode == 0, said
    assert said.count("done before") >= len(done)
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        f"blurred-{n}.mp4" for n in range(1, 5)
    ]


@on_linux
def test_a_second_ctrl_c_stops_at_once_and_a_kill_loses_nothing(folder: Path) -> None:
    with start(folder) as run:
        read_until(run, "reading the file")
        os.killpg(run.pid, signal.SIGINT)
        time.sleep(pool.ONE_WISH + 0.1)
        os.killpg(run.pid, signal.SIGINT)
        run.communicate(timeout=60)
    with start(folder) as run:
        read_until(run, "covering")
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate(timeout=60)
    with start(folder) as run:
        said = run.communicate(timeout=60)[1]
    assert run.returncode in (0, 4), said  # 4 where the kill came between publishing and its note
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        f"blurred-{n}.mp4" for n in range(1, 5)
    ]
