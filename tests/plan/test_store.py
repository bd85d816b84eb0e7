from __future__ import annotations

import json
import os
import re
import stat
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.errors import InputError, OutputError, UnreadableError, UnsupportedError
from blur.plan.model import Doubt, Plan, Track
from blur.plan.store import TrackTexts, dumps, load, loads, save, track_text
from blur.timing import TimeBase

coordinates = st.integers(-(1 << 20), (1 << 20) - 1)


@st.composite
def tracks(draw: st.DrawFn, times: list[int]) -> Track:
    pts = sorted(draw(st.sets(st.sampled_from(times), max_size=8))) if times else []
    regions = []
    for _ in pts:
        x0, y0 = draw(coordinates), draw(coordinates)
        x1, y1 = draw(st.integers(x0 + 1, 1 << 20)), draw(st.integers(y0 + 1, 1 << 20))
        regions.append([x0, y0, x1, y1])
    return Track(
        draw(st.sampled_from(["face", "held", "user"])),
        draw(st.integers(0, 1000)),
        np.array(pts, np.int64),
        np.array(regions, np.int32).reshape(-1, 4),
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    times = sorted(draw(st.sets(st.integers(-(1 << 61), 1 << 61), max_size=40)))
    doubts = []
    for _ in range(draw(st.integers(0, 3))):
        first = draw(st.integers(-(1 << 61), (1 << 61) - 9))
        reason = draw(st.text(st.characters(categories=["L", "N", "P"]), max_size=20))
        last, weight = first + draw(st.integers(0, 9)), draw(st.integers(0, 1000))
        x0, y0 = draw(st.tuples(st.integers(-9, 900), st.integers(-9, 900)))
        doubts.append(
            Doubt(first, last, reason, weight, draw(st.sampled_from([None, (x0, y0, x0 + 1, 999)])))
        )
    return Plan(
        draw(st.integers(1, 1 << 15)),
        draw(st.integers(1, 1 << 15)),
        TimeBase(draw(st.integers(1, 1 << 30)), draw(st.integers(1, 1 << 30))),
        np.array(times, np.int64),
        tuple(draw(st.lists(tracks(times), max_size=3))),
        tuple(sorted(doubts, key=lambda doubt: -doubt.weight)),
        draw(st.none() | st.text("0123456789abcdef", min_size=64, max_size=64)),
    )


def same(one: Plan, other: Plan) -> bool:
    return (
        (one.width, one.height, one.time_base, one.doubts, one.receipt)
        == (other.width, other.height, other.time_base, other.doubts, other.receipt)
        and one.pts.dtype == other.pts.dtype
        and np.array_equal(one.pts, other.pts)
        and len(one.tracks) == len(other.tracks)
        and all(
            (a.reason, a.certainty) == (b.reason, b.certainty)
            and np.array_equal(a.pts, b.pts)
            and a.regions.dtype == b.regions.dtype
            and np.array_equal(a.regions, b.regions)
            for a, b in zip(one.tracks, other.tracks, strict=True)
        )
    )


def small_plan() -> Plan:
    regions = np.array([[-5, 0, 20, 30], [-4, 0, 21, 30]], np.int32)
    track = Track("face", 900, np.array([0, 3003], np.int64), regions)
    pts = np.array([0, 3003, 6006], np.int64)
    return Plan(640, 360, TimeBase(1, 90000), pts, (track,), (Doubt(0, 3003, "small face", 12),))


@given(plans())
def test_a_plan_survives_being_text(plan: Plan) -> None:
    assert same(loads(dumps(plan)), plan)


def test_the_text_has_one_line_for_each_region_of_a_frame() -> None:
    lines = dumps(small_plan()).splitlines()
    assert "[0, -5, 0, 20, 30]," in lines
    assert "[3003, -4, 0, 21, 30]" in lines
    assert '"schema": "blur-plan/1",' in lines
    json.loads(dumps(small_plan()))


def _set(*path: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        place: Any = data
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to

    return change


BAD = {
    "receipt that is no hash": _set("receipt", to="0" * 63 + "g"),
    "receipt that is no text": _set("receipt", to=7),
    "float": _set("width", to=640.0),
    "bool": _set("height", to=True),
    "nan": _set("tracks", 0, "regions", 0, 1, to=float("nan")),
    "infinity": _set("pts", 2, to=float("inf")),
    "text for a number": _set("width", to="640"),
    "unknown key": _set("note", to=1),
    "unknown empty key": _set("", to=1),
    "unknown key in a track": _set("tracks", 0, "name", to="someone"),
    "missing key": lambda data: data.pop("doubts"),
    "short row": _set("tracks", 0, "regions", 0, to=[0, 1, 2, 3]),
    "long row": _set("tracks", 0, "regions", 0, to=[0, 1, 2, 3, 4, 5]),
    "bool in a row": _set("tracks", 0, "regions", 0, 1, to=True),
    "times that fall": _set("pts", to=[3003, 0, 6006]),
    "times that stand": _set("pts", to=[0, 3003, 3003]),
    "track times that fall": _set("tracks", 0, "regions", to=[[3003, 0, 0, 9, 9], [0, 0, 0, 9, 9]]),
    "a track where no frame is": _set("tracks", 0, "regions", to=[[1, 0, 0, 9, 9]]),
    "no area": _set("tracks", 0, "regions", 0, to=[0, 5, 5, 5, 9]),
    "upside down": _set("tracks", 0, "regions", 0, to=[0, 5, 9, 10, 5]),
    "far out": _set("tracks", 0, "regions", 0, 3, to=1 << 21),
    "smallest integer": _set("tracks", 0, "regions", 0, 1, to=-(1 << 63)),
    "beyond 64 bits": _set("pts", 2, to=1 << 70),
    "smallest time": _set("pts", 0, to=-(1 << 63)),
    "huge picture": _set("width", to=1 << 20),
    "no picture": _set("height", to=0),
    "time base": _set("time_base", to=[1, 0]),
    "time base of one": _set("time_base", to=[1]),
    "reason": _set("tracks", 0, "reason", to="because"),
    "reason that is no text": _set("tracks", 0, "reason", to=["face"]),
    "certainty": _set("tracks", 0, "certainty", to=1001),
    "doubt that ends before it begins": _set("doubts", 0, "last", to=-1),
    "doubt that drives the terminal": _set("doubts", 0, "reason", to="\x1b[2J"),
    "place of a doubt without area": _set("doubts", 0, "region", to=[5, 5, 5, 9]),
    "place of a doubt that is no row": _set("doubts", 0, "region", to=[5, 5, 9]),
    "place of a doubt far out": _set("doubts", 0, "region", to=[5, 5, 9, 1 << 21]),
    "tracks that are no list": _set("tracks", to={}),
    "schema": _set("schema", to="blur-plan/0"),
    "schema of something else": _set("schema", to="blur-events/1"),
    "schema that is no text": _set("schema", to=None),
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD.keys())
def test_what_no_plan_can_say_is_refused_in_plain_words(change: Callable[[dict[str, Any]], None]) -> None:
    data = json.loads(dumps(small_plan()))
    change(data)
    with pytest.raises(InputError) as caught:
        loads(json.dumps(data))
    assert caught.value.exit_code == 3
    assert "plan" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{", '{"schema": "blur-plan/1"}', "[" * 100_000, "9" * 10_000, "\ud800", "{}{}"],
    ids=["empty", "null", "list", "cut", "bare", "deep", "long number", "surrogate", "two"],
)
def test_what_is_no_plan_at_all_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        loads(text)


def test_a_key_that_stands_twice_is_refused() -> None:
    text = dumps(small_plan()).replace('"width": 640', '"width": 640,\n"width": 641')
    with pytest.raises(UnreadableError):
        loads(text)


@given(
    st.text(max_size=200)
    | st.builds(json.dumps, st.recursive(st.none() | st.integers() | st.text(), st.lists))
)
def test_any_text_is_a_plan_or_a_named_error(text: str) -> None:
    with pytest.raises(InputError):
        loads(text)


def test_a_newer_plan_is_named_as_such() -> None:
    text = dumps(small_plan()).replace("blur-plan/1", "blur-plan/12")
    with pytest.raises(UnsupportedError, match="newer"):
        loads(text)


def test_a_saved_plan_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "clip.plan"
    before = os.umask(0)
    try:
        save(small_plan(), path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert same(load(path), small_plan())
    assert [each.name for each in tmp_path.iterdir()] == ["clip.plan"]


def test_a_saved_plan_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "clip.plan"
    path.write_text("earlier")
    save(small_plan(), path)
    assert same(load(path), small_plan())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["clip.plan"]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    precious, path = tmp_path / "precious", tmp_path / "clip.plan"
    precious.write_text("mine")
    path.symlink_to(precious)
    save(small_plan(), path)
    assert precious.read_text() == "mine"
    assert not path.is_symlink()


@pytest.mark.parametrize(
    "kind", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "stopped"]
)
def test_a_plan_that_cannot_be_finished_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: BaseException
) -> None:
    def fail(_: int) -> None:
        raise kind

    monkeypatch.setattr(os, "fsync", fail)
    expected = OutputError if isinstance(kind, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        save(small_plan(), tmp_path / "clip.plan")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        save(small_plan(), tmp_path / "none" / "clip.plan")


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError):
        load(tmp_path / "none")
    with pytest.raises(UnreadableError):
        load(tmp_path)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(UnreadableError):
        load(fifo)
    noise = tmp_path / "noise"
    noise.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableError):
        load(noise)


def test_a_plan_that_is_too_large_to_be_read_is_not_written_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(dumps(small_plan()))
    monkeypatch.setattr("blur.plan.store.MAX_BYTES", size)
    save(small_plan(), tmp_path / "clip.plan")
    assert same(load(tmp_path / "clip.plan"), small_plan())
    monkeypatch.setattr("blur.plan.store.MAX_BYTES", size - 1)
    with pytest.raises(UnreadableError, match="too large"):
        load(tmp_path / "clip.plan")
    with pytest.raises(OutputError, match="larger than the 0 MiB that Blur reads"):
        save(small_plan(), tmp_path / "other.plan")
    assert [each.name for each in tmp_path.iterdir()] == ["clip.plan"]


def test_a_plan_is_read_with_little_more_memory_than_it_takes() -> None:
    times = np.arange(4000, dtype=np.int64)
    tracks = tuple(
        Track("face", 900, times, np.tile([[0, 0, 9, 9]], (4000, 1)).astype(np.int32)) for _ in range(25)
    )
    text = dumps(Plan(64, 48, TimeBase(1, 25), times, tracks))
    tracemalloc.start()
    try:
        assert len(loads(text).tracks) == 25
        assert tracemalloc.get_traced_memory()[1] < 5 * len(text)  # nine times, were all of it lists at once
    finally:
        tracemalloc.stop()


def test_no_float_is_ever_written() -> None:
    assert not re.search(r"\d\.\d|NaN|Infinity|e\+", dumps(small_plan()))


def test_a_plan_of_many_frames_and_tracks_is_read_in_time_that_grows_with_its_size() -> None:
    times = np.arange(200_000, dtype=np.int64)
    places = np.array([[0, 0, 9, 9]], np.int32)
    every = [Track("face", 900, times[at : at + 1].copy(), places.copy()) for at in range(0, 200_000, 20)]
    text = dumps(Plan(64, 48, TimeBase(1, 25), times, tuple(every)))
    began = process_time()
    assert len(loads(text).tracks) == len(every)
    assert process_time() - began < 20  # minutes, where every track is held against all frames


def test_a_plan_under_edit_is_written_the_same_and_each_track_is_put_into_text_once(tmp_path: Path) -> None:
    made: list[Track] = []
    texts = TrackTexts(lambda track: (made.append(track), track_text(track))[1])
    first, second = (Track("face", 9, np.array([at]), np.array([[0, 0, 4, 4]], np.int32)) for at in (0, 1))
    frames = np.arange(2, dtype=np.int64)
    for tracks in ((first,), (first, second), (first,)):
        plan = Plan(8, 8, TimeBase(1, 25), frames, tracks)
        save(plan, tmp_path / "plan.json", texts)
        texts.keep(tracks)
        assert (tmp_path / "plan.json").read_text(encoding="utf-8") == dumps(plan)
    assert made == [first, second]
    texts(second)
    assert made == [first, second, second]
