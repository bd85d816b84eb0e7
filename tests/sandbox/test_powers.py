from __future__ import annotations

from pathlib import Path

from tests.sandbox.trying import needs_seccomp, tried

TAKEN = """
import subprocess
from blur.sandbox.limits import hold
def powers(text):
    names = ("CapInh", "CapPrm", "CapEff", "CapAmb")
    return [int(line.split()[1], 16) for line in text.splitlines() if line.startswith(names)]
def tell():
    with open("/proc/self/status") as file:
        own = powers(file.read())
    started = subprocess.run(["/bin/cat", "/proc/self/status"], capture_output=True, text=True).stdout
    return [own, powers(started)]
before = tell()
hold()
told = [before, tell()]
"""
FILES = 0b1110
"""CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH and CAP_FOWNER."""


@needs_seccomp
def test_root_keeps_its_powers_over_files_alone_and_so_does_what_it_starts() -> None:
    before, after = tried(TAKEN)
    assert len(before) == len(after) == 2
    for held, kept in zip(before, after, strict=True):
        assert len(held) == 4
        assert kept == [word & FILES for word in held]


REFUSED = """
import os
from blur.sandbox.limits import hold
hold()
tries = [
    lambda: os.chroot("/"),
    lambda: os.setuid(65534),
    lambda: os.nice(-1),
    lambda: os.mknod(sys.argv[1], 0o20600, os.makedev(1, 3)),
]
told = []
for what in tries:
    try:
        what()
        told.append("done")
    except OSError as error:
        told.append(error.strerror)
"""


@needs_seccomp
def test_what_root_alone_may_do_is_refused_to_everybody(tmp_path: Path) -> None:
    assert tried(REFUSED, tmp_path / "device") == ["Operation not permitted"] * 4
