"""Nothing that Blur says tells in which folder it worked: folders tell who uses this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPO
from tests.media.making import make_clip, tone

OWNER = "home-of-anna"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / OWNER / "demo"
    folder.mkdir(parents=True)
    make_clip(folder / "a.mp4", sound=tone(0.4, 48000))
    (folder / "text.mp4").write_text("no video")
    (folder / "taken-blurred.mp4").touch()
    make_clip(folder / "taken.mp4")
    return folder


def said(folder: Path, *args: str) -> tuple[int, str]:
    """The exit code and everything that is said, with the log of debugging."""
    ended = subprocess.run(
        [sys.executable, str(REPO / "cli.py"), *args],
        cwd=folder.parent.parent,
        env={**os.environ, "BLUR_DEBUG": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_a_run_from_probe_to_published_output(folder: Path) -> None:
    clip, plan = f"{folder}/a.mp4", f"{folder}/plan.json"
    code, text = said(folder, clip, "--json", "--audio", "disguise", "--plan", plan, "--preset", "fast")
    assert code in (0, 4), text
    assert "a-blurred.mp4" in text
    assert OWNER not in text
    assert OWNER not in (folder / "plan.json").read_text(encoding="utf-8")
    assert OWNER.encode() not in (folder / "a-blurred.mp4").read_bytes()


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("{0}/none.mp4",), 3),
        (("{0}/text.mp4", "--json"), 3),
        (("{0}/taken.mp4",), 8),
        (("{0}/a.mp4", "-o", "{0}/text.mp4/o.mp4"), 8),
        (("{0}/a.mp4", "-o", "{0}/o.avi"), 2),
        (("{0}/a.mp4", "{0}/taken.mp4", "-o", "{0}/a.mp4"), 2),
        (("render", "{0}/none.json", "{0}/a.mp4"), 3),
        (("render", "{0}/text.mp4", "{0}/a.mp4"), 3),
        (("traces", "{0}/none.mp4"), 3),
        (("traces", "{0}/text.mp4", "--json"), 3),
    ],
)
def test_what_fails(folder: Path, args: tuple[str, ...], code: int) -> None:
    ended, text = said(folder, *(arg.format(folder) for arg in args))
    assert ended == code, text
    assert text.strip()
    assert OWNER not in text
