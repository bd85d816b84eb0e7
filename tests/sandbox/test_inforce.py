"""What is told to be locked is locked, and nothing more is told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from blur.sandbox.inforce import InForce, Lock, in_force
from blur.sandbox.landlock import version
from blur.sandbox.proof import prove
from tests.conftest import REPO
from tests.media.making import make_clip
from tests.sandbox.trying import tried

STEPS = """
from dataclasses import astuple
from blur.sandbox.confine import NOTHING, confine
from blur.sandbox.inforce import in_force
from blur.sandbox.limits import hold
from blur.sandbox.offline import seal
told = [astuple(in_force())]
for lock in (seal, hold, lambda: confine(NOTHING, {})):
    lock()
    told.append(astuple(in_force()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="tells of Linux alone")
def test_each_lock_is_told_of_once_it_is_on() -> None:
    none, sealed, held, confined = tried(STEPS)
    assert none == ["none", 0, False]
    assert sealed == [sealed[0], 0, False]
    assert held == [sealed[0], 0, True]
    assert confined == [sealed[0], version(), True]


@pytest.mark.skipif(sys.platform != "linux", reason="tells of Linux alone")
def test_a_confinement_that_the_kernel_refuses_is_not_told_of() -> None:
    code = """
from dataclasses import astuple
from blur.sandbox import confine, landlock, seccomp
from blur.sandbox.inforce import in_force
from blur.sandbox.offline import seal
def refuse(local): raise OSError(22, "no filters")
seccomp.install, landlock.version = refuse, lambda: 0
seal()
confine.confine(confine.NOTHING, {})
told = astuple(in_force())
"""
    assert tried(code) == ["none", 0, False]


def test_this_process_gave_nothing_up_and_the_proof_leaves_it_so() -> None:
    before = in_force()
    prove()
    assert in_force() == before == InForce()


@pytest.mark.parametrize("network", get_args(Lock))
def test_what_does_not_hold_is_said_loudly(network: Lock) -> None:
    text = InForce(network).as_text()
    assert ("NOT" in text["network"]) == (network == "none")
    assert "NOT" in text["other files"]
    assert InForce(network, 7, limits=True).as_text()["other files"].endswith("(Landlock 7)")


@pytest.mark.skipif(sys.platform != "linux", reason="tells of Linux alone")
@pytest.mark.parametrize("option", [[], ["--no-confine"]], ids=["confined", "free"])
def test_a_report_and_a_run_tell_what_holds(tmp_path: Path, option: list[str]) -> None:
    make_clip(tmp_path / "a.mp4", pts=range(4))
    run = subprocess.run(
        [sys.executable, str(REPO / "cli.py"), "a.mp4", "--preset", "fast", "--report", "r.json", *option],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads((tmp_path / "r.json").read_text())["confinement"]
    proven = prove()
    assert told == InForce(proven.network, 0 if option else proven.files, limits=True).as_text()
    assert ("could reach your other files" in run.stderr) == bool(option)
