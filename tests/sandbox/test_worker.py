"""The child that does the work: its events come through, its death is an error with a name."""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO

import pytest

from blur.batch.run import Task, run_all
from blur.errors import CrashedError
from blur.events import Event, Failed, Finished, Notice, Started, Steps
from blur.pipeline import Outcome
from blur.sandbox.confine import Reach
from blur.sandbox.sandbox import Sandbox
from blur.sandbox.worker import Piece, Worker
from tests.conftest import REPO
from tests.steps import run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the child is for Linux")


def piece(act: Callable[[], object], code: int = 0) -> Piece:
    def steps() -> Steps[int]:
        yield Started("a", "probe", 3)
        act()
        yield Notice("a", "pid", str(os.getpid()))
        return code

    return steps


def die(number: signal.Signals) -> None:
    faulthandler.disable()  # pytest would have it print a traceback
    os.kill(os.getpid(), number)


def speaking(line: bytes, *, for_ever: bool = False) -> Worker:
    """A child that says something by itself, as a decoder that was taken over could."""
    others = set(Path("/proc/self/fd").iterdir())

    def speak() -> None:
        pipes = {int(path.name) for path in {*Path("/proc/self/fd").iterdir()} - others}
        while True:
            for handle in pipes:
                with suppress(OSError):  # the one that it is ordered by cannot be written to
                    os.write(handle, line)
            if not for_ever:
                return

    return Worker([piece(speak)], list)


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[]",
        b"7",
        b"\xff",
        b"[" * 100_000,
        b'{"code": Infinity}',
        b'{"code": [1]}',
        b'{"event": "started"}',
        b'{"event": ["x"]}',
        b'{"event": "notice", "clip": 1, "x": 2}',
    ],
    ids=lambda line: line[:20].decode(errors="replace"),
)
def test_a_child_that_talks_nonsense_has_crashed(line: bytes) -> None:
    with closing(speaking(line + b"\n")) as worker, pytest.raises(CrashedError):
        run(worker.run(0))


def test_a_child_that_never_ends_its_line_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blur.sandbox.worker._LONGEST", 1 << 20)
    with closing(speaking(b"x" * 65536, for_ever=True)) as worker, pytest.raises(CrashedError):
        run(worker.run(0))


def settled() -> list[Event]:
    return [Notice("", "settled", "x")]


@pytest.fixture
def worker() -> Iterator[Worker]:
    pieces = [
        piece(lambda: None, 4),
        piece(lambda: die(signal.SIGSEGV)),
        piece(lambda: die(signal.SIGKILL)),
        piece(lambda: os._exit(0)),
    ]
    with closing(Worker(pieces, settled)) as made:
        yield made


def test_events_and_the_exit_code_come_back_from_another_process(worker: Worker) -> None:
    events, code = run(worker.run(0))
    assert code == 4
    assert events[:2] == [Notice("", "settled", "x"), Started("a", "probe", 3)]
    assert isinstance(events[2], Notice)
    assert int(events[2].message) != os.getpid()


def test_one_child_does_all_pieces_as_long_as_it_lives(worker: Worker) -> None:
    first, second = (run(worker.run(0))[0][-1] for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("index", "why"), [(1, "crashed"), (2, "memory"), (3, "crashed")])
def test_a_dead_child_is_an_error_and_the_next_piece_gets_a_new_one(
    worker: Worker, index: int, why: str
) -> None:
    before = run(worker.run(0))[0][-1]
    with pytest.raises(CrashedError, match=why):
        run(worker.run(index))
    events, code = run(worker.run(0))
    assert code == 4
    assert events[-1] != before
    assert Notice("", "settled", "x") not in events  # said once


@pytest.mark.parametrize(
    "line", [b"no json\n", b"[]\n", b'{"event": "attack"}\n', b'{"event": "notice"}\n', b"{}\n"]
)
def test_a_child_that_talks_nonsense_is_taken_for_dead(monkeypatch: pytest.MonkeyPatch, line: bytes) -> None:
    def tell(results: BinaryIO, _: object) -> None:
        results.write(line)
        results.flush()

    monkeypatch.setattr("blur.sandbox.worker._tell", tell)
    with closing(Worker([piece(lambda: None)], list)) as worker, pytest.raises(CrashedError):
        run(worker.run(0))


def test_what_a_child_says_cannot_steer_the_terminal() -> None:
    def steps() -> Steps[int]:
        yield Notice("a\x1b[2J", "x", "\x1b]0;owned\x07")
        return 0

    with closing(Worker([steps], list)) as worker:
        (event,), _ = run(worker.run(0))
    assert isinstance(event, Notice)
    assert (event.clip + event.message).isprintable()


def test_closing_lets_the_child_clear_up(tmp_path: Path) -> None:
    def steps() -> Steps[int]:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        (tmp_path / "draft").touch()
        try:
            yield Started("a", "probe")
            time.sleep(60)
        finally:
            (tmp_path / "draft").unlink()
        return 0

    worker = Worker([steps], list)
    events = worker.run(0)
    next(events)
    assert (tmp_path / "draft").exists()
    began = time.monotonic()
    events.close()
    assert not (tmp_path / "draft").exists()
    assert time.monotonic() - began < 5


def test_no_signal_at_any_moment_lets_a_child_go_on_as_its_parent() -> None:
    code = """
import os, random, signal, time
from blur.console.group import stop_on_signals
from blur.events import Notice
from blur.sandbox.worker import Worker
stop_on_signals()
def steps():
    yield Notice("", "x", "y")
    return 0
parent = os.getpid()
try:
    for number in range(150):
        worker = Worker([steps], list)
        child = worker._child
        if number % 3:
            list(worker.run(0))
        if number % 2:
            os.close(worker._orders)  # it leaves by itself, and is struck on its way
            worker._orders = os.open(os.devnull, os.O_RDONLY)
        time.sleep(random.uniform(0, 0.002))
        os.kill(child, random.choice([signal.SIGTERM, signal.SIGINT, signal.SIGHUP]))
        worker.close()
except BaseException as error:
    print("raised", type(error).__name__, os.getpid() == parent, flush=True)
print("end", os.getpid() == parent, flush=True)
"""
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=REPO, check=False
    )
    assert (run.stdout, run.stderr) == ("end True\n", "")


def test_a_child_ends_with_a_program_that_was_killed(tmp_path: Path) -> None:
    code = """
import signal, sys, time
from blur.events import Started
from blur.sandbox.worker import Worker
from pathlib import Path
signal.signal(signal.SIGTERM, signal.default_int_handler)
def steps():
    try:
        yield Started("a", "probe")
        time.sleep(60)
    finally:
        Path(sys.argv[1]).touch()
    return 0
worker = Worker([steps], list)
for event in worker.run(0):
    print("working", flush=True)
"""
    cleared = tmp_path / "cleared"
    command = [sys.executable, "-c", code, str(cleared)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPO) as run:
        assert run.stdout is not None
        run.stdout.readline()
        run.kill()
        run.wait()
        end = time.monotonic() + 10
        while not cleared.exists() and time.monotonic() < end:
            time.sleep(0.01)
    assert cleared.exists()


def test_a_batch_goes_on_past_a_crash_and_leaves_no_draft(tmp_path: Path) -> None:
    def crashing() -> Steps[Outcome]:
        from blur.media.draft import Draft

        with Draft(tmp_path / "new" / "a.mp4", force=False):
            yield Started("a", "probe")
            die(signal.SIGSEGV)
        return Outcome(None, 1, 1, 0)

    def fine() -> Steps[Outcome]:
        yield Finished("b", None, 1, 1, 0.1, 0)
        return Outcome(None, 1, 1, 0)

    reach = Reach.to([], [tmp_path / "new" / "a.mp4"])
    sandbox = Sandbox("seccomp", confined=False)
    events, code = run(run_all([Task("a", crashing), Task("b", fine)], sandbox, reach))
    assert code == 6
    assert isinstance(events[0], Notice)
    assert "--no-confine" in events[0].message
    assert [event.message for event in events if isinstance(event, Notice)] == [events[0].message]
    (failed,) = (event for event in events if isinstance(event, Failed))
    assert (failed.clip, failed.error, failed.exit_code) == ("a", "CrashedError", 3)
    assert sum(isinstance(event, Finished) for event in events) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_child_that_takes_the_place_of_a_dead_one_is_settled_too() -> None:
    def settle() -> list[Event]:
        os.environ["BLUR_TEST_SETTLED"] = "1"
        return []

    def steps() -> Steps[int]:
        yield Notice("a", "settled", os.environ.get("BLUR_TEST_SETTLED", "0"))
        return 0

    with closing(Worker([steps, piece(lambda: die(signal.SIGSEGV))], settle)) as worker:
        with pytest.raises(CrashedError):
            run(worker.run(1))
        assert run(worker.run(0))[0] == [Notice("a", "settled", "1")]


def test_a_child_leaves_by_itself_though_another_was_forked_while_it_lived() -> None:
    workers = [Worker([piece(lambda: None)], list) for _ in range(3)]
    began = time.monotonic()
    for worker in workers:
        run(worker.run(0))
        worker.close()
    assert time.monotonic() - began < 5  # one that kept another's pipe would have it wait ten seconds
