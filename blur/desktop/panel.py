"""The side of the review page: doubts to click through, and what can be done with the selected mask."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QListWidget, QVBoxLayout, QWidget

from blur.desktop import tell
from blur.desktop.actions import ACTS, key_text
from blur.desktop.session import Session
from blur.desktop.widgets import button, label
from blur.desktop.words import say
from blur.plan.edit import KEPT_VISIBLE
from blur.plan.model import Doubt

REASONS = {
    "something faint, not covered": "faint",
    "the picture moved too fast to follow": "shaken",
    "a face was found late, and covered": "late",
    "a face may be uncovered": "left",
    KEPT_VISIBLE: "visible",
}
"""The engine's reasons that the window has words for; others are shown as they are."""

ROOM = 9
"""Pixels above and below the two lines of a doubt."""

MASK_ACTS = ("follow", "begins", "ends", "visible", "delete")


class DoubtList(QListWidget):
    """A list that leaves letters to the window's keys, instead of looking for words that begin with them."""

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
        self.doubts.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.doubts.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.doubts.setAccessibleName(say("review.doubts"))
        self.doubts.itemClicked.connect(lambda _: self.doubted.emit(self.doubts.currentRow()))
        self.doubts.itemActivated.connect(lambda _: self.doubted.emit(self.doubts.currentRow()))
        self._none = label(say("review.no_doubts"), "muted", wrap=True)
        self._mask = label(wrap=True)
        self._what = label(kind="muted", wrap=True)
        keys = {act.id: key_text(act) for act in ACTS}
        self._buttons = {}
        for name in MASK_ACTS:
            tip = f"{say(f'action.{name}')} ({keys[name]})"
            made = button(say(f"do.{name}"), actions[name].trigger, tip=tip)
            self._buttons[name] = made
        self._state = label(kind="warning", wrap=True)
        self.publish = button(say("review.publish"), actions["render"].trigger, "primary", keys["render"])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(label(say("review.doubts"), "heading"))
        column.addWidget(self._none)
        column.addWidget(self.doubts, 1)
        column.addSpacing(6)
        column.addWidget(label(say("review.masks"), "heading"))
        column.addWidget(self._mask)
        column.addWidget(self._what)
        for made in self._buttons.values():
            column.addWidget(made)
        column.addStretch()
        column.addWidget(self._state)
        column.addWidget(self.publish)

    def show_session(self, session: Session) -> None:
        """Brings everything up to the plan and the selection."""
        plan = session.plan
        texts = [
            say("review.doubt", number=number, time=self._at(session, doubt.first), reason=_reason(doubt))
            for number, doubt in enumerate(plan.doubts, 1)
        ]
        if texts != [self.doubts.item(row).text() for row in range(self.doubts.count())]:
            self.doubts.clear()
            self.doubts.addItems(texts)
            tall = QSize(0, 2 * self.doubts.fontMetrics().lineSpacing() + 2 * ROOM)
            for row in range(len(texts)):
                self.doubts.item(row).setSizeHint(tall)
        self.doubts.setVisible(bool(texts))
        self._none.setVisible(not texts)
        track = session.track
        if track is None:
            self._mask.setText(say("review.no_mask"))
        else:
            first, last = (self._at(session, int(track.pts[end])) for end in (0, -1))
            number = (session.selected or 0) + 1
            self._mask.setText(say("review.mask", number=number, first=first, last=last))
            self._what.setText(say(f"review.mask_{track.reason}"))
        self._what.setVisible(track is not None)
        for made in self._buttons.values():
            made.setVisible(track is not None)
        self._state.setText(say("review.unsaved") if session.dirty else "")
        self.publish.setEnabled(session.dirty)

    def choose(self, row: int) -> None:
        self.doubts.setCurrentRow(row)
        item = self.doubts.item(row)
        if item is not None:
            self.doubts.scrollToItem(item)
            self.doubts.setFocus(Qt.FocusReason.OtherFocusReason)

    def _at(self, session: Session, pts: int) -> str:
        return tell.moment(session.times[session.frame_of(pts)])


def _reason(doubt: Doubt) -> str:
    return say(f"review.{REASONS[doubt.reason]}") if doubt.reason in REASONS else doubt.reason
