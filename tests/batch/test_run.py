"""Many clips: one that breaks does not stop the rest, and the exit code says what happened."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from blur.batch.commands import render_one
from blur.batch.discover import Job
from blur.batch.run import Task, failure, overall, run_all
from blur.errors import EXIT_BATCH, AuditError, DamagedError, MissingError
from blur.events import Failed, Finished, Notice, Started, Steps
from blur.pipeline import Outcome
from blur.sandbox.sandbox import Here
from blur.settings import Settings
from tests.steps import run


def task(name: str, end: int | Exception) -> Task:
    def steps() -> Steps[Outcome]:
        yield Started(name, "probe")
        if isinstance(end, Exception):
            raise end
        yield Finished(name, "out.mp4", 1, 1, 0.1, end)
        return Outcome(Path("out.mp4"), 1, 1, end)

    return Task(name, steps)


def test_a_broken_clip_does_not_stop_the_rest() -> None:
    tasks = [task("a", DamagedError("half of it", "copy it")), task("b", ValueError("/home/x")), task("c", 0)]
    events, code = run(run_all(tasks))
    assert [event.clip for event in events] == ["a", "a", "b", "b", "c", "c"]
    assert events[1] == Failed("a", "DamagedError", "half of it", "copy it", 3)
    assert isinstance(events[3], Failed)
    assert events[3].exit_code == 1
    assert isinstance(events[5], Finished)
    assert code == EXIT_BATCH


@pytest.mark.parametrize(
    ("codes", "expected"),
    [([], 0), ([0], 0), ([4], 4), ([0, 4], 4), ([3], 3), ([3, 5], 5), ([0, 3], 6), ([4, 8], 6), ([130], 130)],
)
def test_the_highest_code_stands_and_a_mixture_has_its_own(codes: list[int], expected: int) -> None:
    assert overall(codes) == expected
    assert overall(codes[::-1]) == expected


@pytest.mark.parametrize("error", [DamagedError("x"), AuditError("x"), MissingError("x")])
def test_a_single_clip_ends_with_its_own_code(error: DamagedError) -> None:
    assert run(run_all([task("a", error)]))[1] == error.exit_code


def test_an_unforeseen_error_shows_no_details_but_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "blur")
    try:
        Path("/home/alice/secret.mp4").read_bytes()
    except OSError as error:
        failed = failure("a", error)
    assert "alice" not in failed.message + failed.hint
    assert failed.exit_code == 1
    assert "FileNotFoundError, which Blur does not name, at pathlib.py:" in caplog.text
    assert "test_run.py:" in caplog.text
    assert not {"alice", str(Path.home()), str(Path(__file__).parent)} & set(caplog.text.split())
    assert "alice" not in caplog.text


def test_messages_stay_on_their_line() -> None:
    assert failure("a", DamagedError("a\x1b[2J\nb")).message.isprintable()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_stop_is_no_failure_of_a_clip(stop: Callable[[], BaseException]) -> None:
    def steps() -> Steps[Outcome]:
        yield Started("a", "probe")
        raise stop()

    with pytest.raises(type(stop())):
        run(run_all([Task("a", steps), task("b", 0)]))


def test_a_plan_that_is_none_ends_in_a_named_error(tmp_path: Path) -> None:
    plan = tmp_path / "a.plan.json"
    plan.write_text("{}")
    clip = tmp_path / "a.mp4"
    events, code = run(render_one(Job(clip, tmp_path / "o.mp4"), plan, Settings(), force=False))
    assert isinstance(events[-1], Failed)
    assert (events[-1].error, code) == ("UnreadableError", 3)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX systems")
def test_ctrl_c_is_heard_also_while_the_last_lane_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    def close(_: Here) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Here, "close", close)
    events, code = run(run_all([task("a", 0)], patiently=True))
    assert [event.code for event in events if isinstance(event, Notice)] == ["stopping"]
    assert code == 0
