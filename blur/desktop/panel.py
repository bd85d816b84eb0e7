"""The side of the review page: doubts to click through, what can be done with masks, and the sound."""

from __future__ import annotations

from collections.abc import Container, Mapping
from fractions import Fraction

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QListWidget, QPushButton, QVBoxLayout, QWidget

from blur.desktop import tell
from blur.desktop.actions import ACTS, key_text
from blur.desktop.mutes import is_muted
from blur.desktop.session import Session
from blur.desktop.widgets import button, label, restyle, scrolled
from blur.desktop.words import say
from blur.plan.doubts import BROKEN_OFF, DARK, WEAK
from blur.plan.edit import KEPT_VISIBLE
from blur.plan.model import Doubt, Plan
from blur.plan.watch import whereabouts
from blur.settings import Audio

REASONS = {
    "something faint, not covered": "faint",
    "the picture moved too fast to follow": "shaken",
    "a face was found late, and covered": "late",
    "a face may be uncovered": "left",
    "damaged, and black as a whole": "damaged",
    DARK: "dark",
    BROKEN_OFF: "broken_off",
    WEAK: "weak",
    KEPT_VISIBLE: "visible",
}
"""The engine's reasons that the window has words for; others are shown as they are."""

ROOM = 9
"""Pixels around the text of a doubt."""
LINES = 7
"""Of the list of doubts where there is little room."""

MASK_ACTS = ("follow", "begins", "ends", "visible", "delete")
PLACES = {
    "cover_all": (0, 0, 2),
    "follow": (1, 0, 2),
    "begins": (2, 0, 1),
    "ends": (2, 1, 1),
    "visible": (3, 0, 2),
    "delete": (4, 0, 2),
}
"""Row, column and columns of what can be done with masks."""


class DoubtList(QListWidget):
    """A list that leaves letters to the window's keys, instead of looking for words that begin with them."""

    def sizeHint(self) -> QSize:
        return QSize(200, LINES * self.fontMetrics().lineSpacing())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Gives every text the height that it needs at this width."""
        room = QRect(0, 0, self.viewport().width() - 3 * ROOM, 1 << 16)
        for row in range(self.count()):
            item = self.item(row)
            text = self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, item.text())
            item.setSizeHint(QSize(0, text.height() + 2 * ROOM))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text().isprintable() and event.text():
            event.ignore()
        else:
            super().keyPressEvent(event)


class Panel(QWidget):
    """Shows a session.

    Signals:
        doubted: the position of a doubt that was chosen.
    """

    doubted = Signal(int)

    def __init__(self, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self.doubts = DoubtList()
        self.doubts.setWordWrap(True)
        self.doubts.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.doubts.setAccessibleName(say("review.doubts"))
        self.doubts.itemClicked.connect(lambda _: self.doubted.emit(self.doubts.currentRow()))
        self.doubts.itemActivated.connect(lambda _: self.doubted.emit(self.doubts.currentRow()))
        self._doubts = label(say("review.doubts"), "heading")
        self._none = label(say("review.no_doubts"), "muted", wrap=True)
        self._mask = label(wrap=True)
        self._what = label(kind="muted", wrap=True)
        self._sound = label(kind="muted", wrap=True)
        self._buttons = {name: _button(name, actions) for name in (*MASK_ACTS, "cover_all", "mute")}
        self._heard = [label(say("review.sound"), "heading"), self._sound, self._buttons["mute"]]
        self._state = label(wrap=True)
        key = next(key_text(act) for act in ACTS if act.id == "render")
        self.publish = button(say("review.publish"), actions["render"].trigger, "primary", key)
        masks = QGridLayout()
        masks.setSpacing(8)
        for name, (row, left, width) in PLACES.items():
            masks.addWidget(self._buttons[name], row, left, 1, width)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 2, 0)
        column.setSpacing(8)
        for text in (self._doubts, self._none):
            column.addWidget(text)
        column.addWidget(self.doubts, 1)
        for text in (label(say("review.masks"), "heading"), self._mask, self._what):
            column.addWidget(text)
        column.addLayout(masks)
        for widget in self._heard:
            column.addWidget(widget)
        column.addStretch()
        self._scroll = scrolled(inner)
        self._selected: int | None = None
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(8)
        page.addWidget(self._scroll, 1)
        page.addWidget(self._state)
        page.addWidget(self.publish)

    def show_session(self, session: Session, seen: Container[Doubt]) -> None:
        """Brings everything up to the plan, the selection and the doubts that were looked at."""
        self._show_doubts(session, seen)
        track = session.track
        if track is None:
            self._mask.setText(say("review.no_mask"))
        else:
            first, last = (self._at(session, int(track.pts[end])) for end in (0, -1))
            number = (session.selected or 0) + 1
            self._mask.setText(say("review.mask", number=number, first=first, last=last))
            self._what.setText(say(f"review.mask_{track.reason}"))
        self._what.setVisible(track is not None)
        for name in MASK_ACTS:
            self._buttons[name].setVisible(track is not None)
        if track is not None and session.selected != self._selected:
            QTimer.singleShot(0, self._show_acts)  # once there is room for them
        self._selected = session.selected
        self._state.setText(say("review.unsaved" if session.dirty else "review.saved"))
        restyle(self._state, "kind", "warning" if session.dirty else "muted")
        self.publish.setEnabled(session.dirty)

    def _show_acts(self) -> None:
        self._scroll.ensureWidgetVisible(self._buttons[MASK_ACTS[-1]])

    def told(self, session: Session) -> tuple[str, str]:
        """What is said aloud of the selected mask, and of whether everything is saved."""
        return ("" if session.track is None else self._mask.text()), self._state.text()

    def show_sound(self, session: Session, frame: int, choice: Audio) -> None:
        """Brings what is said of the sound up to a frame; ``choice`` is what becomes of all of it."""
        at = session.times[frame]
        if session.mute_from is not None:
            self._sound.setText(say("review.muting", first=tell.moment(session.times[session.mute_from])))
        elif session.mutes:
            ends = [[min(Fraction(ms, 1000), session.times[-1]) for ms in span] for span in session.mutes]
            spans = ", ".join("–".join(map(tell.moment, span)) for span in ends)
            self._sound.setText(say(f"review.muted_{choice}", spans=spans))
        else:
            self._sound.setText(say(f"review.sound_{choice}"))
        begun, undone = session.mute_from is not None, is_muted(session.mutes, at)
        self._buttons["mute"].setText(say(f"do.mute{'_until' if begun else '_not' if undone else ''}"))
        for widget in self._heard:
            widget.setVisible(len(session.times) > 1)  # a photo has none
        if choice == "remove" and not session.mutes:
            self._buttons["mute"].hide()

    def choose(self, row: int) -> None:
        self.doubts.setCurrentRow(row)
        item = self.doubts.item(row)
        if item is not None:
            self.doubts.scrollToItem(item)
            self.doubts.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_doubts(self, session: Session, seen: Container[Doubt]) -> None:
        doubts = session.plan.doubts
        texts = [
            f"{number} · {self._at(session, doubt.first)}{where(session.plan, doubt)}"
            f"{' · ' + say('review.looked_at') if doubt in seen else ''}\n{reason(doubt)}"
            for number, doubt in enumerate(doubts, 1)
        ]
        if len(texts) != self.doubts.count():
            self.doubts.clear()
            self.doubts.addItems(texts)
        for row, text in enumerate(texts):
            self.doubts.item(row).setText(text)
        self.doubts.fit()
        count = sum(doubt in seen for doubt in doubts)
        head = say("review.doubts_seen", seen=count, count=len(doubts)) if doubts else say("review.doubts")
        self._doubts.setText(head)
        self.doubts.setVisible(bool(texts))
        self._none.setVisible(not texts)

    def _at(self, session: Session, pts: int) -> str:
        return tell.moment(session.times[session.frame_of(pts)])


def reason(doubt: Doubt) -> str:
    """Why it is one, in words."""
    return say(f"review.{REASONS[doubt.reason]}") if doubt.reason in REASONS else doubt.reason


def where(plan: Plan, doubt: Doubt) -> str:
    """Where in the picture it is, in words after a point; empty where that is not known."""
    place = whereabouts(plan, doubt).replace(" ", "_")
    return " · " + say(f"where.{place}") if place else ""


def advice(doubt: Doubt) -> str:
    """What to do about it."""
    return say(f"advice.{REASONS.get(doubt.reason, 'other')}")


def _button(name: str, actions: Mapping[str, QAction]) -> QPushButton:
    key = next(key_text(act) for act in ACTS if act.id == name)
    return button(say(f"do.{name}"), actions[name].trigger, tip=f"{say(f'action.{name}')} ({key})")
