"""What people and programs are shown."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Generator

import pytest

from blur.console.present import PLAIN_EVERY, Bars, Json, Pace, Plain, Quiet, present, presenter, sentence
from blur.events import Event, Failed, Finished, Notice, Progress, Started

EVENTS: list[Event] = [
    Started("a.mp4", "analyse", 100),
    Progress("a.mp4", "analyse", 50, 100),
    Notice("a.mp4", "sound-removed", "The sound was removed."),
    Finished("a.mp4", "a-blurred.mp4", 100, 1, 2.5, 0),
    Failed("b.mp4", "DamagedError", "half of it is missing", "Copy it again.", 3),
]


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def feed(events: list[Event], code: int = 0) -> Generator[Event, None, int]:
    yield from events
    return code


def test_json_is_one_event_a_line_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert present(feed(EVENTS, 6), Json()) == 6
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["event"] for line in lines] == ["started", "progress", "notice", "finished", "failed"]
    assert {line["schema"] for line in lines} == {"blur-events/1"}
    assert err == "b.mp4: half of it is missing\n  Copy it again.\n"


def test_json_is_told_as_it_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipe(io.StringIO):
        flushed = 0

        def flush(self) -> None:
            self.flushed += 1

    pipe = Pipe()
    monkeypatch.setattr(sys, "stdout", pipe)
    present(feed(EVENTS), Json())
    assert pipe.flushed == len(EVENTS)


def test_quiet_says_only_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    present(feed(EVENTS), Quiet())
    assert capsys.readouterr() == ("", "b.mp4: half of it is missing\n  Copy it again.\n")


def test_plain_is_a_line_for_each_stage_and_one_now_and_then() -> None:
    now, out = Clock(), io.StringIO()
    shown = Plain(out, now)
    shown.show(Started("a.mp4", "analyse", 1000))
    for done in range(0, 301, 10):
        now.time = done / 20
        shown.show(Progress("a.mp4", "analyse", done, 1000))
    lines = out.getvalue().splitlines()
    assert lines[0] == "a.mp4: looking for faces"
    assert lines[1] == "a.mp4: looking for faces, 100 of 1000 frames, 20 per second, 0:45 left"
    assert len(lines) == 1 + 15 / PLAIN_EVERY
    shown.show(EVENTS[3])
    assert out.getvalue().splitlines()[-1] == "a.mp4 → a-blurred.mp4 (100 frames, 1 track, 2.5 s)"


def test_a_stream_of_plain_ascii_gets_stand_ins() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")  # held, since it closes what lies below when it goes
    Plain(stream).show(Finished("é.mp4", "o.mp4", 1, 2, 0.1, 0))
    assert raw.getvalue() == b"?.mp4 ? o.mp4 (1 frame, 2 tracks, 0.1 s)\n"


@pytest.mark.parametrize(
    ("done", "total", "expected"),
    [(0, None, "0 frames"), (0, 9, "0 of 9 frames"), (20, None, "20 frames, 10 per second")],
)
def test_pace_says_no_more_than_it_knows(done: int, total: int | None, expected: str) -> None:
    now = Clock()
    pace = Pace(now)
    now.time = 2.0
    assert pace.text(done, total) == expected


def test_pace_survives_a_container_that_promised_too_few_frames() -> None:
    now = Clock()
    pace = Pace(now)
    now.time = 2.0
    assert pace.text(20, 10) == "20 of 10 frames, 10 per second"


def test_bars_take_names_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    name = "[red]a[/blue].mp4"
    events: list[Event] = [
        Progress(name, "analyse", 1),
        Started(name, "analyse"),
        Progress(name, "analyse", 5, 10),
        Started(name, "render", 10),
        Notice(name, "x", "[bold]word"),
        Finished(name, "o.mp4", 10, 1, 1.0, 0),
    ]
    assert present(feed(events), Bars()) == 0
    assert f"{name}: [bold]word" in err.getvalue()
    assert f"{name} → o.mp4" in err.getvalue()


def test_an_interruption_ends_the_work_first_and_is_shown_then(capsys: pytest.CaptureFixture[str]) -> None:
    cleared = []

    def work() -> Generator[Event, None, int]:
        try:
            yield Started("a.mp4", "analyse")
            raise KeyboardInterrupt
        finally:
            cleared.append(capsys.readouterr().out)

    assert present(work(), Json()) == 130
    assert json.loads(cleared[0])["event"] == "started"
    failed = json.loads(capsys.readouterr().out)
    assert (failed["clip"], failed["error"], failed["exit_code"]) == ("a.mp4", "Interrupted", 130)


def work(ended: list[bool]) -> Generator[Event, None, int]:
    """A step that notes its end."""
    try:
        yield Started("a.mp4", "analyse")
    finally:
        ended.append(True)
    return 0


def test_a_presenter_that_breaks_ends_the_work() -> None:
    ended: list[bool] = []

    class Broken(Quiet):
        def show(self, _: Event) -> None:
            raise BrokenPipeError

    events = work(ended)  # held here, so that it is not the garbage collector that ends it
    with pytest.raises(BrokenPipeError):
        present(events, Broken())
    assert ended == [True]


def test_an_interruption_while_showing_ends_the_work_too() -> None:
    ended: list[bool] = []

    class Impatient(Quiet):
        def show(self, event: Event) -> None:
            if isinstance(event, Started):
                raise KeyboardInterrupt

    assert present(work(ended), Impatient()) == 130
    assert ended == [True]


def test_the_presenter_fits_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(presenter(as_lines_of_json=True, quiet=True), Json)
    assert isinstance(presenter(as_lines_of_json=False, quiet=True), Quiet)
    assert isinstance(presenter(as_lines_of_json=False, quiet=False), Plain)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert isinstance(presenter(as_lines_of_json=False, quiet=False), Bars)


def test_an_error_of_no_clip_has_no_name_before_it() -> None:
    assert sentence(Failed("", "UsageError", "no", "do", 2)) == "no\n  do"


def test_a_name_is_not_said_twice() -> None:
    assert sentence(Failed("a.mp4", "UnreadableError", "a.mp4 is empty", "do", 3)) == "a.mp4 is empty\n  do"
