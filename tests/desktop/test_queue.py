from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest

from blur.desktop import engine as engines
from blur.desktop.item import Item
from blur.desktop.queue import Queue
from blur.desktop.state import State
from blur.settings import AUDIO, Settings
from blur.timing import spans
from cli import cli
from tests.desktop.making import engine

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mov"
    path.write_bytes(b"a clip, to the engine that stands in")
    return path


def queue(state: State, tmp_path: Path, how: str = "work") -> Queue:
    command = engine(tmp_path / "engine", how)
    return Queue(state, lambda: command)


def statuses(of: Queue) -> list[str]:
    return [item.status for item in of.items.values()]


def worked(work: Queue, clip: Path, until: Until, status: str = "done") -> str:
    """The key of a clip that has gone through the engine."""
    work.add([clip])
    until(lambda: statuses(work) == [status])
    (key,) = work.items
    return key


def calls(tmp_path: Path) -> list[list[str]]:
    return [json.loads(line) for line in (tmp_path / "engine" / "calls").read_text().splitlines()]


def test_a_clip_goes_through_and_its_plan_is_kept_privately(
    state: State, tmp_path: Path, clip: Path, until: Until
) -> None:
    work = queue(state, tmp_path)
    item = work.items[worked(work, clip, until)]
    assert item.target == tmp_path / "clip-blurred.mp4"
    assert item.target.exists()
    assert state.published_plan(item.key) is not None
    assert clip.read_bytes() == b"a clip, to the engine that stands in"


def test_one_after_another_and_a_broken_one_stops_nobody(
    state: State, tmp_path: Path, clip: Path, until: Until
) -> None:
    work = queue(state, tmp_path, "crash")
    other = clip.with_name("other.mov")
    other.write_bytes(b"x")
    work.add([clip, other])
    until(lambda: statuses(work) == ["failed", "failed"])
    assert [item.error for item in work.items.values()] == ["CrashedError", "CrashedError"]
    engine(tmp_path / "engine", "work")
    first, second = work.items
    work.again(second)
    until(lambda: statuses(work) == ["failed", "done"])
    assert work.items[first].error == "CrashedError"


def test_what_fails_says_why(state: State, tmp_path: Path, clip: Path, until: Until) -> None:
    work = queue(state, tmp_path, "fail")
    worked(work, clip, until, "failed")
    assert [item.error for item in work.items.values()] == ["DamagedError"]


def test_cancelling_ends_the_engine(state: State, tmp_path: Path, clip: Path, until: Until) -> None:
    work = queue(state, tmp_path, "hang")
    work.add([clip])
    until(lambda: [item.done for item in work.items.values()] == [5])
    work.cancel(next(iter(work.items)))
    until(lambda: statuses(work) == ["cancelled"])
    assert not work.busy


def test_closing_mid_run_ends_the_engine_and_keeps_the_list(
    state: State, tmp_path: Path, clip: Path, until: Until
) -> None:
    work = queue(state, tmp_path, "hang")
    work.add([clip])
    until(lambda: [item.done for item in work.items.values()] == [5])
    work.close()
    again = queue(state, tmp_path, "work")
    again.restore()
    until(lambda: statuses(again) == ["done"])


def test_what_is_done_with_is_forgotten_on_closing(
    state: State, tmp_path: Path, clip: Path, until: Until
) -> None:
    work = queue(state, tmp_path)
    worked(work, clip, until)
    work.close()
    assert list(state.folder.glob("*.plan.json")) == []
    assert state.load_queue() == []


def test_a_second_result_takes_a_free_name(state: State, tmp_path: Path, clip: Path, until: Until) -> None:
    (tmp_path / "clip-blurred.mp4").write_bytes(b"somebody else's")
    work = queue(state, tmp_path)
    worked(work, clip, until)
    assert [item.target.name for item in work.items.values()] == ["clip-blurred-2.mp4"]
    assert (tmp_path / "clip-blurred.mp4").read_bytes() == b"somebody else's"


def test_doing_it_again_goes_by_the_edited_plan_with_the_choices_in_sight(
    state: State, tmp_path: Path, clip: Path, until: Until
) -> None:
    work = queue(state, tmp_path)
    key = worked(work, clip, until)
    plan = state.published_plan(key)
    assert plan is not None
    state.autosave(key, plan, ((1500, 2000),))
    work.settings = replace(work.settings, style="mosaic", audio="keep")
    work.again(key)
    assert work.items[key].by_plan
    until(lambda: statuses(work) == ["done"])
    call = calls(tmp_path)[-1]
    assert call[0] == "render"
    assert call[-2:] == [str(state.edit_file(key)), str(clip)]
    assert call[call.index("--style") + 1] == "mosaic"
    assert call[call.index("--audio") + 1 :][:3] == ["mute", "--mute", "1.500-2.000"]
    assert "--force" in call
    old = [call[call.index(option) + 1] for option in ("--from", "--from-plan")]
    assert old == [str(tmp_path / "clip-blurred.mp4"), str(state.plan_file(key))]
    assert not state.edit_file(key).exists()
    assert not state.mutes_file(key).exists()
    assert work.items[key].mutes == ((1500, 2000),)


def test_every_call_of_the_engine_is_one_that_it_takes(tmp_path: Path) -> None:
    item = Item("0" * 16, tmp_path / "a.mov", tmp_path / "o.mp4", unverified=True, thorough=True)
    made, wanted, published = (tmp_path / f"{name}.json" for name in "mwp")
    plans = (engines.Plans(made), engines.Plans(made, wanted), engines.Plans(made, wanted, published))
    for audio in AUDIO:
        if audio == "mute":
            continue
        for given, mutes in product(plans, ((), ((1500, 62000),))):
            call = engines.arguments(item, Settings(audio=audio), given, mutes)
            by_plan = given.wanted is not None
            command = cli.commands["render"] if by_plan else cli.default
            chosen = command.make_context("blur", call[by_plan:]).params
            settings = Settings(audio=chosen["audio"], mute=spans(chosen["mute"]) if chosen["mute"] else ())
            heard = audio != "remove" and mutes
            assert settings.mute == (((Fraction(3, 2), Fraction(62)),) if heard else ())
            assert settings.audio == ("mute" if heard and audio == "keep" else audio)
            assert chosen.get("old_plan") == given.published


def test_what_did_not_pass_is_looked_for_more_thoroughly_when_done_again(
    state: State, tmp_path: Path, clip: Path, until: Until
) -> None:
    work = queue(state, tmp_path, "audit")
    key = worked(work, clip, until, "failed")
    work.again(key)
    until(lambda: statuses(work) == ["failed"])
    assert ["--preset" in call for call in calls(tmp_path)] == [False, True]


def test_folders_are_looked_through_and_nonsense_is_refused_with_a_reason(
    state: State,
    tmp_path: Path,
    until: Until,
) -> None:
    work, refused = queue(state, tmp_path), []
    work.refused.connect(refused.append)
    empty = tmp_path / "empty"
    empty.mkdir()
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "a.mp4").write_bytes(b"x")
    (inside / "notes.txt").write_bytes(b"x")
    work.add([empty])
    work.add([inside])
    assert [type(error).__name__ for error in refused] == ["UsageError"]
    assert [item.source.name for item in work.items.values()] == ["a.mp4"]
    work.add([inside / "a.mp4"])
    assert len(work.items) == 1
    until(lambda: statuses(work) == ["done"])


def test_removing_wipes_the_plan_and_leaves_the_files(
    state: State, tmp_path: Path, clip: Path, until: Until
) -> None:
    work = queue(state, tmp_path)
    key = worked(work, clip, until)
    work.remove(key)
    assert list(state.folder.glob(f"{key}*")) == []
    assert clip.exists()
    assert (tmp_path / "clip-blurred.mp4").exists()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there are no such signals here")
def test_an_engine_that_is_killed_leaves_the_queue_intact(
    state: State, tmp_path: Path, clip: Path, until: Until
) -> None:
    work = queue(state, tmp_path, "hang")
    work.add([clip])
    until(lambda: [item.done for item in work.items.values()] == [5])
    assert work._engine is not None
    os.kill(work._engine._process.processId(), signal.SIGKILL)
    until(lambda: statuses(work) == ["failed"])
    assert [item.error for item in work.items.values()] == ["CrashedError"]


def test_an_engine_that_cannot_start_is_a_failure(
    state: State, tmp_path: Path, clip: Path, until: Until
) -> None:
    work = Queue(state, lambda: [str(tmp_path / "no-such-program")])
    worked(work, clip, until, "failed")


def test_the_real_engine_is_there() -> None:
    assert Path(engines.command()[-1]).is_file()


@pytest.mark.parametrize("line", [b"", b"{", b"[1]", b'{"schema": "other/1"}', b"\xff\xfe"])
def test_lines_that_are_no_events_are_passed_over(line: bytes) -> None:
    assert engines.event_of(line) is None
