"""The second page: watching a result, going through its doubts, changing its masks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from blur.desktop import tell
from blur.desktop.actions import ACTS, HELD, key_text
from blur.desktop.follower import Follower
from blur.desktop.item import Item
from blur.desktop.panel import Panel, advice
from blur.desktop.peek import Peek
from blur.desktop.player import Player
from blur.desktop.session import Session, Work
from blur.desktop.state import State
from blur.desktop.timeline import Timeline
from blur.desktop.view import View
from blur.desktop.widgets import Elided, announce, asked, button, icon, label, show_and_say
from blur.desktop.words import say
from blur.plan.model import Doubt, Plan, Region
from blur.plan.watch import grave
from blur.settings import Audio

ZOOM = 1.25


class Review(QWidget):
    """Shows one finished clip at a time.

    Signals:
        left: the user wants to go back to the list.
        publish: the key of the clip whose edited plan is to be rendered.
        edited: the key of a clip, and whether its plan differs from the published one.
        failed: the OutputError that keeps changes from being kept.
        looked: the key of a clip all of whose grave doubts were looked at.
    """

    left = Signal()
    publish = Signal(str)
    edited = Signal(str, bool)
    failed = Signal(object)
    looked = Signal(str)

    def __init__(self, state: State, program: Callable[[], list[str]]) -> None:
        super().__init__()
        self._state = state
        self._item: Item | None = None
        self._sound: Audio = "remove"
        self._seen: set[Doubt] = set()
        self._follower = Follower(state, program, self)
        self._follower.running.connect(self._following)
        self._follower.ended.connect(lambda how: show_and_say(self._hint, say(f"review.{how}")))
        self.player: Player | None = None
        self.session: Session | None = None
        self.view = View()
        self.view.resized.connect(self._fit)
        self.view.selected.connect(lambda index: self._edit(lambda s: s.select(None if index < 0 else index)))
        self.view.drawn.connect(self._drawn)
        self.view.reshaped.connect(
            lambda at, region: self._edit(lambda s: s.reshape(at, self._frame, region))
        )
        self.timeline = Timeline()
        self.timeline.sought.connect(self._seek)
        self.peek = Peek()
        self.peek.sliderPressed.connect(lambda: self.view.reveal(0.0))  # the key's hold left it at 1
        self.peek.sliderPressed.connect(lambda: self._hold(True))
        self.peek.sliderReleased.connect(lambda: self._hold(False))
        self.peek.valueChanged.connect(lambda share: self.view.reveal(share / 100))

    def lay_out(self, actions: Mapping[str, QAction]) -> None:
        """Makes the page, whose buttons do what the actions do."""
        self.panel = Panel(actions)
        self.panel.doubted.connect(self._to_doubt)
        self.panel.setMinimumWidth(self.fontMetrics().averageCharWidth() * 38)
        self._title = Elided(kind="heading")
        self._time = label()
        self._hint = label(kind="muted", wrap=True)
        self._buttons = {
            name: button("", actions[name].trigger, tip=f"{say(f'action.{name}')} ({key_text(act)})")
            for name, act in ((act.id, act) for act in ACTS)
            if name in ("back", "frame_previous", "play", "frame_next", "undo", "redo")
        }
        for name, made in self._buttons.items():
            made.setAccessibleName(say(f"action.{name}"))
            made.setIconSize(QSize(1, 1) * self.fontMetrics().height())
        top = QHBoxLayout()
        for widget in (self._buttons["back"], self._title, self._buttons["undo"], self._buttons["redo"]):
            top.addWidget(widget, int(widget is self._title))
        # Time runs from left to right in every script, and so do the buttons that move through it.
        strip = QWidget()
        strip.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        transport = QHBoxLayout(strip)
        transport.setContentsMargins(0, 0, 0, 0)
        for name in ("frame_previous", "play", "frame_next"):
            transport.addWidget(self._buttons[name])
        transport.addSpacing(8)
        transport.addWidget(self._time)
        transport.addStretch()
        transport.addWidget(label(say("review.peek"), "muted"))
        transport.addWidget(self.peek)
        moving = [self._buttons[name] for name in ("frame_previous", "play", "frame_next")]
        self._of_time: list[QWidget] = [*moving, self._time, self.timeline]
        left = QVBoxLayout()
        left.setSpacing(10)
        left.addWidget(self.view, 1)
        left.addWidget(strip)
        left.addWidget(self._hint)
        left.addWidget(self.timeline)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addLayout(left, 1)
        middle.addWidget(self.panel)
        page = QVBoxLayout(self)
        page.setContentsMargins(18, 12, 18, 16)
        page.setSpacing(12)
        page.addLayout(top)
        page.addLayout(middle, 1)
        self._dress()

    def acts(self) -> dict[str, Callable[[], object]]:
        """What this page does, by act."""
        steps = {"frame_next": 1, "frame_previous": -1, "first": -(1 << 40), "last": 1 << 40}
        nudges = {"left": (-1, 0, 0), "right": (1, 0, 0), "up": (0, -1, 0), "down": (0, 1, 0)}
        nudges |= {"larger": (0, 0, 1), "smaller": (0, 0, -1)}
        edits: dict[str, Callable[[Session], object]] = {
            "undo": Session.undo,
            "redo": Session.redo,
            "delete": Session.delete,
            "cover": lambda s: s.cover_middle(self._frame),
            "cover_all": lambda s: s.cover_all(self._frame),
            "select_next": lambda s: s.select_next(self._frame),
            "begins": lambda s: s.begins(self._frame),
            "ends": lambda s: s.ends(self._frame),
            "mute": lambda s: s.mute(self._frame),
        }
        return {
            **{name: partial(self._step, by) for name, by in steps.items()},
            **{name: partial(self._nudge, name, *to) for name, to in nudges.items()},
            **{name: partial(self._edit, do, name) for name, do in edits.items()},
            "play": lambda: self._play(Player.toggle),
            "second_next": lambda: self._play(lambda p: p.skip(1.0)),
            "second_previous": lambda: self._play(lambda p: p.skip(-1.0)),
            "doubt_next": lambda: self._walk(1),
            "doubt_previous": lambda: self._walk(-1),
            "outlines": self._toggle_outlines,
            "closer": lambda: self.view.zoom_by(ZOOM),
            "farther": lambda: self.view.zoom_by(1 / ZOOM),
            "visible": self._keep_visible,
            "follow": self._follow,
            "render": self._publish,
            "back": self.left.emit,
        }

    def open(self, item: Item, sound: Audio) -> bool:
        """Shows a clip, of which ``sound`` is what becomes of its sound; False where its plan is gone."""
        self.close_clip()
        published = self._state.published_plan(item.key)
        if published is None or not len(published.pts):
            return False
        self._item, self._sound, self._seen = item, sound, set()
        self.session = Session(
            item.key, Work(published, item.mutes), self._edited(item, published), self._state, self
        )
        self.session.changed.connect(self._changed)
        self.session.keeper.failed.connect(self.failed)
        self.player = Player(item.target, item.source, self.session.times, self)
        self.player.shown.connect(self._shown)
        self.player.running.connect(self._running)
        self.player.failed.connect(
            lambda message: show_and_say(self._hint, say("review.cannot", message=message))
        )
        self._title.setText(say("review.title", name=item.source.name))
        self._following(False)
        for widget in self._of_time:
            widget.setVisible(len(published.pts) > 1)  # a photo has none
        self.view.set_clip(published.width, published.height)
        self.panel.doubts.clear()
        widest = say("review.covered", **_place(self.session, len(published.pts) - 1))
        self._time.setMinimumWidth(self._time.fontMetrics().horizontalAdvance(widest))
        self._changed()
        self._running(False)
        self._fit()
        self.player.seek(0)
        if published.doubts:
            self._to_doubt(0)
        self.view.setFocus()
        return True

    def _edited(self, item: Item, published: Plan) -> Work | None:
        """What was edited when the clip was left, None for nothing."""
        plan, mutes = self._state.edited_plan(item.key), self._state.edited_mutes(item.key)
        if plan is None and mutes is None:
            return None
        return Work(published if plan is None else plan, item.mutes if mutes is None else mutes)

    def close_clip(self) -> None:
        self._follower.stop()
        if self.player is not None:
            self.player.close()
            self.player.deleteLater()
            self.player = None
        if self.session is not None:
            self.session.keeper.wait()
            self.session.deleteLater()
            self.session = None
        self.timeline.clear()

    def hold_original(self, held: bool) -> None:
        """Shows the original, all of it, while its key is held down."""
        self.peek.let_go()
        self.view.reveal(1.0)
        self._hold(held)

    def _hold(self, held: bool) -> None:
        if self.player is not None:
            self.player.hold_original(held)

    @property
    def _frame(self) -> int:
        return 0 if self.player is None else self.player.index

    def _play(self, do: Callable[[Player], object]) -> None:
        if self.player is not None:
            do(self.player)

    def _edit(self, do: Callable[[Session], object], name: str = "") -> None:
        """Lets the session do something, and screen readers say once what it was and what came of it."""
        session = self.session
        if session is None:
            return
        before, told = (session.plan, session.mutes, session.selected), self.panel.told(session)
        do(session)
        if before != (session.plan, session.mutes, session.selected):
            news = [text for text, old in zip(self.panel.told(session), told, strict=True) if text != old]
            done = [say(f"action.{name}")] if name else []
            announce(self.panel, ". ".join(filter(None, [*done, *news])))

    def _seek(self, frame: int) -> None:
        self._following(False)
        self._play(Player.pause)
        self._play(lambda player: player.seek(frame))

    def _step(self, by: int) -> None:
        self._play(lambda player: player.step(by))

    def _drawn(self, region: Region) -> None:
        self._edit(lambda session: session.cover(region, self._frame))
        self._follow()

    def _follow(self) -> None:
        if self.session is not None and self._item is not None:
            self._follower.follow(self.session, self._item, self._frame)

    def _following(self, running: bool) -> None:
        if running:
            show_and_say(self._hint, say("review.following"))
        else:
            keys = next(key_text(act) for act in ACTS if act.id == HELD)
            self._hint.setText(say("review.hold", key=keys))

    def _nudge(self, name: str, across: int, down: int, larger: int) -> None:
        def nudge(session: Session) -> None:
            if session.selected is not None and not session.nudge(self._frame, across, down, larger):
                show_and_say(self._hint, say("review.not_here"))

        self._edit(nudge, name)

    def _walk(self, by: int) -> None:
        count = self.panel.doubts.count()
        if count:
            row = self.panel.doubts.currentRow()
            self._to_doubt((row + by) % count if row >= 0 else 0)

    def _to_doubt(self, row: int) -> None:
        if self.session is not None:
            doubt = self.session.plan.doubts[row]
            self.panel.choose(row)
            self._seek(self.session.frame_of(doubt.first))
            show_and_say(self._hint, advice(doubt))
            self._seen.add(doubt)
            self.panel.show_session(self.session, self._seen)
            if self._seen.issuperset(grave(self.session.plan)):
                self.looked.emit(self.session.key)

    def _toggle_outlines(self) -> None:
        self.view.outlines = not self.view.outlines
        self.view.update()

    def _keep_visible(self) -> None:
        session = self.session
        if session is None or session.track is None:
            return
        first, last = (session.times[session.frame_of(int(session.track.pts[end]))] for end in (0, -1))
        text = say("review.visible_text", first=tell.moment(first), last=tell.moment(last))
        if asked(self, say("review.visible_ask"), text, say("action.visible"), say("do.cancel")):
            self._edit(Session.keep_visible, "visible")

    def _publish(self) -> None:
        # What was seen is what is published, or nothing.
        if self.session is not None and self.session.dirty and self.session.keep_now():
            self.publish.emit(self.session.key)

    def _changed(self) -> None:
        session = self.session
        if session is None:
            return
        self.timeline.set_plan(session.plan, session.times, session.selected, session.mutes)
        self.panel.show_session(session, self._seen)
        self._buttons["undo"].setEnabled(session.can_undo)
        self._buttons["redo"].setEnabled(session.can_redo)
        self._mark()
        self.edited.emit(session.key, session.dirty)

    def _shown(self, index: int, picture: QImage, original: bool) -> None:
        self.view.set_frame(picture, original=original)
        self.timeline.set_index(index)
        self._mark()

    def _mark(self) -> None:
        session = self.session
        if session is None:
            return
        self.panel.show_sound(session, self._frame, self._sound)
        marks = session.marks(self._frame)
        self.view.set_marks(marks, session.selected)
        row, doubts = self.panel.doubts.currentRow(), session.plan.doubts
        doubt = doubts[row] if 0 <= row < len(doubts) else None
        self.view.set_place(session.place(doubt, self._frame), str(row + 1))
        values = _place(session, self._frame)
        self._time.setText(say("review.covered", **values))
        told = say("review.at", **values, masks=len([mark for mark in marks if mark.index is not None]))
        self.view.setAccessibleDescription(told)
        self.timeline.setAccessibleDescription(told)

    def _running(self, running: bool) -> None:
        self._buttons["play"].setIcon(icon("pause" if running else "play"))
        self._buttons["play"].setAccessibleName(say("review.pause" if running else "review.play"))

    def _fit(self) -> None:
        self._play(lambda player: player.set_fit(self.view.pixels()))

    def _dress(self) -> None:
        pictures = {
            "back": "back",
            "frame_previous": "previous",
            "frame_next": "next",
            "undo": "undo",
            "redo": "redo",
        }
        for name, picture in pictures.items():
            self._buttons[name].setIcon(icon(picture))
        if self.isRightToLeft():
            self._buttons["back"].setIcon(icon("back", mirrored=True))


def _place(session: Session, frame: int) -> dict[str, object]:
    """Where a frame is, for words."""
    return {
        "time": tell.moment(session.times[frame]),
        "total": tell.moment(session.times[-1]),
        "frame": frame + 1,
    }
