"""What the sandbox is worth on this machine, tried out in a child that gives everything up."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

from blur.sandbox.confine import NOTHING, confine
from blur.sandbox.landlock import version
from blur.sandbox.offline import Lock, can_open_sockets, seal


@dataclass(frozen=True, slots=True)
class Proof:
    """What holds: who refuses sockets, and the version of Landlock that refuses files, 0 for none."""

    network: Lock
    files: int


def prove() -> Proof:
    """Tries what a run gives up. Raises OSError where no child or no file can be made."""
    if sys.platform != "linux":
        barred = sys.platform == "darwin" and not can_open_sockets()
        return Proof("sandbox_init" if barred else "python", 0)
    with tempfile.NamedTemporaryFile() as secret:
        barred, hidden = _in_child(Path(secret.name))
    return Proof("seccomp" if barred else "none", version() if hidden else 0)


def _in_child(secret: Path) -> tuple[bool, bool]:
    """Whether a child that has given all up gets neither a socket nor a look into a file."""
    answers, answer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the child uses no lock of any thread
        child = os.fork()
    if not child:
        try:
            seal()
            confine(NOTHING, {})
            os.write(answer, json.dumps([not can_open_sockets(), not _opens(secret)]).encode())
        finally:
            os._exit(0)
    os.close(answer)
    with open(answers, "rb") as file:  # noqa: PTH123 - a handle
        told = file.read()
    os.waitpid(child, 0)
    barred, hidden = json.loads(told or b"[false, false]")
    return barred, hidden


def _opens(path: Path) -> bool:
    try:
        path.read_bytes()
    except PermissionError:
        return False
    return True
