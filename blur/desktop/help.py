"""The page of keys, read from the table of acts."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from blur.desktop.actions import ACTS, MENUS, key_text
from blur.desktop.widgets import button, label
from blur.desktop.words import say

FRAME = 40
"""Pixels that the system may put above a dialog."""


class Keys(QDialog):
    """Everything that can be done, and its key."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(say("keys.title"))
        wide = self.fontMetrics().averageCharWidth() * 80
        room = self.screen().availableSize()
        self.resize(min(wide, room.width()), min(wide, room.height() - FRAME))
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        for menu in MENUS:
            heading = label(say(f"menu.{menu}").replace("&", ""), "heading")
            heading.setContentsMargins(0, 10, 0, 0)
            grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
            for act in (act for act in ACTS if act.menu == menu and act.keys):
                row = grid.rowCount()
                grid.addWidget(label(key_text(act), "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
                grid.addWidget(label(say(f"action.{act.id}"), wrap=True), row, 1)
        grid.setColumnStretch(1, 1)
        keys = {act.id: key_text(act) for act in ACTS}
        grid.addWidget(label(say("keys.mouse", **keys), wrap=True), grid.rowCount(), 0, 1, 2)
        inner = QWidget()
        inner.setLayout(grid)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setAccessibleName(say("keys.title"))
        area.setWidget(inner)
        column = QVBoxLayout(self)
        column.addWidget(area)
        column.addWidget(button(say("do.close"), self.accept), 0, Qt.AlignmentFlag.AlignTrailing)
