"""Starting the window."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QLibraryInfo, QLocale, Qt, QTimer, QTranslator, Signal
from PySide6.QtGui import QAccessible, QFileOpenEvent, QIcon
from PySide6.QtWidgets import QApplication

from blur.desktop import theme, words
from blur.desktop.state import State, usual_folder
from blur.desktop.widgets import drawing, spoken_as
from blur.desktop.window import Window


class Application(QApplication):
    """Qt's application.

    Signals:
        opened: a file that macOS hands over as an event and not as an argument.
    """

    opened = Signal(str)

    def __init__(self, arguments: Sequence[str]) -> None:
        super().__init__(arguments)
        self._translator = QTranslator(self)
        """For what Qt itself says: names of keys, dialogs of files."""

    def speak(self, language: str) -> None:
        """Chooses a language for what is made from now on, and the direction in which it is read."""
        spoken = words.speak(language)
        self.removeTranslator(self._translator)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if self._translator.load(f"qtbase_{spoken}", folder):
            self.installTranslator(self._translator)
        mirrored = spoken in words.FROM_RIGHT_TO_LEFT
        way = Qt.LayoutDirection
        self.setLayoutDirection(way.RightToLeft if mirrored else way.LeftToRight)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self.opened.emit(event.file())
            return True
        return super().event(event)


def application(language: str | None = None) -> Application:
    """The application with Blur's look, in the system's language or the one that is given."""
    # OpenCV's packages point Qt to plugins of their own, where a parent process had it loaded.
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        os.environ.pop(name, None)
    app = Application(sys.argv[:1])
    QAccessible.installFactory(spoken_as)
    app.setApplicationName("Blur")
    app.setDesktopFileName("blur")
    app.setWindowIcon(QIcon(drawing("blur", 128, "#000000")))
    app.speak(language or QLocale.system().uiLanguages()[0])
    theme.dress(app)
    return app


def run(paths: Sequence[Path]) -> int:
    """Opens the window with the given clips in its queue; returns when it is closed.

    Must not be called in a process that has loaded OpenCV: see blur/media/preview.py.
    """
    app = application()
    window = Window(State(usual_folder()))
    app.opened.connect(lambda file: window.add([Path(file)]))
    # Python runs these between any two steps of its own, so the window is closed once they are done:
    # a clip that is just being put down as done would come back in the next window.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: QTimer.singleShot(0, window.close_unasked))
    sys.excepthook = lambda _kind, error, _trace: window.trouble(error)
    # Python looks at signals only while it runs, so it is woken for a moment.
    waker = QTimer(app, interval=500)
    waker.timeout.connect(lambda: None)
    waker.start()
    window.show()
    window.add(list(paths))
    return app.exec()
