"""Machines on one wire: network namespaces with addresses of their own, joined by a bridge.

They are made inside a user namespace, so that no privilege is needed where the kernel lets users have some.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import pytest

from tests.conftest import REPO

TOOLS = ("unshare", "nsenter", "ip")
HERE = "10.99.0.1"
"""The address of the machine that is on the bridge itself."""


@dataclass(frozen=True)
class Machine:
    """A network namespace, held open by a process."""

    address: str
    holder: subprocess.Popen[bytes]

    def command(self, *words: object) -> list[str]:
        entered = ["nsenter", "-t", str(self.holder.pid), "-U", "-n", "--preserve-credentials"]
        return [*entered, *map(str, words)]

    def run(self, *words: object) -> str:
        return subprocess.run(self.command(*words), check=True, capture_output=True, text=True).stdout

    def blur(self, *words: object, told: IO[bytes] | int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Blur's program on this machine."""
        command = self.command(sys.executable, REPO / "cli.py", *words)
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=told, stderr=subprocess.STDOUT)


@contextmanager
def machines(count: int) -> Iterator[list[Machine]]:
    """So many machines that reach each other and nothing else; skips the test where they cannot be made."""
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"needs {', '.join(missing)} to make network namespaces")
    holders: list[subprocess.Popen[bytes]] = []
    try:
        yield _joined(count, holders)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"this machine makes no network namespaces: {error.stderr}")
    finally:
        for holder in holders:
            holder.kill()
            holder.communicate()


def _joined(count: int, holders: list[subprocess.Popen[bytes]]) -> list[Machine]:
    first = Machine(HERE, _held(["unshare", "--user", "--map-root-user", "--net"], holders))
    first.run("ip", "link", "add", "bridge", "type", "bridge")
    first.run("ip", "address", "add", f"{HERE}/24", "dev", "bridge")
    for name in ("lo", "bridge"):
        first.run("ip", "link", "set", name, "up")
    made = [first]
    for number in range(2, count + 1):
        address = HERE.rpartition(".")[0] + f".{number}"
        other = Machine(address, _held(first.command("unshare", "--net"), holders))
        first.run(
            "ip",
            "link",
            "add",
            f"port{number}",
            "type",
            "veth",
            "peer",
            "name",
            "wire",
            "netns",
            other.holder.pid,
        )
        first.run("ip", "link", "set", f"port{number}", "master", "bridge", "up")
        other.run("ip", "address", "add", f"{address}/24", "dev", "wire")
        other.run("ip", "link", "set", "wire", "up")
        made.append(other)
    return made


def _held(command: Sequence[str], holders: list[subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """A process in new namespaces, which are there once it has said so."""
    holder = subprocess.Popen(
        [*command, "sh", "-c", "echo; exec sleep 600"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    holders.append(holder)
    assert holder.stdout is not None
    assert holder.stderr is not None
    if not holder.stdout.readline():
        raise subprocess.CalledProcessError(1, list(command), stderr=holder.stderr.read().decode())
    return holder
