"""Showing a file in its folder, selected where the system can."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices

FILES = "org.freedesktop.FileManager1"
PATIENCE = 2000
"""Milliseconds that a file manager has for its answer."""


def reveal(path: Path) -> bool:
    """Opens the folder of a file in the system's file manager; False where that cannot be done."""
    if sys.platform == "win32":
        return bool(QProcess.startDetached("explorer", [f"/select,{path}"]))
    if sys.platform == "darwin":
        return bool(QProcess.startDetached("open", ["-R", str(path)]))
    return _shown_by_the_desktop(path) or QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))


def _shown_by_the_desktop(path: Path) -> bool:
    """Whether a file manager took the file, by the interface that Linux's desktops have for it."""
    from PySide6.QtDBus import QDBus, QDBusConnection, QDBusMessage

    call = QDBusMessage.createMethodCall(FILES, f"/{FILES.replace('.', '/')}", FILES, "ShowItems")
    call.setArguments([[path.absolute().as_uri()], ""])
    reply = QDBusConnection.sessionBus().call(call, QDBus.CallMode.Block, PATIENCE)
    return reply.type() == QDBusMessage.MessageType.ReplyMessage
