"""From a real drag of a real file to a published, audited clip: real engine, real screen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a screen of its own, with a home of its own."""
    if not (shutil.which("Xvfb") and shutil.which("xdotool")):
        pytest.skip("no Xvfb and xdotool here")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24", "-noreset"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as said:
        number = said.readline().strip()  # all of it: the server dies of a reader that is gone
    home = tmp_path / "home"
    home.mkdir()
    rest = {key: value for key, value in os.environ.items() if not key.startswith(("QT_", "XDG_"))}
    yield rest | {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "HOME": str(home), "LANG": "C.UTF-8"}
    server.terminate()
    server.wait()


def wait(condition: Callable[[], object], seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.1)


def test_a_dragged_file_is_published_and_nothing_of_it_is_left(
    tmp_path: Path, screen: dict[str, str]
) -> None:
    from blur.media.demo import make_demo

    def mouse(*words: object) -> None:
        subprocess.run(["xdotool", *map(str, words)], env=screen, check=True)
        time.sleep(0.1)

    def shown(name: str) -> bool:
        search = ["xdotool", "search", "--onlyvisible", "--name", name]
        return bool(subprocess.run(search, env=screen, capture_output=True, check=False).stdout)

    make_demo(tmp_path / "march.mov")
    (tmp_path / "source.py").write_text(SOURCE, encoding="utf-8")
    window = subprocess.Popen([sys.executable, str(REPO / "cli.py"), "desktop"], env=screen)
    source = subprocess.Popen(
        [sys.executable, str(tmp_path / "source.py"), str(tmp_path / "march.mov")], env=screen
    )
    try:
        wait(lambda: shown("^Blur$") and shown("a source of drags"))
        time.sleep(0.5)
        mouse("mousemove", 1190, 60, "mousedown", 1)
        for x, y in ((1185, 62), (1170, 70), (1090, 300), (900, 400), (600, 400), (500, 400)):
            mouse("mousemove", x, y)
        mouse("mouseup", 1)
        wait((tmp_path / "march-blurred.mp4").exists)
        window.terminate()
        assert window.wait(60) == 0
    finally:
        for process in (window, source):
            process.kill()
            process.wait()
    state = tmp_path / "home" / ".local" / "state" / "blur"
    assert (state / "window" / "queue.json").exists()
    assert [path.name for path in state.rglob("*.json")] == ["queue.json"]
    assert not list(tmp_path.glob(".blur-*"))
