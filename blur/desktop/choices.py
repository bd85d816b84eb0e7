"""The three choices that are always in sight: the look, the sound, and where results go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import cast

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QFrame, QLabel, QVBoxLayout, QWidget

from blur.desktop.queue import Queue
from blur.desktop.widgets import Parts, label
from blur.desktop.words import knows, say
from blur.settings import AUDIO, STYLES, Audio, Style

WIDEST = 260
"""Pixels that the name of a folder may take."""


class Choices(QFrame):
    """Sets the queue's settings and folder."""

    def __init__(self, queue: Queue) -> None:
        super().__init__()
        self.setProperty("kind", "bar")
        self._queue = queue
        self.look = Parts(say("choice.look"), _parts("look", STYLES), queue.settings.style)
        self.look.chosen.connect(self._choose_look)
        # What needs more than a choice, such as spans to mute, has no word here and is not offered.
        known = [sound for sound in AUDIO if knows(f"sound.{sound}")]
        self.sound = Parts(say("choice.sound"), _parts("sound", known), queue.settings.audio)
        self.sound.chosen.connect(self._choose_sound)
        places = [(each, say(f"place.{each}"), say(f"place.{each}_tip")) for each in ("beside", "folder")]
        self.place = Parts(say("choice.place"), places, "beside")
        self.place.chosen.connect(self._choose_place)
        columns = self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        columns.setContentsMargins(22, 12, 22, 14)
        columns.setSpacing(26)
        columns.addLayout(_column(say("choice.look"), self.look))
        columns.addLayout(_column(say("choice.sound"), self.sound))
        columns.addLayout(_column(say("choice.place"), self.place))
        columns.addStretch()

    def minimumSizeHint(self) -> QSize:
        """What the widest of them needs: they stand below each other where the window is narrow."""
        sides = self._columns.contentsMargins()
        widest = max(part.minimumSizeHint().width() for part in self._parts())
        return QSize(widest + sides.left() + sides.right(), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        sides, parts = self._columns.contentsMargins(), self._parts()
        gaps = self._columns.spacing() * (len(parts) - 1) + sides.left() + sides.right()
        fits = sum(part.minimumSizeHint().width() for part in parts) + gaps <= event.size().width()
        way = QBoxLayout.Direction
        self._columns.setDirection(way.LeftToRight if fits else way.TopToBottom)

    def _parts(self) -> tuple[Parts, ...]:
        return self.look, self.sound, self.place

    def ask_place(self) -> None:
        """Asks for the folder; where none is chosen, the place stays as it was."""
        chosen = QFileDialog.getExistingDirectory(self, say("place.folder_tip"))
        self.set_place(Path(chosen) if chosen else self._queue.folder)

    def set_place(self, folder: Path | None) -> None:
        """Where results go: a folder, or None for beside their sources."""
        self._queue.folder = folder
        part = self.place.values["folder"]
        name = say("place.folder") if folder is None else folder.name or str(folder)
        part.setText(part.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, WIDEST))
        part.setToolTip(say("place.folder_tip") if folder is None else str(folder))
        part.setAccessibleName(f"{say('choice.place')}: {name}")
        self.place.values["beside" if folder is None else "folder"].setChecked(True)

    def _choose_place(self, value: str) -> None:
        if value == "folder":
            self.ask_place()
        else:
            self.set_place(None)

    def _choose_look(self, value: str) -> None:
        self._queue.settings = replace(self._queue.settings, style=cast(Style, value))

    def _choose_sound(self, value: str) -> None:
        self._queue.settings = replace(self._queue.settings, audio=cast(Audio, value))


def _parts(kind: str, values: Iterable[str]) -> list[tuple[str, str, str]]:
    return [(value, say(f"{kind}.{value}"), say(f"{kind}.{value}_tip")) for value in values]


def _column(title: str, widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(5)
    heading: QLabel = label(title, "muted")
    heading.setBuddy(widget)
    column.addWidget(heading)
    column.addWidget(widget)
    return column
