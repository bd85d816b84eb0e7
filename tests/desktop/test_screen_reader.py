"""What the window tells screen readers: as Qt hands it on, without one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QLabel, QVBoxLayout

from blur.desktop import card as cards
from blur.desktop import widgets
from blur.desktop.card import Card
from blur.desktop.home import Cards, Notice
from blur.desktop.item import Item
from blur.desktop.view import View

Said = list[str]


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
    shown.show_item(replace(item, status="done"), None)
    shown.show_item(replace(item, status="done", edited=True), None)  # its own page says so
    assert len(said) == 3


@pytest.mark.usefixtures("qapp")
def test_a_text_that_stays_the_same_is_said_once(said: Said) -> None:
    shown = QLabel()
    for text in ("one", "one", "two"):
        widgets.show_and_say(shown, text)
    assert said == ["one", "two"]


@pytest.mark.usefixtures("qapp")
def test_why_something_is_refused_is_said(said: Said) -> None:
    Notice().tell("Blur cannot do that.")
    assert said == ["Blur cannot do that."]


@pytest.mark.usefixtures("qapp")
def test_one_of_several_choices_is_a_radio_button() -> None:
    parts = widgets.Parts("Sound", [("a", "A", "first"), ("b", "B", "second")], "a")
    parts.values["b"].click()
    told = [QAccessible.queryAccessibleInterface(part) for part in parts.values.values()]
    assert [each.role() for each in told] == [QAccessible.Role.RadioButton] * 2
    assert [bool(each.state().checked) for each in told] == [False, True]
    assert told[0].text(QAccessible.Text.Name) == "Sound: A"


@pytest.mark.usefixtures("qapp")
def test_the_clips_are_items_of_a_list() -> None:
    nothing: Callable[[str], object] = str
    listed = Cards()
    column = QVBoxLayout(listed)
    for key in "ab":
        shown = Card(key, dict.fromkeys(cards.BUTTONS, nothing))
        shown.setAccessibleName(f"clip {key}")
        column.addWidget(shown)
    told = QAccessible.queryAccessibleInterface(listed)
    items = [told.child(place) for place in range(told.childCount())]
    assert told.role() == QAccessible.Role.List
    assert [item.role() for item in items] == [QAccessible.Role.ListItem] * 2
    assert [item.text(QAccessible.Text.Name) for item in items] == ["clip a", "clip b"]
    assert items[0].state().focusable
    assert items[0].childCount() > len(cards.BUTTONS)  # its texts and buttons are still reached
