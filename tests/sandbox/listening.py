"""Runs programs where nothing can be reached, every address leads to a listener, and names are logged.

Run by `unshare -rnm`: an empty network of its own, in which all addresses of the world are this machine's,
and a name server that answers every question. Reads calls as JSON from stdin, and writes what each sent.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

ALL_PACKETS = 0x0003  # ETH_P_ALL
SECONDS = 120.0
IN_CI = ("CI", "TF_BUILD", "JENKINS_URL")
"""Where these are set, openvino's telemetry is silent by itself, and silence would prove nothing."""
ROUTES = (
    "link set lo up",
    "route add local 0.0.0.0/0 dev lo",
    "-6 route add local ::/0 dev lo",
)
FILES = {
    "/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    "/etc/nsswitch.conf": "hosts: files dns\n",
}


@dataclass(frozen=True)
class Call:
    """A program; one that ends by itself, or by Ctrl-C once the file ``until`` is there."""

    command: list[str]
    until: str | None = None


@dataclass
class Heard:
    """What came of a call: its exit code and complaints, the names it asked for, where packets went."""

    code: int = 0
    said: str = ""
    names: list[str] = field(default_factory=list)
    packets: list[str] = field(default_factory=list)


def can_listen() -> bool:
    """Whether this system lets a test have a network and mounts of its own."""
    if not shutil.which("unshare") or not shutil.which("ip"):
        return False
    tried = "&&".join([*(f"ip {route}" for route in ROUTES), "mount -t tmpfs none /mnt"])
    run = subprocess.run(["unshare", "-rnm", "sh", "-c", tried], capture_output=True, check=False)
    return run.returncode == 0


def listened_to(calls: dict[str, Call], folder: Path) -> dict[str, Heard]:
    """What each call sends, by name. They run one after another, in the folder."""
    run = subprocess.run(
        ["unshare", "-rnm", sys.executable, __file__],
        input=json.dumps({name: asdict(call) for name, call in calls.items()}),
        capture_output=True,
        text=True,
        cwd=folder,
        env={key: value for key, value in os.environ.items() if key not in IN_CI} | {"HOME": str(folder)},
        timeout=SECONDS * len(calls),
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return {name: Heard(**told) for name, told in json.loads(run.stdout).items()}


def settle(folder: Path) -> None:
    for route in ROUTES:
        subprocess.run(["ip", *route.split()], check=True)
    for place, text in FILES.items():
        own = folder / Path(place).name
        own.write_text(text)
        if Path(place).exists():
            subprocess.run(["mount", "--bind", str(own), place], check=True)


class Ears:
    """The name server and the ear on the wire."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._server.bind(("127.0.0.1", 53))
        self._wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PACKETS))
        self._wire.bind(("lo", 0))
        self._wire.setblocking(False)
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        while True:
            question, asker = self._server.recvfrom(4096)
            labels, at = [], 12
            while question[at]:
                labels.append(question[at + 1 : at + 1 + question[at]].decode(errors="replace"))
                at += 1 + question[at]
            self.names.append(".".join(labels))
            # The same question; for an address (type 1) one answer: 192.0.2.1, which leads back here.
            known = question[at + 1 : at + 3] == b"\0\1"
            answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1" if known else b""
            head = question[:2] + b"\x81\x80\0\1\0" + bytes([known]) + b"\0\0\0\0"
            self._server.sendto(head + question[12 : at + 5] + answer, asker)

    def _packets(self) -> list[str]:
        """Where the packets went that were sent since it was last asked."""
        found = set()
        with suppress(BlockingIOError):
            while True:
                packet = self._wire.recv(1 << 16)[14:]  # behind the frame's head
                six = packet[0] >> 4 == 6
                place = packet[24:40] if six else packet[16:20]
                found.add(socket.inet_ntop(socket.AF_INET6 if six else socket.AF_INET, place))
        return sorted(found)

    def hear(self, call: Call) -> Heard:
        """Runs a call. What it sent has come through when it ends: all of it stays in the kernel."""
        self.names = []
        with (
            tempfile.TemporaryFile("w+") as said,
            subprocess.Popen(call.command, stdout=subprocess.DEVNULL, stderr=said) as run,
        ):
            try:
                if call.until is not None:
                    wait_for(Path(call.until), run)
                    run.send_signal(signal.SIGINT)
                run.wait(SECONDS)
            finally:
                run.kill()
            said.seek(0)
            return Heard(run.returncode, said.read(), self.names, self._packets())


def wait_for(path: Path, run: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS
    while not path.exists() and run.poll() is None:
        time.sleep(0.05)
        assert time.monotonic() < end, f"{path} never appears"


def main() -> None:
    calls = {name: Call(**told) for name, told in json.load(sys.stdin).items()}
    with tempfile.TemporaryDirectory() as folder:
        settle(Path(folder))
        ears = Ears()
        json.dump({name: asdict(ears.hear(call)) for name, call in calls.items()}, sys.stdout)


if __name__ == "__main__":
    main()
