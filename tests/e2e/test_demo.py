"""The demonstration: it needs nothing but what comes with Blur."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from blur.media.demo import POSITION, RATE, SECONDS
from tests.conftest import REPO


def test_the_demonstration_is_made_covered_and_freed_of_its_position(tmp_path: Path) -> None:
    command = [sys.executable, str(REPO / "cli.py"), "demo", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode in (0, 4), run.stderr
    assert run.stdout == ""
    clip, output = tmp_path / "blur-demo.mov", tmp_path / "blur-demo-blurred.mp4"
    assert sorted(tmp_path.iterdir()) == [output, clip]
    assert POSITION.encode() in clip.read_bytes()
    assert POSITION.encode() not in output.read_bytes()
    assert "The sound was removed" in run.stderr
    assert f"({SECONDS * RATE} frames" in run.stderr
    assert " 0 tracks" not in run.stderr.splitlines()[-1]
    assert subprocess.run(command, capture_output=True, timeout=120, check=False).returncode == 8
