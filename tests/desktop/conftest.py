"""Qt without a screen, and waiting that lets other threads work."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ["QT_QPA_PLATFORM"] = "offscreen"
for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
    os.environ.pop(name, None)  # OpenCV, which other tests load, points Qt to its own plugins

from PySide6.QtWidgets import QApplication  # noqa: E402 - after the variables that it reads

from blur.desktop.app import application  # noqa: E402
from blur.desktop.state import State  # noqa: E402


@pytest.fixture(scope="session")
def app() -> QApplication:
    return application("en")


@pytest.fixture
def until(app: QApplication) -> Callable[[Callable[[], object]], None]:
    """Runs Qt until something is the case; fails after half a minute."""

    def wait(condition: Callable[[], object]) -> None:
        end = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < end, "it never came true"
            app.processEvents()
            time.sleep(0.005)

    return wait


@pytest.fixture
def state(app: QApplication, tmp_path: Path) -> Iterator[State]:  # noqa: ARG001 - Qt must be there
    made = State(tmp_path / "state")
    yield made
    made.close()
