"""The engine in a process of its own: what breaks there leaves the window alive."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

import blur
from blur.desktop.item import Item
from blur.desktop.mutes import Mutes, as_option
from blur.events import SCHEMA
from blur.settings import Settings

PATIENCE = 8000
"""Milliseconds that a stopped engine has for clearing its drafts away before it is killed."""
LONGEST_LINE = 1 << 20


def command() -> list[str]:
    """The program that is the engine: that of a built application, otherwise cli.py beside the package."""
    if getattr(sys, "frozen", False):
        here = Path(sys.executable)
        return [str(here.with_name(f"blur{here.suffix}"))]
    return [sys.executable, str(Path(blur.__file__).resolve().parent.parent / "cli.py")]


@dataclass(frozen=True, slots=True)
class Plans:
    """Files of plans.

    Attributes:
        made: where the one is written by which a clip is published.
        wanted: by which it goes; None where faces are looked for.
        published: by which its result was published, from which everything comes that stays the same.
    """

    made: Path
    wanted: Path | None = None
    published: Path | None = None


def arguments(item: Item, settings: Settings, plans: Plans, mutes: Mutes) -> list[str]:
    """The engine's arguments for a clip; ``mutes`` mean nothing where all sound is removed."""
    making = ["-o", str(item.target), "--style", settings.style, "--plan", str(plans.made), "--json"]
    muting = bool(mutes) and settings.audio != "remove"
    making += ["--audio", "mute" if muting and settings.audio == "keep" else settings.audio]
    if muting:
        making += ["--mute", as_option(mutes)]
    # A clip that goes by its plan replaces what was published by an earlier state of it.
    if plans.wanted is not None:
        if plans.published is not None:
            making += ["--from", str(item.target), "--from-plan", str(plans.published)]
        return ["render", *making, "--force", "--", str(plans.wanted), str(item.source)]
    if item.unverified:
        making.append("--accept-unverified")
    if item.thorough:
        making += ["--preset", "thorough"]
    return [*making, "--", str(item.source)]


def event_of(line: bytes) -> dict[str, Any] | None:
    """The event that a line of the engine's output holds; None for anything else."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and event.get("schema") == SCHEMA else None


class Engine(QObject):
    """One run of the engine.

    Signals:
        told: an event, as a dictionary.
        ended: whether it had been asked to stop; nothing comes after it.
    """

    told = Signal(dict)
    ended = Signal(bool)

    def __init__(self, program: list[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stopped = False
        self._over = False
        self._process = QProcess(self)
        self._process.setProgram(program[0])
        self._process.setArguments(program[1:])
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.SeparateChannels)
        self._process.setStandardErrorFile(QProcess.nullDevice())
        self._process.setStandardInputFile(QProcess.nullDevice())
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._end)
        self._process.errorOccurred.connect(self._broke)

    def start(self) -> None:
        self._process.start()

    def stop(self) -> None:
        """Asks the engine to end, which clears its drafts away; kills it where it does not."""
        self._stopped = True
        self._process.terminate()
        QTimer.singleShot(PATIENCE, self, self._process.kill)

    def stop_and_wait(self) -> None:
        """The same, and comes back when it is gone."""
        self.stop()
        if not self._process.waitForFinished(PATIENCE):
            self._process.kill()
            self._process.waitForFinished(PATIENCE)

    def _read(self) -> None:
        while self._process.canReadLine():
            event = event_of(bytes(self._process.readLine(LONGEST_LINE).data()))
            if event is not None:
                self.told.emit(event)

    def _broke(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end()

    def _end(self) -> None:
        if not self._over:
            self._over = True
            self._read()
            self.ended.emit(self._stopped)
