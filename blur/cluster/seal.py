"""What the processes of a cluster that hold a connection keep, beside the kernel's filter for TCP alone.

They never decode anything. What does runs in children that are sealed and confined as always, without any
socket. Held by the kernel: TCP only, and who may call whom (seccomp); the one port, and the files (Landlock,
the port since version 4). Held by Python alone, since neither can tell addresses apart: the one address.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from blur.cluster.address import Address
from blur.errors import MissingError
from blur.sandbox.confine import Reach, rights
from blur.sandbox.inforce import Lock
from blur.sandbox.landlock import BIND_TCP, CONNECT_TCP, EXECUTE, OWN, READ, REMOVE_DIR, restrict, version

PORTS = 4
"""The version of Landlock that tells ports apart."""


def check(lock: Lock | None) -> None:
    """Raises MissingError where this process was not left TCP alone: nothing less will do with a network."""
    if lock != "seccomp":
        raise MissingError(
            "this system cannot hold a cluster's processes to one connection",
            "Clusters need Linux. Without one: blur FOLDER -o DIR.",
        )


def narrow(
    place: Address,
    way: Literal["call", "answer"],
    own: Path,
    reads: Iterable[Path],
    writes: Iterable[Path] = (),
    tidies: Iterable[Path] = (),
) -> str:
    """Bars this process from all other addresses and from all files but these, for good.

    ``own`` is a folder in which it may do everything, ``reads`` are files and folders, ``writes`` folders for
    files, and ``tidies`` folders in which it may remove empty folders. Returns in plain words who holds it to
    what. To be called before any thread is started that uses the network.
    """
    sys.addaudithook(_Watch(place, "socket.connect" if way == "call" else "socket.bind"))
    allowed = rights(Reach(writes=tuple(writes), starts=True), {})
    for paths, bits in ((reads, READ), (tidies, REMOVE_DIR), ((own,), OWN)):
        for path in paths:
            allowed[path] = allowed.get(path, 0) | bits
    if way == "call":
        allowed[Path(sys.executable).resolve()] = READ | EXECUTE  # its children
    try:
        restrict(allowed, {place.port: CONNECT_TCP if way == "call" else BIND_TCP})
    except OSError:
        landlock = 0
    else:
        landlock = version()
    verb = "Connects to" if way == "call" else "Answers at"
    kernel = "TCP alone" if landlock < PORTS else f"TCP and port {place.port} alone"
    files = "" if landlock else " This kernel cannot bar it from other files."
    return f"{verb} {place} and to nothing else: {kernel} by the kernel, the address by Python.{files}"


class _Watch:
    """Refuses addresses in Python, where every connection of dask begins."""

    def __init__(self, place: Address, event: str) -> None:
        self._place = (place.host, place.port)
        self._event = event

    def __call__(self, event: str, told: tuple[object, ...]) -> None:
        if event == self._event:
            where = told[1]
            if not isinstance(where, tuple) or where[:2] != self._place:
                raise PermissionError("Blur opens no connection but the cluster's")
