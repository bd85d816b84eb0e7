"""Tries a folder that packaging/blur.spec made, as someone without Python has it.

usage: python packaging/try_folder.py dist/blur CLIP

Its programs get an empty PATH and a home of their own. Without a screen, unless QT_QPA_PLATFORM and DISPLAY
name one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PATIENCE = 300


def main(folder: Path, clip: Path) -> None:
    with tempfile.TemporaryDirectory() as home:
        mine = Path(shutil.copy(clip, home))
        output = mine.with_name("out.mp4")
        screen = {name: os.environ[name] for name in ("QT_QPA_PLATFORM", "DISPLAY") if name in os.environ}
        bare = {
            "HOME": home,
            "PATH": f"{home}/none",
            "LANG": "C.UTF-8",
            "QT_QPA_PLATFORM": "offscreen",
        } | screen
        done = subprocess.run([folder / "blur", mine, "-o", output], env=bare, check=False)
        report("blur", done.returncode in (0, 4) and output.exists())
        doctor = subprocess.run([folder / "blur", "doctor"], env=bare, check=False)
        report("blur doctor", doctor.returncode == 0)
        report("blur-window", clicked(folder / "blur-window", mine, bare))


def clicked(program: Path, clip: Path, bare: dict[str, str]) -> bool:
    """Whether the window publishes a clip that it is opened with, and closes."""
    result = clip.with_name(f"{clip.stem}-blurred.mp4")
    window = subprocess.Popen([program, clip], env=bare)
    end = time.monotonic() + PATIENCE
    while not result.exists() and time.monotonic() < end:
        time.sleep(0.5)
    window.terminate()
    return window.wait(60) == 0 and result.exists()


def report(what: str, well: bool) -> None:
    sys.stdout.write(f"{what}: {'works' if well else 'DOES NOT WORK'}\n")
    if not well:
        raise SystemExit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]))
