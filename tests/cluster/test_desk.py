"""Where workers and the run meet: the first whole result counts, once, and nothing of the others stays."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest

from blur.batch.discover import Job
from blur.cluster.desk import BLOCK, Desk, Ended
from blur.cluster.identity import Identity
from blur.events import Event, Failed, Finished, Progress, as_json

IDENTITY = Identity("1.0", "w" * 64, "2026.8.0")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "in.mp4").write_bytes(b"c" * (BLOCK + 5))
    return Job(tmp_path / "in.mp4", tmp_path / "out.mp4")


@pytest.fixture
def desk(job: Job) -> Desk:
    made = Desk(IDENTITY)
    made.take(0, job.target)
    made.offer("content", job.source)
    return made


def heard(desk: Desk) -> list[Event | Ended]:
    return [desk.heard.get()[1] for _ in range(desk.heard.qsize())]


def told(*events: Event) -> list[dict[str, object]]:
    return [{key: value for key, value in as_json(event).items() if key != "schema"} for event in events]


def done(desk: Desk, attempt: str, content: bytes, code: int = 0) -> str:
    return asyncio.run(desk.done(0, attempt, code, hashlib.sha256(content).hexdigest()))


def drafts(job: Job) -> list[str]:
    return [path.name for path in job.target.parent.iterdir() if path.name.startswith(".")]


def test_a_clip_is_given_out_in_blocks_while_it_is_in_hand(desk: Desk, job: Job) -> None:
    assert desk.read("content", 0) == b"c" * BLOCK
    assert desk.read("content", BLOCK) == b"c" * 5
    assert desk.read("content", BLOCK + 5) == b""
    assert desk.read("other", 0) == b""
    desk.offer("content", job.source)
    desk.withdraw("content")
    assert desk.read("content", BLOCK) == b"c" * 5, "another clip has the same bytes"
    desk.withdraw("content")
    assert desk.read("content", 0) == b""


def test_of_a_part_of_the_work_only_a_failure_is_told(desk: Desk, job: Job) -> None:
    desk.take(1, job.target.with_name("part"), shown=False)
    failed = Failed("x", "DamagedError", "m", "h", 3)
    desk.tell(1, "a", told(Progress("x", "analyse", 1), failed))
    assert heard(desk) == [failed]


def test_a_result_is_whole_before_it_counts(desk: Desk, job: Job) -> None:
    assert desk.write(0, "a", 0, b"half") == "go on"
    assert done(desk, "a", b"half and half") == "again"
    assert heard(desk) == []
    assert desk.write(0, "a", 4, b" and half") == "go on"
    assert done(desk, "a", b"half and half") == "stop"
    (ended,) = heard(desk)
    assert isinstance(ended, Ended)
    assert ended.draft is not None
    assert ended.draft.path.read_bytes() == b"half and half"
    assert not job.target.exists(), "the run publishes, and not the desk"


def test_of_two_workers_with_one_clip_the_first_result_counts_once(desk: Desk, job: Job) -> None:
    for attempt in ("slow", "fast"):
        assert desk.tell(0, attempt, []) == "go on"
        assert desk.write(0, attempt, 0, attempt.encode()) == "go on"
    assert len(drafts(job)) == 2
    assert done(desk, "fast", b"fast") == "stop"
    assert done(desk, "slow", b"slow") == "stop"
    assert desk.tell(0, "slow", []) == "stop"
    assert desk.write(0, "slow", 4, b"er") == "stop"
    ended = [each for each in heard(desk) if isinstance(each, Ended)]
    assert [each.draft.path.read_bytes() for each in ended if each.draft] == [b"fast"]
    assert len(drafts(job)) == 1


def test_events_of_an_attempt_that_was_given_up_are_not_shown(desk: Desk) -> None:
    first, second = Progress("x", "analyse", 1), Progress("x", "analyse", 2)
    desk.tell(0, "a", told(first))
    desk.tell(0, "b", told(second))
    desk.tell(0, "a", told(first))
    assert heard(desk) == [first, second]


def test_a_clip_is_called_finished_only_when_its_result_is_here(desk: Desk) -> None:
    desk.tell(0, "a", told(Finished("x", "out.mp4", 3, 1, 0.1, 4)))
    assert heard(desk) == []
    desk.write(0, "a", 0, b"x")
    done(desk, "a", b"x", 4)
    (ended,) = heard(desk)
    assert isinstance(ended, Ended)
    assert (ended.code, ended.finished) == (4, Finished("x", "out.mp4", 3, 1, 0.1, 4))


def test_a_clip_that_failed_leaves_nothing(desk: Desk, job: Job) -> None:
    desk.write(0, "a", 0, b"half")
    desk.tell(0, "a", told(Failed("x", "DamagedError", "m", "h", 3)))
    assert done(desk, "a", b"", 3) == "stop"
    failed, ended = heard(desk)
    assert isinstance(failed, Failed)
    assert ended == Ended(3)
    assert drafts(job) == []


def test_what_workers_tell_steers_no_terminal(desk: Desk) -> None:
    desk.tell(0, "a", told(Failed("x", "DamagedError", "m\x1b[2J", "h", 3)))
    (failed,) = heard(desk)
    assert isinstance(failed, Failed)
    assert failed.message.isprintable()


def test_a_target_that_has_appeared_is_not_replaced(desk: Desk, job: Job) -> None:
    job.target.write_text("mine")
    assert desk.write(0, "a", 0, b"x") == "stop"
    failed, ended = heard(desk)
    assert isinstance(failed, Failed)
    assert (failed.error, ended) == ("ExistsError", Ended(8))
    assert job.target.read_text() == "mine"


def test_a_clip_that_no_worker_could_finish_has_failed_once(desk: Desk) -> None:
    desk.lose(0)
    desk.lose(0)
    failed, ended = heard(desk)
    assert isinstance(failed, Failed)
    assert (failed.error, ended) == ("CrashedError", Ended(3))


def test_nothing_is_left_where_the_run_stops(desk: Desk, job: Job) -> None:
    for attempt in ("a", "b"):
        desk.write(0, attempt, 0, b"x")
    desk.take(1, job.target.with_name("other.mp4"))
    desk.write(1, "c", 0, b"y")
    done(desk, "a", b"x")
    assert len(drafts(job)) == 2
    desk.close()
    assert drafts(job) == []


def test_workers_with_other_versions_or_weights_are_refused(desk: Desk) -> None:
    comm = SimpleNamespace(peer_address="tls://10.0.0.2:4444")
    assert desk.welcome(comm, asdict(IDENTITY)) == {"refused": None, "seen": "tls://10.0.0.2:4444"}
    assert heard(desk) == []
    for part, other in (("blur", "1.1"), ("weights", "v" * 64), ("dask", "2026.7.1")):
        refused = desk.welcome(comm, {**asdict(IDENTITY), part: other})["refused"]
        assert refused is not None
        assert "other" in refused
        (notice,) = heard(desk)
        assert "10.0.0.2" in json.dumps(asdict(notice))
    assert desk.welcome(comm, {})["refused"] is not None
