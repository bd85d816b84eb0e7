"""How a batch is given out: clips as workers are free, long ones in stretches, results published once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from blur.batch.discover import Job
from blur.cluster import giving
from blur.cluster.desk import Desk
from blur.cluster.giving import NOBODY, Giving
from blur.cluster.piece import Order
from blur.events import Event, Failed, Finished, Notice, as_json
from blur.settings import Settings

Answer = Callable[[Order, Desk], None]


class Workers:
    """Stands in for dask and all workers: each order is answered as soon as it is sent."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.orders: list[Order] = []
        self.forgotten: list[int] = []
        self.desk: Desk | None = None

    def __call__(self, make: Any) -> Workers:
        self.desk = make.args[3]
        return self

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, order: Order, _resource: str, _lost: object) -> None:
        assert self.desk is not None
        self.orders.append(order)
        self.answer(order, self.desk)

    def forget(self, number: int) -> None:
        self.forgotten.append(number)


def result(desk: Desk, order: Order, content: bytes, code: int = 0) -> None:
    desk.write(order.number, "a", 0, content)
    asyncio.run(desk.done(order.number, "a", code, hashlib.sha256(content).hexdigest()))


def tell(desk: Desk, order: Order, event: Event) -> None:
    desk.tell(order.number, "a", [{k: v for k, v in as_json(event).items() if k != "schema"}])


def whole(desk: Desk, order: Order) -> None:
    tell(desk, order, Finished("x", "x", 1, 0, 0.1, 0))
    result(desk, order, b"made of " + order.name.encode())


@contextmanager
def given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clips: int, slots: int, answer: Answer
) -> Iterator[tuple[Giving, Workers]]:
    workers = Workers(answer)
    monkeypatch.setattr(giving, "Running", workers)
    jobs = []
    for number in range(clips):
        source = tmp_path / f"{number}.mp4"
        source.write_bytes(b"clip %d" % number)
        jobs.append((source.name, Job(source, tmp_path / f"{number}-blurred.mp4")))
    own = tmp_path / "own"
    own.mkdir()
    cluster = SimpleNamespace(place=None, keys=None, root=tmp_path, settings=Settings(), force=False)
    with Giving(cluster, jobs, own) as made:  # type: ignore[arg-type]
        made._slots = slots
        yield made, workers


def never() -> bool:
    return False


def test_every_clip_is_published_and_told_of_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with given(tmp_path, monkeypatch, 5, 2, lambda order, desk: whole(desk, order)) as (made, _):
        told = list(made.all(iter(range(5)), never))
    assert sorted(index for index, each in told if each == 0) == list(range(5))
    assert [each.output for _, each in told if isinstance(each, Finished)] == [
        f"{number}-blurred.mp4" for number in range(5)
    ]
    for number in range(5):
        assert (tmp_path / f"{number}-blurred.mp4").read_bytes() == b"made of %d.mp4" % number


def test_no_more_clips_are_out_than_workers_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out: list[int] = []

    def wait(_: Order, desk: Desk) -> None:
        out.append(len(desk._hands))
        if len(desk._hands) == 2:
            for number in list(desk._hands):
                desk.lose(number)

    with given(tmp_path, monkeypatch, 6, 2, wait) as (made, workers):
        codes = [each for _, each in made.all(iter(range(6)), never) if isinstance(each, int)]
    assert (max(out), codes, len(workers.forgotten)) == (2, [3] * 6, 6)


def test_a_stop_gives_out_nothing_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[bool] = []

    def answer(order: Order, desk: Desk) -> None:
        whole(desk, order)
        stopped.append(True)

    with given(tmp_path, monkeypatch, 4, 1, answer) as (made, workers):
        codes = [each for _, each in made.all(iter(range(4)), lambda: bool(stopped)) if isinstance(each, int)]
    assert (codes, len(workers.orders)) == ([0], 1)


def in_stretches(order: Order, desk: Desk) -> None:
    match order.step:
        case "probe":
            result(desk, order, b"[10, 20]")
        case "look" | "cover":
            result(desk, order, f"{order.step} {order.place}".encode())
        case "plan":
            result(desk, order, b"plan")
        case _:
            whole(desk, order)


def test_a_long_clip_is_shared_and_put_together_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giving, "MAYBE_LONG", 1)
    with given(tmp_path, monkeypatch, 1, 2, in_stretches) as (made, workers):
        told = list(made.all(iter([0]), never))
    assert [each for _, each in told if isinstance(each, int)] == [0]
    steps = [order.step for order in workers.orders]
    assert steps == ["probe", "look", "look", "look", "plan", "cover", "cover", "cover", "whole"]
    stretches = [(None, 10), (10, 20), (20, None)]
    assert [order.stretch for order in workers.orders if order.step in ("look", "cover")] == stretches * 2

    def hashes(*contents: str) -> tuple[str, ...]:
        return tuple(hashlib.sha256(content.encode()).hexdigest() for content in contents)

    last = workers.orders[-1]
    assert last.seen == hashes("look 0", "look 1", "look 2")
    assert (last.plan, last.made) == (hashes("plan"), hashes("cover 0", "cover 1", "cover 2"))
    assert workers.desk is not None
    assert not any(workers.desk._offers.values())


def test_a_clip_that_may_be_long_and_is_not_goes_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giving, "MAYBE_LONG", 1)

    def answer(order: Order, desk: Desk) -> None:
        result(desk, order, b"[]") if order.step == "probe" else whole(desk, order)

    with given(tmp_path, monkeypatch, 1, 1, answer) as (made, workers):
        list(made.all(iter([0]), never))
    assert [order.step for order in workers.orders] == ["probe", "whole"]


def test_a_stretch_that_fails_ends_its_clip_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving, "MAYBE_LONG", 1)
    held: list[Order] = []

    def answer(order: Order, desk: Desk) -> None:
        if order.step != "look" or order.name != "0.mp4":
            in_stretches(order, desk)
        elif order.place < 2:
            held.append(order)
        else:
            tell(desk, order, Failed("x", "DamagedError", "m", "h", 3))
            result(desk, order, b"", 3)
            in_stretches(held[1], desk)  # it comes when the clip has ended without it

    with given(tmp_path, monkeypatch, 2, 3, answer) as (made, workers):
        told = list(made.all(iter([0, 1]), never))
    assert [(index, each) for index, each in told if isinstance(each, int)] == [(0, 3), (1, 0)]
    assert [each.clip for _, each in told if isinstance(each, Failed)] == ["0.mp4"]
    assert {order.number for order in held} <= set(workers.forgotten)
    assert not (tmp_path / "0-blurred.mp4").exists()
    assert [path for path in (tmp_path / "own").iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("kind", ["empty", "gone", "taken"])
def test_what_cannot_be_given_out_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with given(tmp_path, monkeypatch, 2, 1, lambda order, desk: whole(desk, order)) as (made, _):
        if kind == "empty":
            (tmp_path / "0.mp4").write_bytes(b"")
        elif kind == "gone":
            (tmp_path / "0.mp4").unlink()
        else:
            (tmp_path / "0-blurred.mp4").write_bytes(b"mine")
        told = list(made.all(iter([0, 1]), never))
    assert dict(each for each in told if isinstance(each[1], int)) == {0: 8 if kind == "taken" else 3, 1: 0}


def test_the_user_hears_of_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with given(tmp_path, monkeypatch, 1, 0, lambda order, desk: whole(desk, order)) as (made, _):
        made._count(2)
        told = list(made.all(iter([0]), never))
    notices = [each for index, each in told if index == NOBODY]
    assert [(each.code, each.clip) for each in notices if isinstance(each, Notice)] == [("workers", "")]
