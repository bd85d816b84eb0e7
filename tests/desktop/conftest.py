"""Qt without a screen, in Blur's own look."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ["QT_QPA_PLATFORM"] = "offscreen"
for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
    os.environ.pop(name, None)  # OpenCV, which other tests load, points Qt to its own plugins

from PySide6.QtGui import QAccessibleAnnouncementEvent  # noqa: E402 - after the variables that it reads
from PySide6.QtWidgets import QApplication  # noqa: E402 - after the variables that it reads
from pytestqt.qtbot import QtBot  # noqa: E402

from blur.desktop import widgets  # noqa: E402
from blur.desktop.app import application  # noqa: E402
from blur.desktop.state import State  # noqa: E402


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """What pytest-qt works with."""
    return application("en")


@pytest.fixture
def until(qtbot: QtBot) -> Callable[[Callable[[], object]], None]:
    """Runs Qt until something is the case; fails after half a minute."""

    def wait(condition: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(condition()), timeout=30000)

    return wait


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What screen readers are told, in order."""
    texts: list[str] = []

    class Heard:
        @staticmethod
        def updateAccessibility(event: QAccessibleAnnouncementEvent) -> None:  # noqa: N802 - as Qt has it
            texts.append(event.message())

    monkeypatch.setattr(widgets, "QAccessible", Heard)
    return texts


@pytest.fixture
def state(qapp: QApplication, tmp_path: Path) -> Iterator[State]:  # noqa: ARG001 - Qt must be there
    made = State(tmp_path / "state")
    yield made
    made.close()
