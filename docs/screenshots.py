"""Pictures of every view of the window, made from the demonstration clip, which shows no real people.

    python docs/screenshots.py FOLDER      every view, in light and dark, in every language, at twice the font
    python docs/screenshots.py --readme    docs/window-list.svg and docs/window-look.svg, for the README

They are drawn without a screen, or on the one that QT_QPA_PLATFORM and DISPLAY name.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PySide6.QtCore import QEvent, QPoint, QRect, QTimer  # noqa: E402 - after the platform was chosen
from PySide6.QtGui import QPainter  # noqa: E402
from PySide6.QtSvg import QSvgGenerator  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

from blur.desktop import theme, words  # noqa: E402
from blur.desktop.app import Application, application  # noqa: E402
from blur.desktop.help import Keys  # noqa: E402
from blur.desktop.item import Item  # noqa: E402
from blur.desktop.state import State, new_key  # noqa: E402
from blur.desktop.window import Window  # noqa: E402
from blur.plan import store  # noqa: E402

SIZE = (1100, 760)
PATIENCE = 120
QUICK = 90
"""How little a PNG is compressed, of 100."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A language, a light, and how large the font is."""

    language: str
    dark: bool
    font: int = 1

    @property
    def name(self) -> str:
        return f"{self.language}-{'dark' if self.dark else 'light'}-{self.font}00"


VARIANTS = (
    *(Variant(language, dark) for language in words.LANGUAGES for dark in (False, True)),
    *(Variant(language, dark=False, font=2) for language in words.LANGUAGES),
)


@dataclass(frozen=True, slots=True)
class Example:
    """A clip, its result, and the plan by which it was made."""

    clip: Path
    result: Path
    plan: Path


def main(arguments: Sequence[str]) -> None:
    app = application("en")
    with tempfile.TemporaryDirectory() as place:
        example = made(Path(place))
        if arguments[0] == "--readme":
            with dressed(app, Variant("en", dark=False)):
                for_readme(example, Path(place) / "state")
            return
        folder = Path(arguments[0])
        folder.mkdir(parents=True, exist_ok=True)
        for variant in VARIANTS:
            with dressed(app, variant):
                tour(example, Path(place) / variant.name, folder / variant.name)


def made(place: Path) -> Example:
    """The demonstration clip, worked on by the engine in a process of its own."""
    engine = [sys.executable, str(ROOT / "cli.py")]
    example = Example(place / "march.mov", place / "march-blurred.mp4", place / "march.plan.json")
    # Not here: making it loads OpenCV, beside which the window cannot be.
    code = "import sys, pathlib, blur.media.demo as demo; demo.make_demo(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(example.clip)], cwd=ROOT, check=True)
    paths = ["-o", str(example.result), "--plan", str(example.plan)]
    done = subprocess.run([*engine, "-q", *paths, str(example.clip)], check=False)
    if done.returncode not in (0, 4):
        raise SystemExit(f"the engine ended with {done.returncode}")
    return example


@contextmanager
def dressed(app: Application, variant: Variant) -> Iterator[None]:
    """The application in a language, a light and a font; as it was afterwards."""
    usual = app.font()
    larger = app.font()
    larger.setPointSizeF(usual.pointSizeF() * variant.font)
    app.speak(variant.language)
    app.setFont(larger)
    theme.dress(app, dark=variant.dark)
    try:
        yield
    finally:
        app.speak("en")
        app.setFont(usual)
        theme.dress(app)


def tour(example: Example, place: Path, name: Path) -> list[Path]:
    """Every view, as pictures whose names begin with ``name``; ``place`` is where the window remembers."""
    saved: list[Path] = []

    def save(widget: QWidget, view: str) -> None:
        settle()
        saved.append(name.with_name(f"{name.name}-{view}.png"))
        # From the screen: grab() would lay out the page that is not shown yet, and differently.
        seen = widget.screen().grabWindow(widget.winId())
        seen.save(str(saved[-1]), "PNG", QUICK)

    window = opened(place)
    save(window, "1-empty")
    window.home.drop.set_over(True)
    save(window, "2-dragged-over")
    window.home.drop.set_over(False)
    fill(window, example)
    save(window, "3-list")
    look(window, example)
    save(window, "4-doubt")
    edit(window)
    save(window, "5-edit")
    peek(window)
    save(window, "6-original")
    window.review.hold_original(False)
    asked(window.review._keep_visible, lambda box: save(box, "7-keep-visible"))  # noqa: SLF001
    asked(lambda: window._asked("anyway"), lambda box: save(box, "8-anyway"))  # noqa: SLF001
    keys = Keys(window)
    keys.show()
    save(keys, "9-keys")
    close(window)
    return saved


def opened(place: Path) -> Window:
    place.mkdir(parents=True, exist_ok=True)
    window = Window(State(place))
    window.resize(*SIZE)
    window.show()
    return window


def close(window: Window) -> None:
    window.close_unasked()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def fill(window: Window, example: Example) -> None:
    """A clip in every state that there is."""
    clip, target, folder = example.clip, example.result, example.clip.parent
    done = {"status": "done", "frames": 120, "codes": ("sound-removed",)}
    for values in (
        {"source": clip, "target": target, **done, "look": True},
        {"source": folder / "bridge.mp4", "target": folder / "bridge-blurred.mp4"}
        | {"status": "working", "stage": "analyse", "done": 310, "total": 500},
        {"source": folder / "square.mp4", "target": target, **done},
        {"source": folder / "night.mp4", "target": target, "status": "failed", "error": "AuditError"}
        | {"message": "faces may still be seen at 0:03.2 to 0:05.1"},
        {"source": folder / "IMG_2071.heic", "target": target},
    ):
        item = Item(new_key(), **values)  # type: ignore[arg-type]
        window.queue.items[item.key] = item
        window.queue.added.emit(item.key)
    first = window.home.cards[next(iter(window.queue.items))]
    until(lambda: first.picture.image is not None)


def look(window: Window, example: Example) -> None:
    key = next(iter(window.queue.items))
    store.save(store.load(example.plan), window._state.plan_file(key))  # noqa: SLF001
    window.home.choices.sound.values["keep"].click()
    window.go_review(key)
    until(lambda: window.review.view.image is not None)


def edit(window: Window) -> None:
    """A mask is drawn, and sound muted."""
    session, player = window.review.session, window.review.player
    assert session is not None
    assert player is not None
    session.mute(5)
    session.mute(15)
    session.cover_middle(20)
    session.nudge(20, 5, 8, 3)
    before = window.review.view.image
    player.seek(20)
    until(lambda: window.review.view.image is not before)


def peek(window: Window) -> None:
    window.review.peek.setSliderDown(True)
    window.review.peek.setValue(50)
    until(lambda: window.review.view.original)


def asked(ask: Callable[[], object], save: Callable[[QWidget], None]) -> None:
    """Saves the question that ``ask`` asks, and takes it back."""

    def answer() -> None:
        box = QApplication.activeModalWidget()
        assert box is not None
        save(box)
        box.close()

    QTimer.singleShot(0, answer)
    ask()


def for_readme(example: Example, place: Path) -> None:
    """Two views as SVG: the repository holds text alone."""
    window = opened(place)
    fill(window, example)
    drawn(window, ROOT / "docs" / "window-list.svg")
    look(window, example)
    drawn(window, ROOT / "docs" / "window-look.svg")
    close(window)


def drawn(window: Window, path: Path) -> None:
    settle()
    target = QSvgGenerator()
    target.setFileName(str(path))
    target.setTitle(path.stem)
    target.setDescription("")
    target.setResolution(window.logicalDpiX())
    target.setSize(window.size())
    target.setViewBox(QRect(QPoint(0, 0), window.size()))
    painter = QPainter(target)
    window.render(painter, QPoint(0, 0))
    painter.end()


def settle() -> None:
    """Lets layouts find their sizes, of which some follow from others."""
    for _ in range(5):
        QApplication.processEvents()


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        QApplication.processEvents()
        time.sleep(0.01)


if __name__ == "__main__":
    main(sys.argv[1:])
