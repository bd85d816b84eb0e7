"""The one table of everything that can be done: menus, shortcuts, the help page and the tests read it.

Names are in the words' files under ``action.<id>``, menus under ``menu.<id>``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow

from blur.desktop.words import say

Page = Literal["home", "review", "everywhere"]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done: its id, its menu, its keys as Qt writes them, and on which page."""

    id: str
    menu: str
    keys: tuple[str, ...]
    page: Page


ACTS = (
    Act("add", "file", ("Ctrl+O",), "everywhere"),
    Act("add_folder", "file", ("Ctrl+Shift+O",), "everywhere"),
    Act("paste", "file", ("Ctrl+V",), "home"),
    Act("place", "file", ("Ctrl+L",), "everywhere"),
    Act("quit", "file", ("Ctrl+Q",), "everywhere"),
    Act("review", "clip", ("Return",), "home"),
    Act("show", "clip", ("Ctrl+E",), "everywhere"),
    Act("again", "clip", ("Ctrl+R",), "home"),
    Act("anyway", "clip", ("Ctrl+Shift+P",), "home"),
    Act("cancel", "clip", ("Ctrl+.",), "home"),
    Act("remove", "clip", ("Delete",), "home"),
    Act("play", "watch", ("Space",), "review"),
    Act("before", "watch", ("B",), "review"),
    Act("doubt_next", "watch", ("N",), "review"),
    Act("doubt_previous", "watch", ("P",), "review"),
    Act("frame_next", "watch", ("Right",), "review"),
    Act("frame_previous", "watch", ("Left",), "review"),
    Act("second_next", "watch", ("Shift+Right",), "review"),
    Act("second_previous", "watch", ("Shift+Left",), "review"),
    Act("first", "watch", ("Home",), "review"),
    Act("last", "watch", ("End",), "review"),
    Act("outlines", "watch", ("O",), "review"),
    Act("closer", "watch", ("+", "="), "review"),
    Act("farther", "watch", ("-",), "review"),
    Act("back", "watch", ("Esc",), "review"),
    Act("undo", "edit", ("Ctrl+Z",), "review"),
    Act("redo", "edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "review"),
    Act("cover", "edit", ("C",), "review"),
    Act("cover_all", "edit", ("W",), "review"),
    Act("select_next", "edit", ("T",), "review"),
    Act("follow", "edit", ("F",), "review"),
    Act("begins", "edit", ("[",), "review"),
    Act("ends", "edit", ("]",), "review"),
    Act("left", "edit", ("Alt+Left",), "review"),
    Act("right", "edit", ("Alt+Right",), "review"),
    Act("up", "edit", ("Alt+Up",), "review"),
    Act("down", "edit", ("Alt+Down",), "review"),
    Act("larger", "edit", ("Alt++", "Alt+="), "review"),
    Act("smaller", "edit", ("Alt+-",), "review"),
    Act("visible", "edit", ("V",), "review"),
    Act("delete", "edit", ("Delete",), "review"),
    Act("mute", "edit", ("M",), "review"),
    Act("render", "edit", ("Ctrl+S",), "review"),
    Act("keys", "help", ("F1",), "everywhere"),
    Act("about", "help", (), "everywhere"),
)

MENUS = ("file", "clip", "watch", "edit", "help")

HELD = "before"
"""The act that lasts while its key is held down. It has no shortcut of Qt's, which knows no releases."""


def key_text(act: Act) -> str:
    """The act's first key as this system writes it; empty where it has none."""
    return QKeySequence(act.keys[0]).toString(QKeySequence.SequenceFormat.NativeText) if act.keys else ""


def install(window: QMainWindow, handlers: Mapping[str, Callable[[], object]]) -> dict[str, QAction]:
    """Fills the window's menus and returns the actions by id. Every act but HELD must have a handler."""
    made: dict[str, QAction] = {}
    for name in MENUS:
        menu = window.menuBar().addMenu(say(f"menu.{name}"))
        for act in ACTS:
            if act.menu != name:
                continue
            action = QAction(say(f"action.{act.id}"), window)
            action.setObjectName(act.id)
            if act.id == HELD:
                action.setText(f"{action.text()}\t{key_text(act)}")
                action.setEnabled(False)
            else:
                action.setShortcuts([QKeySequence(keys) for keys in act.keys])
                action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
                action.triggered.connect(lambda _=False, do=handlers[act.id]: do())
            if act.id == "quit":
                action.setMenuRole(QAction.MenuRole.QuitRole)
            menu.addAction(action)
            made[act.id] = action
    return made


def show_page(actions: Mapping[str, QAction], page: Page) -> None:
    """Switches on what can be done on a page, so that one key may mean two things on two pages."""
    for act in ACTS:
        actions[act.id].setEnabled(act.id != HELD and act.page in (page, "everywhere"))
