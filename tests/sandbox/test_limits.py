from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from blur.sandbox.limits import _running, fit, memory
from tests.sandbox.trying import tried

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits are for Linux")

HELD = """
import resource
from pathlib import Path
from blur.sandbox import limits
clip = Path(sys.argv[1])
soft = lambda kind: resource.getrlimit(kind)[0]
limits.hold()
before = soft(resource.RLIMIT_DATA)
limits.fit(clip, 1280 * 720)
kinds = dict(
    memory=resource.RLIMIT_DATA,
    core=resource.RLIMIT_CORE,
    file=resource.RLIMIT_FSIZE,
    seconds=resource.RLIMIT_CPU,
    tasks=resource.RLIMIT_NPROC,
)
told = {name: soft(kind) for name, kind in kinds.items()} | {"before": before}
try:
    bytearray(told["memory"])
    told["hoard"] = "held"
except MemoryError:
    told["hoard"] = "refused"
limits.fit(clip, 7680 * 4320)
told["room"] = soft(resource.RLIMIT_DATA) > told["memory"]
"""


def test_a_clip_gets_what_its_size_needs_and_no_more(tmp_path: Path) -> None:
    clip = tmp_path / "a.mp4"
    clip.write_bytes(bytes(3 << 20))
    told = tried(HELD, clip)
    assert told["core"] == 0
    assert told["memory"] == memory(1280 * 720, os.cpu_count() or 1)
    assert told["before"] == 2 * memory(0, os.cpu_count() or 1)
    assert told["hoard"] == "refused"
    assert told["room"] is True
    assert told["file"] == (8 << 30) + 64 * (3 << 20)
    assert 0 <= told["seconds"] - (4 * 3600 + 3 * 2000) <= 5
    assert told["tasks"] >= 512 + 256 * (os.cpu_count() or 1)


BOMB = """
from blur.errors import UnreadableError
from blur.plan.store import loads
from blur.sandbox import limits
limits._MEMORY, limits._MEMORY_PER_PROCESSOR = 128 << 20, 0
limits.hold()
try:
    loads("[" + "[]," * (10 << 20) + "0]")
    told = "read"
except UnreadableError as error:
    told = error.message
"""


def test_a_plan_that_unfolds_to_many_times_its_size_is_refused() -> None:
    assert tried(BOMB) == "the plan takes more memory than any should"


BREED = """
import os, signal
from blur.sandbox import limits
from blur.sandbox.limits import fit, hold
if os.getuid() == 0:
    os.setuid(65534)  # the kernel lets root start what it likes
limits._TASKS, limits._TASKS_PER_PROCESSOR, limits._running = 20, 0, lambda: 0
hold()
fit(__import__("pathlib").Path("/proc/version"), 1)
children = []
try:
    while len(children) < 100:
        child = os.fork()
        if not child:
            signal.pause()
        children.append(child)
    told = "endless"
except BlockingIOError:
    told = "refused"
for child in children:
    os.kill(child, signal.SIGKILL)
"""


def test_a_clip_that_breeds_processes_comes_to_an_end() -> None:
    assert tried(BREED) == "refused"


def test_what_runs_already_is_counted() -> None:
    assert len(list(Path("/proc/self/task").iterdir())) <= _running() < 1 << 22


def test_memory_grows_with_the_picture_and_stays_far_above_what_was_measured() -> None:
    # Measured on two processors: 0.9 GiB for 1280x720, 2.0 GiB for 7680x4320 (VmData).
    assert memory(1280 * 720, 2) > 2 * (9 << 30) // 10
    assert memory(7680 * 4320, 2) > 3 * (2 << 30)


def test_a_process_that_was_not_put_under_limits_is_left_alone() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA), resource.getrlimit(resource.RLIMIT_CPU)
    fit(Path(__file__), 100)
    assert (resource.getrlimit(resource.RLIMIT_DATA), resource.getrlimit(resource.RLIMIT_CPU)) == before


def test_limits_from_outside_stand(tmp_path: Path) -> None:
    code = """
import resource
from pathlib import Path
from blur.sandbox import limits
resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))
limits.hold()
limits.fit(Path(sys.argv[1]), 1 << 20)
told = resource.getrlimit(resource.RLIMIT_DATA)
"""
    clip = tmp_path / "a"
    clip.touch()
    assert tried(code, clip) == [1 << 30, 1 << 30]
