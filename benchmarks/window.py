"""What the window takes: to start, to play, to hold a long clip, to edit it.

usage: python benchmarks/window.py start [TIMES]
       python benchmarks/window.py play [SECONDS]
       python benchmarks/window.py long [MINUTES]

"start" counts from the program's begin to the first picture of its window; "play" shows a made clip of
1920x1080 at 30 frames a second; "long" goes through one of so many minutes and edits its plan, with
memory as the system counts it. Without a screen, unless QT_QPA_PLATFORM names one.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import av  # noqa: E402
import numpy as np  # noqa: E402

from blur.desktop.app import application  # noqa: E402
from blur.desktop.item import Item  # noqa: E402
from blur.desktop.keeper import Keeper  # noqa: E402
from blur.desktop.state import State, new_key  # noqa: E402
from blur.desktop.window import Window  # noqa: E402
from blur.plan.model import Doubt, Plan, Track  # noqa: E402
from blur.plan.store import save  # noqa: E402
from blur.timing import TimeBase  # noqa: E402

Until: TypeAlias = Callable[[Callable[[], object]], None]

RATE = 30
TRACKS_A_MINUTE = 20

STARTED = """
import sys, time
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


def start(times: int) -> None:
    """Prints how long the window takes from nothing to its first picture."""
    seconds = []
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HOME": home, "XDG_STATE_HOME": home, "PYTHONPATH": str(ROOT)}
        for _ in range(times):
            began = time.monotonic()
            subprocess.run([sys.executable, "-c", STARTED], env=environment, cwd=ROOT, check=True)
            seconds.append(time.monotonic() - began)
    load, most = os.getloadavg()[0], max(seconds)
    print(f"start: {statistics.median(seconds):.2f} s (median of {times}, most {most:.2f}; load {load:.0f})")


def play(seconds: int) -> None:
    """Prints how many frames of a 1080p film are shown, and what that costs."""
    with opened(seconds, (1920, 1080), tracks=8) as (window, until):
        player, shown = window.review.player, []
        player.shown.connect(lambda index, *_: shown.append(index))
        player.seek(0)
        until(lambda: shown)
        shown.clear()
        began, used = time.monotonic(), time.process_time()
        player.toggle()
        until(lambda: not player.playing)
        took, used = time.monotonic() - began, time.process_time() - used
    print(
        f"play: {len(set(shown))} of {seconds * RATE} frames in {took:.1f} s for {seconds} s of film, "
        f"{used / seconds:.2f} s of processor time a second (load {os.getloadavg()[0]:.0f})"
    )


def long(minutes: int) -> None:
    """Prints memory and times of the window with a long clip."""
    with opened(minutes * 60, (640, 360), tracks=TRACKS_A_MINUTE * minutes) as (window, until):
        session, player = window.review.session, window.review.player
        for part in range(6):
            player.seek(part * (len(session.times) - 1) // 6)
            player.toggle()
            end = time.monotonic() + 5
            until(lambda end=end: time.monotonic() > end)
            player.pause()
            print(f"played at {part}/6: {memory()} MiB")
        spent, stood = [], []
        for edit in range(60):
            began = time.monotonic()
            session.cover_middle(edit * 100 % len(session.times))
            spent.append(time.monotonic() - began)
            stood.append(waited(until, session.keeper))
            if edit % 20 == 19:
                print(f"edits: {edit + 1}, {statistics.median(spent):.3f} s each, {memory()} MiB")
                still = f"{statistics.median(stood):.3f} s, {max(stood):.3f} at most"
                print(f"after each the window stood still for {still} (load {os.getloadavg()[0]:.0f})")
        began = time.monotonic()
        for frame in range(200):
            session.marks(frame * 7)
        print(f"masks of a frame: {1000 * (time.monotonic() - began) / 200:.1f} ms")
        while session.can_undo:
            session.undo()
        print(f"undone: {memory()} MiB")


def waited(until: Until, keeper: Keeper) -> float:
    """The longest that the window did nothing else, in seconds, until an edit was kept."""
    kept: list[bool] = []
    keeper.afterwards(lambda: kept.append(True))
    last, longest = time.monotonic(), 0.0

    def beat() -> list[bool]:
        nonlocal last, longest
        now = time.monotonic()
        last, longest = now, max(longest, now - last)
        return kept

    until(beat)
    return longest


@contextmanager
def opened(seconds: int, size: tuple[int, int], tracks: int) -> Iterator[tuple[Window, Until]]:
    """A window that looks at a made clip, and what waits in it."""
    with tempfile.TemporaryDirectory() as folder:
        clip = film(Path(folder) / "clip.mp4", seconds, size)
        app = application("en")
        window = Window(State(Path(folder) / "state"))
        window.show()
        item = Item(new_key(), clip, clip, status="done", frames=seconds * RATE)
        save(plan(seconds, size, tracks), window._state.plan_file(item.key))  # noqa: SLF001
        window.queue.items[item.key] = item
        window.queue.added.emit(item.key)

        def until(condition: Callable[[], object]) -> None:
            while not condition():
                app.processEvents()
                time.sleep(0.002)

        began = time.monotonic()
        window.go_review(item.key)
        until(lambda: window.review.view.image is not None)
        print(f"open: {time.monotonic() - began:.1f} s, {memory()} MiB")
        yield window, until
        window.close_unasked()


def film(path: Path, seconds: int, size: tuple[int, int]) -> Path:
    """A film with a moving pattern and some noise, as Blur writes them."""
    noise = np.random.default_rng(1).integers(60, 200, (size[1], size[0] + 256), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", RATE)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "28", "g": "75", "bf": "0"}
        pictures = []
        for shift in range(0, 256, 8):
            grey = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(noise[:, shift : shift + size[0]] // 8 * 8), "gray8"
            )
            pictures.append(grey.reformat(format="yuv420p"))
        for index in range(seconds * RATE):
            picture = pictures[index // 15 % len(pictures)]
            picture.pts, picture.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def plan(seconds: int, size: tuple[int, int], tracks: int) -> Plan:
    """Masks of 2 to 60 seconds, spread over the film."""
    frames, rng = seconds * RATE, np.random.default_rng(2)
    pts = np.arange(frames, dtype=np.int64)
    made = []
    for _ in range(tracks):
        first = int(rng.integers(0, frames - RATE))
        some = pts[first : first + int(rng.integers(2 * RATE, 60 * RATE))].copy()
        corner = rng.integers(0, min(size) - 80, 2)
        made.append(
            Track("face", 900, some, np.tile([*corner, *(corner + 60)], (len(some), 1)).astype(np.int32))
        )
    return Plan(
        *size, TimeBase(1, RATE), pts, tuple(made), (Doubt(RATE, 2 * RATE, "a face may be uncovered", 1000),)
    )


def memory() -> int:
    """MiB that this process has in memory now."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return pages * resource.getpagesize() >> 20


if __name__ == "__main__":
    {"start": start, "play": play, "long": long}[sys.argv[1]](int(sys.argv[2]) if len(sys.argv) > 2 else 5)
