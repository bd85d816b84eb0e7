"""One clip of the queue as the window shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFocusEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from blur.desktop import tell
from blur.desktop.item import Item, share_done
from blur.desktop.theme import colours
from blur.desktop.widgets import Elided, announce, button, drawing, label, restyle
from blur.desktop.words import say

WIDE = 110
"""Letters that go beside each other in a card whose buttons stand beside its texts."""
BUTTONS = ("cancel", "review", "show", "anyway", "again", "remove")


class Thumbnail(QWidget):
    """The covered picture of a clip, or a drawing while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.image: QImage | None = None
        self.setFixedSize(QSize(108, 72))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(box, 8, 8)
        painter.setClipPath(shape)
        painter.fillRect(box, QColor(colours().hover))
        if self.image is None:
            picture = drawing("film", 36, colours().muted, self.devicePixelRatioF())
            painter.drawPixmap(int(box.width() / 2) - 18, int(box.height() / 2) - 18, picture)
            return
        width, height = self.image.width(), self.image.height()
        scale = max(box.width() / width, box.height() / height)
        part = QRectF(0, 0, box.width() / scale, box.height() / scale)
        part.moveCenter(QRectF(0, 0, width, height).center())
        painter.drawImage(box, self.image.copy(part.toRect()))


class Card(QFrame):
    """Shows an item and offers what can be done with it.

    Signals:
        focused: the item's key, when this card becomes the one that keys mean.
        opened: the item's key, on a double click.
    """

    focused = Signal(str)
    opened = Signal(str)
    spoken_role = QAccessible.Role.ListItem

    def __init__(self, key: str, do: Mapping[str, Callable[[str], object]]) -> None:
        super().__init__()
        self.key = key
        self._said = ""
        self.setProperty("kind", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.picture = Thumbnail()
        self.name = Elided(kind="heading")
        self.status = label(kind="muted", wrap=True)
        self.detail = label(kind="muted", wrap=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.buttons = {
            each: button(
                say(f"do.{each}"),
                lambda each=each: do[each](key),  # type: ignore[misc]
                "primary" if each == "review" else "quiet" if each == "remove" else "",
                say(f"action.{each}"),
            )
            for each in BUTTONS
        }
        texts = QVBoxLayout()
        texts.setSpacing(4)
        for widget in (self.name, self.status, self.detail, self.bar):
            texts.addWidget(widget)
        texts.addStretch()
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        for made in self.buttons.values():
            buttons.addWidget(made)
        buttons.addStretch()
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(14)
        self._body.addLayout(texts, 1)
        self._body.addLayout(buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 12, 14, 12)
        row.setSpacing(14)
        row.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(self._body, 1)

    def show_item(self, item: Item, left: int | None) -> None:
        """Brings everything up to the item; ``left`` is the number of seconds that it still needs."""
        self.name.setText(item.source.name)
        self.name.setToolTip(str(item.source))
        status, detail = tell.status(item, left), tell.detail(item)
        self.status.setText(status)
        self.detail.setText(detail)
        self.detail.setVisible(bool(detail))
        restyle(self.status, "kind", tell.kind(item))
        self.bar.setVisible(item.status == "working")
        self.bar.setValue(round(1000 * share_done(item)))
        self.bar.setAccessibleName(status)
        able = tell.able(item)
        for name, widget in self.buttons.items():
            widget.setVisible(name in able)
            widget.setAccessibleName(f"{say(f'do.{name}')}: {item.source.name}")
        self.setAccessibleName(f"{item.source.name}: {status}")
        # That it was edited is told where it is edited.
        said = f"{item.source.name}: {tell.status(replace(item, edited=False))} {detail}".strip()
        if self._said not in ("", said):  # each stage once, not each second that is left
            announce(self, said)
        self._said = said
        self.setAccessibleDescription(detail)

    def set_picture(self, image: QImage | None) -> None:
        self.picture.image = image
        self.picture.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room for the texts, the buttons go below them."""
        super().resizeEvent(event)
        wide = self.width() > WIDE * self.fontMetrics().averageCharWidth()
        way = QBoxLayout.Direction
        self._body.setDirection(way.LeftToRight if wide else way.TopToBottom)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit(self.key)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.opened.emit(self.key)
