from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPO
from tests.media.making import make_clip, tone
from tests.sandbox.trying import needs_seccomp, tried

SEALED = """
import time
import cli
began = time.perf_counter()
from blur.sandbox import offline
lock = offline.seal()
told = [lock, offline.can_open_sockets(), time.perf_counter() - began]
"""


@needs_seccomp
def test_the_seal_holds_and_costs_next_to_nothing() -> None:
    runs = [tried(SEALED) for _ in range(3)]
    assert [run[:2] for run in runs] == [["seccomp", False]] * 3
    assert min(seconds for _, _, seconds in runs) < 0.02


def test_a_process_that_gave_nothing_up_can_open_sockets() -> None:
    assert tried("from blur.sandbox.offline import can_open_sockets\ntold = can_open_sockets()")


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_where_the_system_has_no_lock_python_refuses(system: str) -> None:
    code = f"""
from blur.sandbox import offline
offline.SYSTEM = {system!r}
told = [offline.seal()]
import socket, urllib.request
for attempt in (
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: socket.getaddrinfo("localhost", 80),
    lambda: urllib.request.urlopen("http://127.0.0.1:9/"),
):
    try:
        attempt()
    except Exception as error:
        told.append("no connections" in str(error))
"""
    assert tried(code) == ["python", True, True, True]


def test_a_kernel_without_filters_is_told_of() -> None:
    code = """
from blur.sandbox import offline, seccomp
def refuse(local): raise OSError(22, "no filters")
seccomp.install = refuse
told = offline.seal()
"""
    if sys.platform == "linux":
        assert tried(code) == "none"


STRACE = shutil.which("strace")
ATTEMPTS = ("socket(", "connect(", "sendto(", "sendmsg(", "sendmmsg(", "bind(", "io_uring_setup(")
BLAZEFACE = """
import sys
from blur.sandbox.offline import seal
seal()
import numpy as np
from blur.detect.blazeface import BlazeFace
for reach in ("short", "full"):
    BlazeFace(reach).detect(np.zeros((400, 400, 3), np.uint8), 0.3)
assert "matplotlib.cbook" not in sys.modules
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("traced")
    return make_clip(folder / "a.mp4", size=(320, 240), sound=tone(0.4, 48000))


@needs_seccomp
@pytest.mark.skipif(STRACE is None, reason="no strace to watch with")
@pytest.mark.parametrize(
    "call",
    [
        ("cli.py", "CLIP", "-o", "o.mp4", "--audio", "keep", "--plan", "p.json", "--force"),
        ("cli.py", "CLIP", "--dry-run", "--no-confine"),
        ("cli.py", "doctor"),
        ("cli.py", "--help"),
        ("-c", BLAZEFACE),
    ],
    ids=["anonymise", "dry-run", "doctor", "help", "blazeface"],
)
def test_no_command_even_tries_to_reach_the_network(
    call: tuple[str, ...], clip: Path, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    places = {"CLIP": clip, "o.mp4": tmp_path / "o.mp4", "p.json": tmp_path / "p.json"}
    script = [str(REPO / word) if word == "cli.py" else str(places.get(word, word)) for word in call]
    watching = [str(STRACE), "-f", "-qq", "-e", "trace=network,io_uring_setup,execve", "-o", str(trace)]
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(REPO), "HOME": str(tmp_path)}
    run = subprocess.run(
        [*watching, sys.executable, *script],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert run.returncode in (0, 4), run.stderr
    lines = trace.read_text().splitlines()
    assert any("execve(" in line for line in lines), "strace saw nothing"
    tried_to = [line for line in lines if any(attempt in line for attempt in ATTEMPTS)]
    # The doctor asks for sockets to show that it gets none.
    if "doctor" in call:
        assert tried_to
        assert all("socket(AF_INET" in line and "EACCES" in line for line in tried_to)
    else:
        assert tried_to == []
    left = {path.name for path in tmp_path.iterdir()} - {"trace", "o.mp4", "p.json"}
    assert left == set(), "something was written into the home folder"


def test_a_system_that_is_not_posix_can_import_it_all() -> None:
    code = """
import os, signal, subprocess, tempfile
import click, rich
for name in ("SIGKILL", "SIGXCPU", "SIGHUP", "pthread_sigmask", "SIG_BLOCK", "SIG_UNBLOCK"):
    delattr(signal, name)
for name in ("O_PATH", "O_CLOEXEC", "O_NOFOLLOW", "fork", "uname", "waitpid", "WNOHANG"):
    delattr(os, name)
sys.modules["fcntl"] = sys.modules["resource"] = None
sys.platform = "win32"
import cli, blur.batch.commands, blur.doctor, blur.sandbox.limits, blur.sandbox.proof, blur.sandbox.sandbox
told = blur.sandbox.offline.seal()
"""
    if sys.platform == "linux":
        assert tried(code) == "python"
