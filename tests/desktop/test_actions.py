from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMainWindow

from blur.desktop.actions import ACTS, HELD, MENUS, Act, install, show_page

pytestmark = pytest.mark.usefixtures("qapp")


def test_ids_are_unique_and_every_menu_is_used() -> None:
    assert max(Counter(act.id for act in ACTS).values()) == 1
    assert {act.menu for act in ACTS} == set(MENUS)


def test_every_act_has_a_key_and_every_key_means_one_thing_on_a_page() -> None:
    assert [act.id for act in ACTS if not act.keys] == ["about"]
    for page in ("home", "review"):
        keys = Counter(
            QKeySequence(key).toString()
            for act in ACTS
            if act.page in (page, "everywhere")
            for key in act.keys
        )
        assert "" not in keys
        assert [key for key, count in keys.items() if count > 1] == []


def test_menus_do_what_the_table_says() -> None:
    window, done = QMainWindow(), []

    def handler(act: Act) -> None:
        done.append(act.id)

    actions = install(window, {act.id: lambda act=act: handler(act) for act in ACTS if act.id != HELD})
    for action in actions.values():
        action.trigger()
    assert done == [act.id for menu in MENUS for act in ACTS if act.menu == menu and act.id != HELD]
    show_page(actions, "home")
    assert {name for name, action in actions.items() if action.isEnabled()} == {
        act.id for act in ACTS if act.page in ("home", "everywhere")
    }
