"""What the sandbox is worth on this machine, tried out in a child that gives everything up."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import warnings
from pathlib import Path

from blur.sandbox.confine import NOTHING, confine
from blur.sandbox.inforce import InForce, in_force
from blur.sandbox.landlock import version
from blur.sandbox.limits import hold
from blur.sandbox.offline import can_open_sockets, seal


def prove() -> InForce:
    """Tries what a run gives up. Raises OSError where no child or no file can be made."""
    if sys.platform != "linux":
        barred = sys.platform == "darwin" and not can_open_sockets()
        return InForce("sandbox_init" if barred else "python")
    with tempfile.NamedTemporaryFile() as secret:
        barred, hidden, limited = _in_child(Path(secret.name))
    return InForce("seccomp" if barred else "none", version() if hidden else 0, limited)


def _in_child(secret: Path) -> tuple[bool, bool, bool]:
    """Whether a child that has given all up gets no socket, no look into a file, and is under limits."""
    answers, answer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the child uses no lock of any thread
        child = os.fork()
    if not child:
        try:
            seal()
            hold()
            confine(NOTHING, {})
            told = [not can_open_sockets(), not _opens(secret), in_force().limits]
            os.write(answer, json.dumps(told).encode())
        finally:
            os._exit(0)
    os.close(answer)
    with open(answers, "rb") as file:  # noqa: PTH123 - a handle
        said = file.read()
    os.waitpid(child, 0)
    barred, hidden, limited = json.loads(said or b"[false, false, false]")
    return barred, hidden, limited


def _opens(path: Path) -> bool:
    try:
        path.read_bytes()
    except PermissionError:
        return False
    return True
