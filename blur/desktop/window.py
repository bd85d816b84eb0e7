"""The window: two pages, what can be done on them, and what is dropped on it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, Qt
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
)
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMessageBox, QStackedWidget

from blur import __version__
from blur.batch.discover import SUFFIXES
from blur.desktop import engine, tell
from blur.desktop.actions import install, show_page
from blur.desktop.help import Keys
from blur.desktop.home import DropZone, Home
from blur.desktop.queue import Queue
from blur.desktop.reveal import reveal
from blur.desktop.review import Review
from blur.desktop.state import State
from blur.desktop.widgets import asked
from blur.desktop.words import say

log = logging.getLogger(__name__)

HELD_KEY = Qt.Key.Key_B


class Window(QMainWindow):
    """Blur's only window."""

    def __init__(self, state: State, program: Callable[[], list[str]] = engine.command) -> None:
        super().__init__()
        self.setWindowTitle(say("app.name"))
        self.setAcceptDrops(True)
        self.resize(1100, 760)
        self._state = state
        self._unasked = False
        self.queue = Queue(state, program)
        self.queue.refused.connect(self._refused)
        self.review = Review(state, program)
        self.home = Home(self.queue, self._clip_acts(), DropZone(self._ask_files, self._ask_folder))
        self.actions_by_id = install(self, {**self._acts(), **self.review.acts()})
        self.review.lay_out(self.actions_by_id)
        self.review.left.connect(self.go_home)
        self.review.publish.connect(self._publish)
        self.review.failed.connect(self.trouble)
        self.review.edited.connect(self.queue.mark_edited)
        self.review.looked.connect(self.queue.mark_looked)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.home)
        self._pages.addWidget(self.review)
        self.setCentralWidget(self._pages)
        show_page(self.actions_by_id, "home")
        self.queue.restore()

    def add(self, paths: list[Path]) -> None:
        """Takes files and folders, wherever they come from."""
        self.home.notice.hide()
        if paths:
            self.go_home()
        self.queue.add(paths)

    def go_home(self) -> None:
        self.review.close_clip()
        self._pages.setCurrentWidget(self.home)
        show_page(self.actions_by_id, "home")
        card = self.home.cards.get(self.home.current)
        if card is not None:
            card.setFocus()

    def go_review(self, key: str) -> None:
        item = self.queue.items.get(key)
        if item is None or "review" not in tell.able(item):
            return
        self._pages.setCurrentWidget(self.review)  # first, since what is hidden is laid out wrongly
        if not self.review.open(item, self.queue.settings.audio):
            self._pages.setCurrentWidget(self.home)
            self.home.notice.tell(say("review.plan_gone"))
            return
        show_page(self.actions_by_id, "review")
        self.review.view.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The original is in sight only between the key's press and its release, in an active window."""
        if event.key() == HELD_KEY and not event.modifiers() and not event.isAutoRepeat():
            self.review.hold_original(self._pages.currentWidget() is self.review)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == HELD_KEY and not event.isAutoRepeat():
            self.review.hold_original(False)
        else:
            super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.review.hold_original(False)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            self.home.drop.set_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self.home.drop.set_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.home.drop.set_over(False)
        event.acceptProposedAction()
        self._take(event.mimeData())

    def close_unasked(self) -> None:
        """Closes although work is under way, which is stopped and cleared away: the system wants it."""
        self._unasked = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.queue.busy and not self._unasked and not self._really_stop():
            event.ignore()
            return
        self.review.close_clip()
        self.queue.close()
        self.home.close_down()
        self._state.close()
        super().closeEvent(event)

    def _acts(self) -> dict[str, Callable[[], object]]:
        """What the window itself does, by act; acts on a clip mean the one that has the focus."""
        acts: dict[str, Callable[[], object]] = {
            "add": self._ask_files,
            "add_folder": self._ask_folder,
            "paste": lambda: self._take(QGuiApplication.clipboard().mimeData()),
            "place": self._ask_place,
            "quit": self.close,
            "keys": lambda: Keys(self).exec(),
            "about": lambda: QMessageBox.about(
                self, say("action.about"), say("app.about", version=__version__)
            ),
        }
        clip = self._clip_acts()
        return acts | {name: lambda do=do: self._on_current(do) for name, do in clip.items()}

    def _clip_acts(self) -> dict[str, Callable[[str], object]]:
        return {
            "review": self.go_review,
            "show": self._show,
            "again": self.queue.again,
            "anyway": self._publish_anyway,
            "cancel": self.queue.cancel,
            "remove": self._remove,
        }

    def _on_current(self, do: Callable[[str], object]) -> None:
        if self.home.current in self.queue.items:
            do(self.home.current)

    def _ask_files(self) -> None:
        kinds = " ".join(f"*{suffix}" for suffix in sorted(SUFFIXES))
        chosen, _ = QFileDialog.getOpenFileNames(self, say("drop.add"), "", f"{say('drop.filter')} ({kinds})")
        self.add([Path(each) for each in chosen])

    def _ask_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, say("drop.add_folder"))
        self.add([Path(chosen)] if chosen else [])

    def _ask_place(self) -> None:
        self.home.choices.ask_place()

    def _take(self, data: QMimeData) -> None:
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        self.add(paths)
        if not paths:
            self.home.notice.tell(say("drop.nothing"))

    def _show(self, key: str) -> None:
        if key in self.queue.items and not reveal(self.queue.items[key].target):
            self._tell(say("drop.no_folder", path=self.queue.items[key].target))

    def _publish(self, key: str) -> None:
        self.go_home()
        self.queue.again(key)

    def _remove(self, key: str) -> None:
        if not self.queue.items[key].edited or self._asked("remove"):
            self.queue.remove(key)

    def _publish_anyway(self, key: str) -> None:
        if "anyway" in tell.able(self.queue.items[key]) and self._asked("anyway"):
            self.queue.publish_anyway(key)

    def trouble(self, error: BaseException) -> None:
        """Tells of an error that nobody else has caught; the window goes on."""
        log.debug("an error that the window does not expect", exc_info=error)
        self._tell(tell.refusal(error))

    def _tell(self, text: str) -> None:
        if self._pages.currentWidget() is self.home:
            self.home.notice.tell(text)
        else:
            told = QMessageBox(QMessageBox.Icon.Warning, say("app.name"), text, parent=self)
            told.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            told.open()

    def _refused(self, error: BaseException) -> None:
        self.home.notice.tell(tell.refusal(error))

    def _really_stop(self) -> bool:
        return self._asked("close")

    def _asked(self, what: str) -> bool:
        return asked(self, *(say(f"{what}.{part}") for part in ("title", "text", "yes", "no")))
