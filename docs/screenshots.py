"""Pictures of every view of the window, made from the demonstration clip, which shows no real people.

    python docs/screenshots.py FOLDER

They go to FOLDER, in light and dark, English, French and Arabic, and at twice the font. The repository holds
no pictures, so look at them there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402 - after the platform was chosen

from blur.desktop import theme  # noqa: E402
from blur.desktop.app import application  # noqa: E402
from blur.desktop.help import Keys  # noqa: E402
from blur.desktop.state import State  # noqa: E402
from blur.desktop.window import Window  # noqa: E402
from blur.media.demo import make_demo  # noqa: E402

VARIANTS = (("en", "light", 1), ("en", "dark", 1), ("fr", "light", 2), ("fr", "dark", 1), ("ar", "light", 1))
PATIENCE = 120


def main(arguments: Sequence[str]) -> None:
    """Takes the pictures of one variant, or starts itself once for each: an application is made once."""
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    if len(arguments) == 1:
        for variant in VARIANTS:
            subprocess.run([sys.executable, __file__, str(folder), *map(str, variant)], check=True)
        return
    language, light, size = arguments[1:]
    app = application(language)
    theme.dress(app, dark=light == "dark")
    font = app.font()
    font.setPointSizeF(font.pointSizeF() * int(size))
    app.setFont(font)
    with tempfile.TemporaryDirectory() as place:
        tour(Path(place), folder / f"{language}-{light}-{size}00")


def tour(place: Path, name: Path) -> None:
    """Walks through the window with a clip and a file that is none."""
    make_demo(place / "march.mov")
    (place / "notes.mp4").write_text("no video", encoding="utf-8")
    window = Window(State(place / "state"))
    window.resize(1100, 760)
    window.show()
    save(window, name, "1-empty")
    window.add([place / "march.mov", place / "notes.mp4"])
    queue = window.queue.items
    until(lambda: any(item.done for item in queue.values()))
    save(window, name, "2-working")
    until(lambda: not any(item.busy for item in queue.values()))
    until(lambda: any(card.picture.image for card in window.home.cards.values()))
    save(window, name, "3-done")
    window.go_review(next(iter(queue)))
    session, player = window.review.session, window.review.player
    assert session is not None
    assert player is not None
    player.seek(30)
    session.cover_middle(30)
    session.nudge(30, 5, 8, 3)
    until(lambda: player.index == 30 and window.review.view.picture is not None)
    save(window, name, "4-review")
    keys = Keys(window)
    keys.show()
    save(keys, name, "5-keys")
    keys.close()
    window.close()


def save(widget: QWidget, name: Path, view: str) -> None:
    QApplication.processEvents()
    widget.grab().save(f"{name}-{view}.png")


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        QApplication.processEvents()
        time.sleep(0.01)


if __name__ == "__main__":
    main(sys.argv[1:])
