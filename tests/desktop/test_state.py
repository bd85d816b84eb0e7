from __future__ import annotations

import json
import os
import stat
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.desktop.item import Item
from blur.desktop.state import State, new_key
from blur.plan.store import dumps, save
from tests.desktop.making import plan


def item(tmp_path: Path, **values: object) -> Item:
    return Item(new_key(), tmp_path / "a.mov", tmp_path / "a-blurred.mp4", **values)  # type: ignore[arg-type]


def test_what_is_remembered_is_private(state: State, tmp_path: Path) -> None:
    one = item(tmp_path)
    state.save_queue([one])
    state.autosave(one.key, plan(), ((0, 9),))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in state.folder.glob("*.json")}
    assert modes == {0o600}
    assert stat.S_IMODE(state.folder.stat().st_mode) == 0o700


def test_the_queue_comes_back_and_work_that_was_cut_off_waits(state: State, tmp_path: Path) -> None:
    items = [
        item(tmp_path, status="working"),
        item(tmp_path, status="failed", error="DamagedError"),
        item(tmp_path, status="done", frames=9, edited=True, mutes=((5, 900), (1000, 1200))),
    ]
    state.save_queue(items)
    assert state.load_queue() == [replace(items[0], status="waiting"), *items[1:]]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"schema": "blur-queue/9", "items": []}', "item"])
def test_a_damaged_queue_is_an_empty_one_and_its_plans_go(state: State, tmp_path: Path, damage: str) -> None:
    one = item(tmp_path)
    state.autosave(one.key, plan(), ((0, 9),))
    entry = {"schema": "blur-queue/1", "items": [{"key": "../../escape"}]}
    (state.folder / "queue.json").write_text(json.dumps(entry) if damage == "item" else damage)
    assert state.load_queue() == []
    assert not state.edit_file(one.key).exists()


def test_a_key_that_is_a_path_is_refused(state: State, tmp_path: Path) -> None:
    state.save_queue([replace(item(tmp_path), key="../../../../etc/x")])
    assert state.load_queue() == []


def test_what_the_engine_made_becomes_the_published_plan_and_all_of_it_is_wiped(
    state: State, tmp_path: Path
) -> None:
    key = item(tmp_path).key
    state.autosave(key, plan(), ((0, 9),))
    kept = state.edited_plan(key)
    assert kept is not None
    assert dumps(kept) == dumps(plan())
    save(plan(), state.made_file(key))
    state.adopt(key)
    assert (state.edited_plan(key), state.edited_mutes(key)) == (None, None)
    assert state.published_plan(key) is not None
    state.autosave(key, None, ((0, 9),))
    assert (state.edited_plan(key), state.edited_mutes(key)) == (None, ((0, 9),))
    state.wipe(key)
    assert list(state.folder.glob(f"{key}*")) == []


HOSTILE = {
    "codes": [5, None],
    "mutes": [5, [[float("inf"), 2]], [[1.5, 2]], [[True, 2]]],
    "frames": ["x", 1.5, None],
    "look": ["yes", 1],
    "status": [[1], {}],
    "source": [7, "/a\0b"],
    "error": [[1], None],
    "thorough": [{}],
    "key": [5, "../../x", "0" * 17],
}


@pytest.mark.parametrize(("name", "values"), HOSTILE.items(), ids=HOSTILE.keys())
def test_a_queue_with_values_that_nobody_stored_is_an_empty_one(
    state: State, tmp_path: Path, name: str, values: list[object]
) -> None:
    state.save_queue([item(tmp_path)])
    stored = json.loads((state.folder / "queue.json").read_text())
    for value in values:
        stored["items"][0][name] = value
        (state.folder / "queue.json").write_text(json.dumps(stored))
        assert state.load_queue() == [], value


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
def test_any_json_for_a_queue_or_for_spans_is_an_empty_one(value: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = State(Path(folder) / "window")
        for path in (state.folder / "queue.json", state.mutes_file("0" * 16)):
            path.write_text(json.dumps({"schema": "blur-queue/1", "items": value}))
            assert (state.load_queue(), state.edited_mutes("0" * 16) or ()) == ([], ())
            path.write_text(json.dumps(value))
            assert (state.load_queue(), state.edited_mutes("0" * 16) or ()) == ([], ())
        state.close()


@pytest.mark.skipif(os.name == "nt", reason="pipes and devices of POSIX systems")
def test_a_queue_that_is_none_is_not_waited_for(state: State) -> None:
    path = state.folder / "queue.json"
    for make in (
        lambda: path.write_text("[" * 200_000),
        lambda: path.write_bytes(b"\xff\xfe"),
        lambda: os.truncate(path, 1 << 40),
        lambda: (path.unlink(), os.mkfifo(path)),
        lambda: (path.unlink(), path.symlink_to("/dev/zero")),
    ):
        make()
        assert state.load_queue() == []


@pytest.mark.parametrize("damage", ["", "[1]", "{}", '[["a", 2]]', "[[Infinity, 1]]", "[" * 100_000])
def test_damaged_spans_are_none(state: State, tmp_path: Path, damage: str) -> None:
    key = item(tmp_path).key
    state.mutes_file(key).write_text(damage)
    assert not state.edited_mutes(key)


def test_a_second_window_gets_a_folder_that_goes_with_it(state: State) -> None:
    second = State(state.folder)
    assert second.folder != state.folder
    assert stat.S_IMODE(second.folder.stat().st_mode) == 0o700
    second.close()
    assert not second.folder.exists()
    assert state.folder.exists()
