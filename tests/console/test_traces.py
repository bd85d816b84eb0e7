from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from cli import cli
from tests.conftest import REPO
from tests.media.making import make_clip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A source with an encoder's stamp and its output, in a folder whose name tells of its owner."""
    folder = tmp_path / "home-of-anna"
    folder.mkdir()
    source = make_clip(folder / "a.mp4")
    clip = probe(source)
    for suffix in (".mp4", ".webm"):
        with Writer(folder / f"out{suffix}", clip, 23) as writer:
            for frame in read(clip):
                writer.write(frame)
    return folder


def test_a_source_is_told_of_in_plain_words(folder: Path) -> None:
    result = CliRunner().invoke(cli, ["traces", str(folder / "a.mp4")])
    assert result.exit_code == 0
    assert result.output.startswith("a.mp4 carries:\n")
    assert "a program's name: Lavf" in result.output
    assert "What Blur would not have written:" in result.output
    assert "anna" not in result.output


@pytest.mark.parametrize("name", ["out.mp4", "out.webm"])
def test_an_output_is_clean(folder: Path, name: str) -> None:
    result = CliRunner().invoke(cli, ["traces", str(folder / name)])
    assert result.output == f"{name}: no trace. Every byte is of a kind that Blur writes.\n"


def test_several_files_are_lines_of_json(folder: Path) -> None:
    names = ["a.mp4", "out.mp4", "out.webm"]
    result = CliRunner().invoke(cli, ["traces", "--json", *(str(folder / name) for name in names)])
    said = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(each["file"], each["clean"]) for each in said] == list(
        zip(names, (False, True, True), strict=True)
    )
    assert {each["schema"] for each in said} == {"blur-traces/1"}
    assert "anna" not in result.output
    assert {"kind", "where", "value"} == set(said[0]["traces"][0])


def test_the_name_of_a_clean_file_can_be_the_trace(folder: Path) -> None:
    path = (folder / "out.mp4").rename(folder / "IMG_20260511-blurred.mp4")
    said = CliRunner().invoke(cli, ["traces", str(path)]).stdout
    assert "a name that a camera, a phone or a messenger gave: IMG_20260511-blurred.mp4" in said
    assert "not have written" not in said


def test_hidden_bytes_in_an_output_are_told(folder: Path) -> None:
    path = folder / "out.mp4"
    path.write_bytes(path.read_bytes() + b"\0\0\0\x10free GPS +52")
    result = CliRunner().invoke(cli, ["traces", "--json", str(path)])
    said = json.loads(result.stdout)
    assert not said["clean"]
    assert said["foreign"] == ["free (hidden bytes)"]


def test_what_is_no_video_is_an_input_error(folder: Path) -> None:
    (folder / "b.mp4").write_bytes(b"no video")
    result = CliRunner().invoke(cli, ["traces", str(folder / "b.mp4")])
    assert result.exit_code == 3
    assert "anna" not in result.output


HOSTILE = """
import os, signal, sys
import blur.console.traces as traces, cli
from blur.sandbox.landlock import version

real = traces.report
def report(path):
    if path.name == "a.mp4":
        os.kill(os.getpid(), signal.SIGSEGV)
    if version():
        try:
            path.with_name("a.mp4").read_bytes()
        except PermissionError:
            pass
        else:
            os._exit(1)
    return real(path)
traces.report = report
cli.main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the child is for Linux")
def test_a_file_that_breaks_its_reader_hides_no_other_and_reaches_none(folder: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", HOSTILE, "traces", "out.mp4", "a.mp4", "absent.mp4", "out.webm"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPO)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 6
    assert [line.partition(":")[0] for line in run.stdout.splitlines()] == ["out.mp4", "out.webm"]
    assert "a.mp4: a library that reads it crashed" in run.stderr
    assert "absent.mp4 is not there" in run.stderr


def test_the_program_itself_tells_of_traces_while_it_is_confined(folder: Path) -> None:
    said = subprocess.run(
        [sys.executable, str(REPO / "cli.py"), "traces", "a.mp4", "out.webm"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "a program's name: Lavf" in said.stdout
    assert "out.webm: no trace." in said.stdout
    assert said.stderr == ""
