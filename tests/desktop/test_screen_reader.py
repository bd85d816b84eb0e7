"""What the window tells screen readers: as Qt hands it on, without one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QLabel, QWidget

from blur.desktop import card as cards
from blur.desktop import widgets
from blur.desktop.card import Card
from blur.desktop.item import Item
from blur.desktop.view import View

Said = list[str]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    texts: Said = []

    def hear(_widget: QWidget, text: str) -> None:
        texts.append(text)

    monkeypatch.setattr(widgets, "announce", hear)
    monkeypatch.setattr(cards, "announce", hear)
    return texts


@pytest.mark.usefixtures("qapp")
def test_the_picture_is_one_to_screen_readers() -> None:
    view = View()
    told = QAccessible.queryAccessibleInterface(view)
    assert told.role() == QAccessible.Role.Graphic
    assert told.text(QAccessible.Text.Name) == "Picture of the clip"
    assert told.state().focusable


@pytest.mark.usefixtures("qapp")
def test_a_clips_stages_and_its_end_are_said_once_each(said: Said, tmp_path: Path) -> None:
    nothing: Callable[[str], object] = str
    shown = Card("0" * 16, dict.fromkeys(cards.BUTTONS, nothing))
    item = Item("0" * 16, tmp_path / "a.mov", tmp_path / "b.mp4", status="working", stage="analyse")
    shown.show_item(item, None)
    assert said == []
    shown.show_item(item, 90)
    shown.show_item(item, 80)
    assert said == []
    shown.show_item(replace(item, stage="render"), 70)
    assert len(said) == 1
    shown.show_item(replace(item, status="failed", error="DamagedError"), None)
    assert len(said) == 2
    assert said[1].startswith("a.mov: ")
    assert shown.status.text() in said[1]
    assert shown.detail.text() in said[1]


@pytest.mark.usefixtures("qapp")
def test_a_text_that_stays_the_same_is_said_once(said: Said) -> None:
    shown = QLabel()
    for text in ("one", "one", "two"):
        widgets.show_and_say(shown, text)
    assert said == ["one", "two"]
