"""Runs code in a process of its own, which may give up what the test needs."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from blur.sandbox.kernel import machine
from blur.sandbox.landlock import version
from tests.conftest import REPO

needs_seccomp = pytest.mark.skipif(machine() is None, reason="filters are for Linux on x86-64 and aarch64")
needs_landlock = pytest.mark.skipif(version() == 0, reason="this kernel has no Landlock")


def tried(code: str, *arguments: object) -> Any:
    """What the code leaves in ``told``; ``arguments`` are its sys.argv[1:]."""
    run = subprocess.run(
        [sys.executable, "-c", f"import json, sys\n{code}\nprint(json.dumps(told))", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=REPO,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])
