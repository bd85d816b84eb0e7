"""Keeping what was edited on disk, in a thread: the window never waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from blur.errors import OutputError

Job: TypeAlias = Callable[[], None]


class Keeper(QObject):
    """Does one job at a time; of those that wait, only the newest counts.

    Signals:
        failed: the OutputError of a job.
    """

    failed = Signal(object)
    _reached = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.error: OutputError | None = None
        """Why the last job failed."""
        self._lock = threading.Lock()
        self._job: Job | None = None
        self._then: Job | None = None
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._reached.connect(self._reach)

    def do(self, job: Job) -> None:
        """Does a job, which may raise OutputError, in the thread."""
        with self._lock:
            self._job, self._then = job, None
        self._pool.start(QRunnable.create(self._work))

    def afterwards(self, then: Job) -> None:
        """Calls ``then`` here once everything is done, unless a newer job comes or one fails."""
        with self._lock:
            self._then = then
        self._pool.start(QRunnable.create(self._work))

    def wait(self) -> None:
        """Comes back when everything is done."""
        self._pool.waitForDone()

    def _work(self) -> None:
        with self._lock:
            job, then, self._job, self._then = self._job, self._then, None, None
        if job is not None:
            try:
                job()
                self.error = None
            except OutputError as error:
                self.error = error
                self.failed.emit(error)
        if then is not None and self.error is None:
            self._reached.emit(then)

    def _reach(self, then: Job) -> None:
        then()
