"""Small pieces of which the pages are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QFontMetrics,
    QIcon,
    QPainter,
    QPaintEvent,
    QPixmap,
    QTransform,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import (
    QAbstractButton,
    QAccessibleWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from blur.desktop import pictures
from blur.desktop.theme import colours


def label(text: str = "", kind: str = "", *, wrap: bool = False) -> QLabel:
    """A text; never taken as markup, since names of files are in it."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if kind:
        made.setProperty("kind", kind)
    return made


def spoken_as(_kind: str, thing: QObject) -> QAccessibleWidget | None:
    """Tells screen readers of a widget by its attribute ``spoken_role``, where it has one.

    Qt asks this of each widget that they come to; without a role Qt chooses one by the widget's class.
    """
    role = getattr(thing, "spoken_role", None)
    return None if role is None else QAccessibleWidget(thing, role)  # type: ignore[call-overload]


def announce(widget: QWidget, text: str) -> None:
    """Lets screen readers say a text, wherever the focus is."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))


def show_and_say(shown: QLabel, text: str) -> None:
    """Puts a text into a label, and lets screen readers say it where it is another than before."""
    if text != shown.text():
        shown.setText(text)
        announce(shown, text)


def button(text: str, do: Callable[[], object], kind: str = "", tip: str = "") -> QPushButton:
    made = QPushButton(text)
    made.setAutoDefault(False)
    made.clicked.connect(lambda _=False: do())
    if kind:
        made.setProperty("kind", kind)
    if tip:
        made.setToolTip(tip)
    return made


def asked(parent: QWidget, title: str, text: str, yes: str, no: str) -> bool:
    """Asks before what cannot be taken back; the safe answer is the one that Return gives."""
    answers = QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel
    box = QMessageBox(QMessageBox.Icon.Warning, title, title, answers, parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(text)
    box.setDefaultButton(QMessageBox.StandardButton.Cancel)
    for answer, words in (
        (QMessageBox.StandardButton.Yes, yes),
        (QMessageBox.StandardButton.Cancel, no),
    ):
        box.button(answer).setText(words)
        box.button(answer).setIcon(QIcon())  # a green tick would say that it is harmless
    return box.exec() == QMessageBox.StandardButton.Yes


def restyle(widget: QWidget, name: str, value: str) -> None:
    """Sets a property that the style sheet asks for, and lets it look again."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def scrolled(inner: QWidget) -> QScrollArea:
    """What is higher than its room, to be scrolled; it takes no focus of its own."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inner)
    return area


class Elided(QLabel):
    """One line that gives up its middle where there is no room, and tells all of it as a tooltip."""

    def __init__(self, text: str = "", kind: str = "") -> None:
        super().__init__(text)
        self.setProperty("kind", kind)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        metrics = QFontMetrics(self.font())
        shown = metrics.elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.width())
        start = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), int(start), shown)


class Parts(QFrame):
    """One choice of a few, all in sight.

    Signals:
        chosen: the value of the part that was chosen.
    """

    chosen = Signal(str)

    def __init__(self, name: str, parts: Iterable[tuple[str, str, str]], value: str) -> None:
        """``parts`` are values with their names and tooltips; ``name`` is for screen readers."""
        super().__init__()
        self.setProperty("kind", "parts")
        self.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 3, 3, 3)
        row.setSpacing(2)
        self.values: dict[str, QAbstractButton] = {}
        for each, text, tip in parts:
            part = QPushButton(text)
            part.setCheckable(True)
            part.setAutoExclusive(True)  # a group would make it a box to be checked for screen readers
            part.setAutoDefault(False)
            part.setProperty("kind", "part")
            part.setToolTip(tip)
            part.setAccessibleName(f"{name}: {text}")
            part.setAccessibleDescription(tip)
            part.setChecked(each == value)
            part.clicked.connect(lambda _=False, chosen=each: self.chosen.emit(chosen))
            self.values[each] = part
            row.addWidget(part)


def drawing(name: str, side: int, colour: str, ratio: float = 1.0) -> QPixmap:
    """One of the pictures in blur/desktop/pictures, ``side`` pixels wide, its strokes in a colour."""
    source = pictures.read(name).replace("currentColor", colour)
    pixels = QPixmap(QSize(side, side) * ratio)
    pixels.fill(QColor(0, 0, 0, 0))
    painter = QPainter(pixels)
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(pixels.rect()))
    painter.end()
    pixels.setDevicePixelRatio(ratio)
    return pixels


def icon(name: str, *, mirrored: bool = False) -> QIcon:
    """A picture as the icon of a button; ``mirrored`` where the script runs from right to left."""
    picture = drawing(name, 20, colours().text, 2.0)
    return QIcon(picture.transformed(QTransform(-1, 0, 0, 1, 0, 0)) if mirrored else picture)
