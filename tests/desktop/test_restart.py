"""A window that ends in the middle of its work, and the next one: real processes, the real engine."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from blur.desktop.state import State

pytest.importorskip("skimage", reason="the demonstration clip needs scikit-image")

REPO = Path(__file__).resolve().parents[2]
SHOWN = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import blur.desktop.window as window
painted = window.Window.paintEvent
def paint(self, event):
    painted(self, event)
    QTimer.singleShot(0, QApplication.quit)
window.Window.paintEvent = paint
sys.argv = ["blur", "desktop"]
import cli
cli.main()
"""


ADOPTING = """
import os, signal, sys
from blur.desktop.state import State
adopted = State.adopt
def adopt(self, key):
    adopted(self, key)
    os.kill(os.getpid(), signal.SIGTERM)  # the clip's plan is put down, the clip not yet
State.adopt = adopt
import cli
cli.main()
"""


def environment(home: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("QT_", "XDG_"))}
    return kept | {"HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}


def opened(home: Path, *clips: Path) -> subprocess.Popen[bytes]:
    call = [sys.executable, str(REPO / "cli.py"), "desktop", *map(str, clips)]
    return subprocess.Popen(call, env=environment(home))


def wait(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


def at_work(clip: Path) -> bool:
    """Whether any process has the clip in its call."""
    return any(
        os.fsencode(clip) in (process / "cmdline").read_bytes()
        for process in Path("/proc").glob("[0-9]*")
        if (process / "cmdline").exists()
    )


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are looked for in /proc")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_window_that_ended_mid_run_leaves_nothing_and_the_next_one_finishes(
    tmp_path: Path, end: signal.Signals
) -> None:
    from blur.media.demo import make_demo

    clip, result = tmp_path / "march.mov", tmp_path / "march-blurred.mp4"
    make_demo(clip)
    remembered = tmp_path / ".local" / "state" / "blur" / "window"
    remembered.mkdir(parents=True)
    window = opened(tmp_path, clip)
    wait(lambda: list(tmp_path.glob(".blur-*")))
    window.send_signal(end)
    assert window.wait(60) == (0 if end == signal.SIGTERM else -end)
    wait(lambda: not at_work(clip))
    assert not result.exists()
    assert not list(tmp_path.glob(".blur-*"))
    again = opened(tmp_path)
    try:
        wait(lambda: list(remembered.glob("*.plan.json")))  # the window knows that it is done
        assert result.exists()
        again.terminate()
        assert again.wait(60) == 0
    finally:
        again.kill()
    assert not list(tmp_path.glob(".blur-*"))
    left = State(remembered)
    assert left.load_queue() == []
    left.close()


def test_a_window_that_is_ended_while_it_puts_a_clip_down_as_done_is_done_with_it(tmp_path: Path) -> None:
    from blur.media.demo import make_demo

    make_demo(tmp_path / "march.mov")
    call = [sys.executable, "-c", ADOPTING, "desktop", str(tmp_path / "march.mov")]
    subprocess.run(call, env=environment(tmp_path), cwd=REPO, timeout=300, check=True)
    assert (tmp_path / "march-blurred.mp4").exists()
    left = State(tmp_path / ".local" / "state" / "blur" / "window")
    assert left.load_queue() == []
    left.close()


def test_the_window_is_there_after_less_than_two_seconds_of_processor_time(tmp_path: Path) -> None:
    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    seconds = []
    for _ in range(2):  # the first one compiles
        before = spent()
        subprocess.run([sys.executable, "-c", SHOWN], env=environment(tmp_path), cwd=REPO, check=True)
        seconds.append(spent() - before)
    assert min(seconds) < 2
