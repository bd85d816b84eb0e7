"""Giving up the network, for good, for this process and whatever it starts."""

from __future__ import annotations

import ctypes
import os
import sys

from blur.sandbox import environment, seccomp
from blur.sandbox.inforce import Lock, note
from blur.sandbox.seccomp import Network

SYSTEM: str = sys.platform


def seal(network: Network = "none") -> Lock:
    """Takes the network away by the strongest means that need no privilege, and says by which.

    To be called first of all, before any native library is loaded. It cannot be undone.

    Args:
        network: what is left: nothing, this machine's own sockets, or, on Linux alone, what a cluster needs.
    """
    environment.settle()
    lock = _locked(network)
    note(network=lock)
    return lock


def _locked(network: Network) -> Lock:
    try:
        if SYSTEM == "linux":
            seccomp.install(network)
            return "seccomp"
        if SYSTEM == "darwin":
            _seal_macos(network == "local")
            return "sandbox_init"
    except (OSError, AttributeError):
        if SYSTEM == "linux":
            return "none"
    sys.addaudithook(_refuse)
    return "python"


def can_open_sockets() -> bool:
    """Whether this process gets a socket for the internet from the system; the proof of the seal."""
    if os.name == "nt":
        return True  # nothing but Python is barred there
    libc = ctypes.CDLL(None)
    families = (2, 10 if SYSTEM == "linux" else 30)  # AF_INET, AF_INET6
    kinds = (1, 2, 3)  # stream, datagram, raw
    opened = [h for family in families for kind in kinds if (h := libc.socket(family, kind, 0)) >= 0]
    for handle in opened:
        os.close(handle)
    return bool(opened)


def _seal_macos(local: bool) -> None:
    """sandbox_init(3), with its manual's profile kSBXProfileNoNetwork, or kSBXProfileNoInternet."""
    profile = b"no-internet" if local else b"no-network"
    complaint = ctypes.c_char_p()
    if ctypes.CDLL(None).sandbox_init(profile, ctypes.c_uint64(1), ctypes.byref(complaint)) != 0:
        raise OSError("sandbox_init refused")


def _refuse(event: str, _: object) -> None:
    if event in ("socket.__new__", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        raise PermissionError("Blur opens no connections")
