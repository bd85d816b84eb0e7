from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from blur.plan.model import Doubt, Plan, Track
from blur.plan.receipt import fits, receipt
from blur.plan.store import dumps, loads
from blur.settings import Settings
from blur.timing import TimeBase

PTS = np.arange(5, dtype=np.int64)


def track(left: int = 0, first: int = 0) -> Track:
    pts = PTS[first:].copy()
    return Track("face", 900, pts, np.array([[left, 0, 9, 9]], np.int32).repeat(len(pts), axis=0))


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """A plan with the receipt for two small files."""
    (tmp_path / "source").write_bytes(b"source")
    (tmp_path / "output").write_bytes(b"output")
    bare = Plan(64, 64, TimeBase(1, 25), PTS, (track(), track(3)))
    told = receipt(bare, tmp_path / "source", tmp_path / "output", Settings())
    return replace(bare, receipt=told)


def test_a_plan_fits_the_output_that_was_made_by_it(plan: Plan, tmp_path: Path) -> None:
    files = tmp_path / "source", tmp_path / "output"
    assert fits(plan, *files, Settings())
    kept = replace(loads(dumps(plan)), doubts=(Doubt(0, 1, "late", 5),))
    assert fits(kept, *files, Settings(audio="keep", rounds=1))


@pytest.mark.parametrize(
    "other",
    [
        lambda plan: replace(plan, receipt=None),
        lambda plan: replace(plan, tracks=plan.tracks[:1]),
        lambda plan: replace(plan, tracks=(track(), track(3, first=1))),
        lambda plan: replace(plan, tracks=(track(), track(4))),
        lambda plan: replace(plan, pts=PTS + 1),
        lambda plan: replace(plan, time_base=TimeBase(1, 50)),
    ],
)
def test_an_edited_plan_fits_nothing(plan: Plan, tmp_path: Path, other: Callable[[Plan], Plan]) -> None:
    assert not fits(other(plan), tmp_path / "source", tmp_path / "output", Settings())


@pytest.mark.parametrize("look", [Settings(style="solid"), Settings(crf=19), Settings(codec="hevc")])
def test_another_look_does_not_fit(plan: Plan, tmp_path: Path, look: Settings) -> None:
    assert not fits(plan, tmp_path / "source", tmp_path / "output", look)


@pytest.mark.parametrize("name", ["source", "output"])
def test_files_that_changed_or_went_do_not_fit(plan: Plan, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"another")
    assert not fits(plan, tmp_path / "source", tmp_path / "output", Settings())
    (tmp_path / name).unlink()
    assert not fits(plan, tmp_path / "source", tmp_path / "output", Settings())
