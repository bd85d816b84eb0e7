"""What is told of many clips: names that differ, a tally after each, the worst first."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from blur.batch.report import as_text, counted, labels, reported
from blur.errors import OutputError
from blur.events import Event, Failed, Finished, Notice, Summary, Tally
from tests.steps import run


def batch() -> Generator[Event, None, int]:
    yield Finished("a", "blurred-1.mp4", 1, 1, 0.5, 0)
    yield Notice("b", "look", "Look at the output at 0:01.0.")
    yield Finished("b", "blurred-2.mp4", 1, 1, 0.5, 4)
    yield Failed("c", "DamagedError", "half of it", "Copy it.", 3)
    yield Notice("d", "done-before", "Left alone.")
    return 6


def test_a_tally_follows_each_clip_and_the_worst_comes_first() -> None:
    events, code = run(counted(batch(), 5))
    assert code == 6
    assert [event for event in events if isinstance(event, Tally)] == [
        Tally("", 1, 5, 0, 0),
        Tally("", 2, 5, 0, 1),
        Tally("", 3, 5, 1, 1),
        Tally("", 4, 5, 1, 1),
    ]
    summary = events[-1]
    assert isinstance(summary, Summary)
    assert [(row.clip, row.verdict) for row in summary.rows] == [
        *(("c", "failed"), ("b", "look"), ("a", "published"), ("d", "skipped"))
    ]
    assert summary.left == 1
    text = as_text(summary)
    assert "Look at the output at 0:01.0." in text
    assert text.endswith("5 clips: 1 failed, 1 to look at, 1 published, 1 done before, 1 left")


@pytest.mark.parametrize("name", ["r.json", "r.txt"])
def test_the_report_is_private_and_replaces_nothing(tmp_path: Path, name: str) -> None:
    run(reported(counted(batch(), 4), tmp_path / name))
    text = (tmp_path / name).read_text()
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    if name.endswith(".json"):
        assert [clip["verdict"] for clip in json.loads(text)["clips"]][:2] == ["failed", "look"]
    else:
        assert text.splitlines()[0].split() == ["failed", "c"]
    with pytest.raises(OutputError, match="there already"):
        reported(batch(), tmp_path / name)


def test_clips_of_one_name_are_told_apart_by_as_little_as_it_takes() -> None:
    paths = [Path("/home/anna/1/x.mp4"), Path("/home/anna/2/x.mp4"), Path("/home/anna/2/y.mp4")]
    assert labels(paths) == ["1/x.mp4", "2/x.mp4", "y.mp4"]
    assert labels([Path("x.mp4"), Path("x.mp4")]) == ["x.mp4", "x.mp4"]
    assert labels([Path("/x.mp4"), Path("/a/x.mp4")])[1] == "a/x.mp4"
