"""The first page: where clips are dropped, and the queue of those that were."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QAccessible, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from blur.desktop.card import Card
from blur.desktop.choices import Choices
from blur.desktop.queue import Queue
from blur.desktop.theme import colours
from blur.desktop.thumbnails import Thumbnails
from blur.desktop.widgets import announce, button, drawing, label, restyle, scrolled
from blur.desktop.words import say

TITLE = 1.9
"""How many times as large as other text."""
TICK = 1000
"""Milliseconds between two looks at the time left."""


class DropZone(QFrame):
    """Says that clips can be dropped. It takes all the room there is until there are clips."""

    def __init__(self, add: Callable[[], object], add_folder: Callable[[], object]) -> None:
        super().__init__()
        self.setProperty("kind", "drop")
        self._sign = QLabel()
        self._title = label(say("drop.title"), "heading", wrap=True)
        large = self.font()
        large.setPointSizeF(large.pointSizeF() * TITLE)
        self._title.setFont(large)
        self._text = label(say("drop.text"), "muted", wrap=True)
        self._safe = label(say("drop.safe"), "muted", wrap=True)
        self._more = label(say("drop.more"), "muted")
        self.add = button(say("drop.add"), add, "primary")
        self.add_folder = button(say("drop.add_folder"), add_folder)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(10)
        for widget in (None, self._more, self.add, self.add_folder, None):
            if widget is None:
                self._buttons.addStretch()
            else:
                self._buttons.addWidget(widget)
        self._box = QVBoxLayout(self)
        self._box.setSpacing(10)
        self._box.addStretch()
        for text in (self._sign, self._title, self._text):
            self._box.addWidget(text)
        self._box.addSpacing(6)
        self._box.addLayout(self._buttons)
        self._box.addStretch()
        self._box.addWidget(self._safe)
        for text in (self._sign, self._title, self._text, self._safe):
            text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.set_small(False)

    def set_small(self, small: bool) -> None:
        """Whether it is a strip above the queue."""
        for text in (self._sign, self._title, self._text, self._safe):
            text.setVisible(not small)
        self._more.setVisible(small)
        restyle(self.add, "kind", "" if small else "primary")
        tall = QSizePolicy.Policy.Maximum if small else QSizePolicy.Policy.Expanding
        self.setSizePolicy(QSizePolicy.Policy.Expanding, tall)
        margin = 4 if small else 18
        self._box.setContentsMargins(16, margin, 16, margin)

    def set_over(self, over: bool) -> None:
        """Whether something is held over the window that can be dropped."""
        restyle(self, "over", "true" if over else "false")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_sign"):
            self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def _draw(self) -> None:
        self._sign.setPixmap(drawing("drop", 64, colours().accent, self.devicePixelRatioF()))


class Notice(QFrame):
    """Tells why something was refused until it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "notice")
        self._text = label(wrap=True)
        row = QHBoxLayout(self)
        row.addWidget(self._text, 1)
        row.addWidget(button(say("do.close"), self.hide, "quiet"), 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def tell(self, text: str) -> None:
        self._text.setText(text)
        self.setAccessibleName(text)
        self.show()
        announce(self, text)


class Cards(QWidget):
    """What holds the cards: a list, to screen readers."""

    spoken_role = QAccessible.Role.List


class Home(QWidget):
    """Drop zone, queue and choices. ``do`` holds what the cards' buttons do, by act."""

    def __init__(self, queue: Queue, do: Mapping[str, Callable[[str], object]], add: DropZone) -> None:
        super().__init__()
        self._queue = queue
        self._do = do
        self.drop = add
        self.notice = Notice()
        self.choices = Choices(queue)
        self.cards: dict[str, Card] = {}
        self.current = ""
        """The key of the clip that keys and menus mean."""
        self._thumbnails = Thumbnails(self)
        self._thumbnails.taken.connect(self._taken)
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        inner = Cards()
        inner.setAccessibleName(say("list.name"))
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 4, 0)
        column.addLayout(self._list)
        column.addStretch(1)  # all the room that cards leave
        self._scroll = scrolled(inner)
        page = QVBoxLayout()
        page.setContentsMargins(22, 14, 22, 18)
        page.setSpacing(14)
        page.addWidget(self.notice)
        page.addWidget(self.drop)
        page.addWidget(self._scroll, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(page, 1)
        whole.addWidget(self.choices)
        queue.added.connect(self._added)
        queue.changed.connect(self.refresh)
        queue.gone.connect(self._gone)
        self._clock = QTimer(self, interval=TICK)
        self._clock.timeout.connect(self._tick)
        self._clock.start()
        self._fit()

    def close_down(self) -> None:
        self._clock.stop()
        self._thumbnails.wait()

    def refresh(self, key: str) -> None:
        """Brings a card up to its item."""
        item, card = self._queue.items[key], self.cards[key]
        left = self._queue.seconds_left() if item.status == "working" else None
        card.show_item(item, left)
        if item.status == "waiting":
            card.set_picture(None)
        elif item.frames and not item.busy and card.picture.image is None and item.target.exists():
            self._thumbnails.take(key, item.target)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down walk from card to card."""
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        keys = list(self.cards)
        if step is None or not keys:
            super().keyPressEvent(event)
            return
        at = keys.index(self.current) + step if self.current in keys else 0
        card = self.cards[keys[min(max(at, 0), len(keys) - 1)]]
        card.setFocus(Qt.FocusReason.TabFocusReason)
        self._scroll.ensureWidgetVisible(card)

    def _added(self, key: str) -> None:
        card = self.cards[key] = Card(key, self._do)
        card.focused.connect(self._focused)
        card.opened.connect(self._do["review"])
        self._list.addWidget(card)
        self.current = self.current or key
        self.refresh(key)
        self._fit()

    def _gone(self, key: str) -> None:
        card = self.cards.pop(key)
        card.deleteLater()
        if self.current == key:
            self.current = next(iter(self.cards), "")
            if self.current:
                self.cards[self.current].setFocus()
        self._fit()

    def _focused(self, key: str) -> None:
        self.current = key

    def _taken(self, key: str, image: object) -> None:
        if key in self.cards:
            self.cards[key].set_picture(image)  # type: ignore[arg-type]

    def _tick(self) -> None:
        for key, item in self._queue.items.items():
            if item.status == "working":
                self.refresh(key)

    def _fit(self) -> None:
        self.drop.set_small(bool(self.cards))
        self._scroll.setVisible(bool(self.cards))
