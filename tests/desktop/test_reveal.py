from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]

MANAGER = """
from PySide6.QtCore import ClassInfo, QCoreApplication, QObject, Slot
from PySide6.QtDBus import QDBusConnection
@ClassInfo({"D-Bus Interface": "org.freedesktop.FileManager1"})
class Manager(QObject):
    @Slot("QStringList", str)
    def ShowItems(self, files, startup):
        print("shown", *files, flush=True)
app, manager, bus = QCoreApplication([]), Manager(), QDBusConnection.sessionBus()
bus.registerObject("/org/freedesktop/FileManager1", manager, QDBusConnection.RegisterOption.ExportAllSlots)
print(bus.registerService("org.freedesktop.FileManager1"), flush=True)
app.exec()
"""
REVEAL = """
import sys
from pathlib import Path
from PySide6.QtGui import QDesktopServices, QGuiApplication
from blur.sandbox.offline import seal
seal("local")
app = QGuiApplication([])
def opened(url):
    print("opened", url.toLocalFile(), flush=True)
    return "none" not in url.toLocalFile()
QDesktopServices.openUrl = opened
from blur.desktop.reveal import reveal
print(reveal(Path(sys.argv[1])))
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have commands of their own")


def environment(bus: str) -> dict[str, str]:
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen", "DBUS_SESSION_BUS_ADDRESS": bus}


def revealed(path: Path, bus: str) -> str:
    call = [sys.executable, "-c", REVEAL, str(path)]
    return subprocess.run(
        call, env=environment(bus), cwd=REPO, capture_output=True, text=True, check=True
    ).stdout


def test_without_a_file_manager_that_listens_the_folder_is_opened(tmp_path: Path) -> None:
    assert revealed(tmp_path / "a b.mp4", f"unix:path={tmp_path}/none") == f"opened {tmp_path}\nTrue\n"
    assert revealed(tmp_path / "none" / "a.mp4", f"unix:path={tmp_path}/none").endswith("False\n")


@pytest.mark.skipif(not shutil.which("dbus-daemon"), reason="no dbus-daemon here")
def test_a_file_manager_is_asked_to_select_the_file(tmp_path: Path) -> None:
    daemon = ["dbus-daemon", "--session", "--print-address=1", "--nofork"]
    with (
        subprocess.Popen(daemon, stdout=subprocess.PIPE, text=True) as bus,
        (tmp_path / "said").open("w") as said,
    ):
        assert bus.stdout is not None
        address = bus.stdout.readline().strip()
        manager = subprocess.Popen([sys.executable, "-c", MANAGER], stdout=said, env=environment(address))
        try:
            end = time.monotonic() + 30
            while "True" not in (tmp_path / "said").read_text():
                assert time.monotonic() < end
                time.sleep(0.05)
            assert revealed(tmp_path / "a b.mp4", address) == "True\n"
            assert f"shown file://{tmp_path}/a%20b.mp4" in (tmp_path / "said").read_text()
        finally:
            for process in (manager, bus):
                process.kill()
                process.wait()
