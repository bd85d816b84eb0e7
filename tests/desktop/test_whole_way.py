"""From a real drag of a real file to a published, audited clip: real engine, real screen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.desktop.making import engine, film

pytest.importorskip("skimage", reason="the demonstration clip needs scikit-image")

REPO = Path(__file__).resolve().parents[2]

SOURCE = """
import sys
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QApplication, QLabel
class Source(QLabel):
    def mouseMoveEvent(self, event):
        drag, data = QDrag(self), QMimeData()
        data.setUrls([QUrl.fromLocalFile(sys.argv[1])])
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.CopyAction)
app = QApplication(sys.argv[:1])
source = Source("drag me")
source.setWindowTitle("a source of drags")
source.setGeometry(1120, 20, 150, 100)
source.show()
app.exec()
"""


@contextmanager
def screen(home: Path) -> Iterator[dict[str, str]]:
    """The environment of a screen of its own, with a home of its own."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24", "-noreset"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as said:
        number = said.readline().strip()  # all of it: the server dies of a reader that is gone
    yield bare() | {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "HOME": str(home), "LANG": "C.UTF-8"}
    server.terminate()
    server.wait()


def bare() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(("QT_", "XDG_"))}


def wait(condition: Callable[[], object], seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.1)


def drag_on_a_screen(clip: Path, home: Path) -> None:
    """From another program's window into Blur's, by the X server; ends when the result is there."""
    source_code = home / "source.py"
    source_code.write_text(SOURCE, encoding="utf-8")
    with screen(home) as environment:

        def mouse(*words: object) -> None:
            subprocess.run(["xdotool", *map(str, words)], env=environment, check=True)
            time.sleep(0.1)

        def shown(name: str) -> bool:
            search = ["xdotool", "search", "--onlyvisible", "--name", name]
            return bool(subprocess.run(search, env=environment, capture_output=True, check=False).stdout)

        window = subprocess.Popen([sys.executable, str(REPO / "cli.py"), "desktop"], env=environment)
        source = subprocess.Popen([sys.executable, str(source_code), str(clip)], env=environment)
        try:
            wait(lambda: shown("^Blur$") and shown("a source of drags"))
            time.sleep(0.5)
            mouse("mousemove", 1190, 60, "mousedown", 1)
            for x, y in ((1185, 62), (1170, 70), (1090, 300), (900, 400), (600, 400), (500, 400)):
                mouse("mousemove", x, y)
            mouse("mouseup", 1)
            wait(clip.with_name("march-blurred.mp4").exists)
            window.terminate()
            assert window.wait(60) == 0
        finally:
            for process in (window, source):
                process.kill()
                process.wait()


def drag(clip: Path, state: Path, place: tuple[int, int], engine: Sequence[str] = ()) -> list[str]:
    """The same without a screen, inside of Qt; returns what was seen of it."""
    call = [sys.executable, str(Path(__file__).with_name("dragging.py")), str(clip), str(state)]
    ran = subprocess.run(
        [*call, *map(str, place), *engine],
        env=bare() | {"QT_QPA_PLATFORM": "minimal"},
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    return ran.stdout.splitlines()


def test_a_dragged_file_is_published_and_nothing_of_it_is_left(tmp_path: Path) -> None:
    from blur.media.demo import make_demo

    home = tmp_path / "home"
    state = home / ".local" / "state" / "blur" / "window"
    state.mkdir(parents=True)
    make_demo(tmp_path / "march.mov")
    if shutil.which("Xvfb") and shutil.which("xdotool"):
        drag_on_a_screen(tmp_path / "march.mov", home)
    else:
        drag(tmp_path / "march.mov", state, (550, 400))
    assert (tmp_path / "march-blurred.mp4").exists()
    assert [path.name for path in state.rglob("*.json")] == ["queue.json"]
    assert not list(tmp_path.glob(".blur-*"))


@pytest.mark.parametrize("place", [(60, 60), (550, 740)])
def test_a_file_is_dropped_anywhere_in_the_window(tmp_path: Path, place: tuple[int, int]) -> None:
    film(tmp_path / "clip.mov")
    command = engine(tmp_path / "engine")
    assert drag(tmp_path / "clip.mov", tmp_path / "state", place, command) == ["over true", "done false"]
    assert (tmp_path / "clip-blurred.mp4").exists()
