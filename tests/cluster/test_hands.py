"""A worker takes a clip from the shared folder where it is the same, else as it is sent; it leaves none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from blur.cluster import hands as under_test
from blur.cluster.desk import BLOCK
from blur.cluster.hands import Hands, LostError
from blur.cluster.piece import Order, Piece, Step
from blur.errors import MissingError

CLIP = b"c" * (BLOCK + 7)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def order(step: Step = "whole", content: bytes = CLIP, below: str = "day/clip.mp4", **more: Any) -> Order:
    name = "../../clip.mp4"
    return Order(1, step, name, below, digest(content), len(content), ".mp4", "{}", 60, **more)


class Run:
    """The run's side: files by their hash, and what it is told."""

    def __init__(self, *files: bytes) -> None:
        self.files = {digest(file): file for file in files}
        self.asked: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.result = b""
        self.done: dict[str, Any] = {}

    def __call__(self, what: str, **told: Any) -> Any:
        self.asked.append(what)
        if what == "read":
            return self.files.get(told["content"], b"")[told["offset"] : told["offset"] + BLOCK]
        if what == "tell":
            self.events += told["events"]
        elif what == "write":
            self.result = self.result[: told["offset"]] + told["block"]
        else:
            self.done = told
        return "go on"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


def at_work(place: Path, run: Run, media: Path | None = None) -> Hands:
    made = Hands(place, media)
    made._ask = run  # type: ignore[method-assign]
    return made


def child(monkeypatch: pytest.MonkeyPatch, act: Callable[[Piece], int]) -> None:
    monkeypatch.setattr(Hands, "_child", lambda _self, _order, _attempt, piece: act(piece))


def copied(piece: Piece) -> int:
    Path(piece.target).write_bytes(b"of " + Path(piece.source).read_bytes()[:3] + piece.source.encode()[-8:])
    return 0


def left(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.is_file()]


def test_a_clip_is_fetched_worked_on_and_sent_back(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child(monkeypatch, copied)
    run = Run(CLIP)
    at_work(place, run).work(order())
    assert run.result == b"of cccclip.mp4", "and its name leads out of no folder"
    assert run.done["content"] == digest(run.result)
    assert (run.done["code"], left(place)) == (0, [])


@pytest.mark.parametrize(
    ("there", "sent"), [(CLIP, False), (CLIP[:-1] + b"d", True), (b"", True), (None, True)]
)
def test_a_shared_folder_is_used_where_the_clip_is_the_same(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bytes | None, sent: bool
) -> None:
    child(monkeypatch, copied)
    if there is not None:
        (tmp_path / "media" / "day").mkdir(parents=True)
        (tmp_path / "media" / "day" / "clip.mp4").write_bytes(there)
    run = Run(CLIP)
    at_work(place, run, tmp_path / "media").work(order())
    assert ("read" in run.asked) == sent
    assert run.done["code"] == 0


def test_a_clip_that_has_changed_is_not_worked_on(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child(monkeypatch, lambda _: pytest.fail("it was worked on"))
    run = Run(CLIP)
    run.files[digest(CLIP)] = CLIP[:-1]
    with pytest.raises(LostError):
        at_work(place, run).work(order())
    assert (run.done, left(place)) == ({}, [])


def test_a_clip_that_failed_sends_nothing_back(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child(monkeypatch, lambda _: 3)
    run = Run(CLIP)
    at_work(place, run).work(order())
    assert (run.done["code"], "write" in run.asked) == (3, False)


def test_a_long_clip_is_sent_once_for_all_its_stretches(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child(monkeypatch, copied)
    run = Run(CLIP, b"other", b"seen")
    worker = at_work(place, run)
    for _ in range(3):
        worker.work(order("look"))
    assert run.asked.count("read") == 3  # two blocks, and the end
    worker.work(order("look", b"other"))
    assert [path.read_bytes() for path in left(place)] == [b"other"]
    worker.tidy()
    assert left(place) == []


def test_parts_are_fetched_in_order(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def joined(piece: Piece) -> int:
        Path(piece.target).write_bytes(b"".join(Path(path).read_bytes() for path in piece.made))
        assert all(path.endswith(".mp4") for path in piece.made)
        return 0

    child(monkeypatch, joined)
    run = Run(CLIP, b"one", b"two")
    at_work(place, run).work(order(made=(digest(b"two"), digest(b"one"))))
    assert run.result == b"twoone"


def test_a_machine_that_lacks_something_leaves_and_fails_no_clip(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"event": "failed", "error": "MissingError", "message": "no libGL", "hint": "install it"}
    (tmp_path / "cli.py").write_text(
        f"import sys; sys.stdin.read(); print({json.dumps(json.dumps(said))}); sys.exit(7)"
    )
    monkeypatch.setattr(under_test, "blur", SimpleNamespace(__file__=str(tmp_path / "blur" / "__init__.py")))
    worker = at_work(place, run := Run(CLIP))
    closed: list[str] = []
    loop = SimpleNamespace(add_callback=lambda _close, reason: closed.append(reason))
    worker._worker = SimpleNamespace(loop=loop, close=None)  # type: ignore[assignment]
    with pytest.raises(LostError):
        worker.work(order())
    assert isinstance(worker.unfit, MissingError)
    assert (worker.unfit.message, closed, run.done) == ("no libGL", ["unfit"], {})
