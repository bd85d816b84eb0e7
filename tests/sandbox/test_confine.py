from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from blur.sandbox.confine import NOTHING, Reach, rights
from blur.sandbox.landlock import (
    EXECUTE,
    MAKE_REG,
    READ_FILE,
    RECEIVE,
    REFER,
    REMOVE_FILE,
    WRITE,
    WRITE_FILE,
    version,
)
from tests.conftest import REPO
from tests.sandbox.trying import needs_landlock, tried

CONFINED = """
import os, subprocess, sys
from pathlib import Path
from blur.sandbox.confine import Reach, confine

def ends(attempt):
    try:
        attempt()
    except OSError as error:
        return type(error).__name__
    return "done"

clip, other, out = map(Path, sys.argv[1:4])
assert confine(Reach.to([clip, clip.with_name("absent")], [], [out / "a.mp4"]), {})
def made():
    (out / "new").write_bytes(b"x")
    (out / "new").replace(out / "made")
def shell():
    subprocess.run(["/bin/sh", "-c", "true"], check=True)
def thread_reads():
    import concurrent.futures
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(other.read_bytes).result()
"""

TRIALS = {
    "clip.read_bytes()": "done",
    "made()": "done",
    "__import__('cv2')": "done",
    "__import__('av')": "done",
    "open('/dev/null', 'w')": "done",
    "clip.write_bytes(b'')": "PermissionError",
    "clip.open('ab')": "PermissionError",
    "clip.unlink()": "PermissionError",
    "clip.rename(clip.with_name('b'))": "PermissionError",
    "os.truncate(clip, 0)": "PermissionError",
    "other.read_bytes()": "PermissionError",
    "thread_reads()": "PermissionError",
    "os.listdir(other.parent)": "PermissionError",
    "other.with_name('new').write_bytes(b'')": "PermissionError",
    "os.mkdir(out / 'folder')": "PermissionError",
    "os.mkfifo(out / 'pipe')": "PermissionError",
    "os.symlink(other, out / 'link')": "PermissionError",
    "os.link(other, out / 'hard')": "PermissionError|OSError",
    "Path('/etc/passwd').read_bytes()": "PermissionError",
    "Path('/proc/1/cmdline').read_bytes()": "PermissionError",
    "shell()": "PermissionError",
    "os.kill(os.getppid(), 0)": "PermissionError|done",
}


@needs_landlock
def test_a_confined_process_reaches_its_clip_and_its_outputs_and_nothing_else(tmp_path: Path) -> None:
    files = [tmp_path / "in" / "clip.mp4", tmp_path / "secret" / "diary.txt"]
    for path in files:
        path.parent.mkdir()
        path.write_bytes(b"original")
    out = tmp_path / "out"
    out.mkdir()
    code = f"{CONFINED}\ntold = {{trial: ends(lambda: eval(trial)) for trial in {list(TRIALS)!r}}}"
    told = tried(code, *files, out)
    assert [(trial, told[trial]) for trial in TRIALS if told[trial] not in TRIALS[trial].split("|")] == []
    assert [path.read_bytes() for path in files] == [b"original"] * 2
    assert [path.name for path in out.iterdir()] == ["made"]


@needs_landlock
def test_a_link_that_is_turned_elsewhere_leads_nowhere(tmp_path: Path) -> None:
    clip, other, link = tmp_path / "in" / "a.mp4", tmp_path / "diary", tmp_path / "in" / "link.mp4"
    clip.parent.mkdir()
    clip.write_bytes(b"clip")
    other.write_bytes(b"secret")
    link.symlink_to(clip)
    code = f"{CONFINED}\nclip.read_bytes()\nprint('go', flush=True)\ninput()\nprint(ends(clip.read_bytes))"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(link), str(other), str(clip.parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPO,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "go\n"
        link.unlink()
        link.symlink_to(other)
        out, _ = process.communicate("\n", timeout=30)
    assert out == "PermissionError\n"


def test_rights_are_for_inputs_to_be_read_and_for_output_folders_to_be_written(tmp_path: Path) -> None:
    clip, out = tmp_path / "a.mp4", tmp_path / "out"
    clip.touch()
    found = rights(Reach((clip, tmp_path / "absent.mp4", tmp_path), (), (out,)), {})
    assert found[clip] == READ_FILE
    assert found[out] == WRITE
    assert tmp_path / "absent.mp4" not in found
    assert tmp_path not in found
    writable = {path for path, bits in found.items() if bits & (WRITE_FILE | MAKE_REG | REMOVE_FILE)}
    assert writable == {out, Path("/dev/null")}
    assert REPO in found
    assert not found[REPO] & EXECUTE
    assert Path.home() not in rights(NOTHING, {})


def test_a_reach_names_each_folder_once(tmp_path: Path) -> None:
    made = [tmp_path / "x" / "1.mp4", tmp_path / "x" / "2.mp4", tmp_path / "3.mp4"]
    reach = Reach.to([tmp_path / "a"], made, [tmp_path / "plan.json"])
    assert reach == Reach((tmp_path / "a",), (tmp_path / "x", tmp_path), (tmp_path,))
    assert reach.folders == (tmp_path / "x", tmp_path)


def test_a_folder_is_open_as_a_whole_only_where_it_has_no_private_one(tmp_path: Path) -> None:
    reach = Reach.to([], [tmp_path / "a.mp4"])
    assert rights(reach, {})[tmp_path] == WRITE
    private = tmp_path / "private"
    found = rights(reach, {tmp_path: private})
    assert (found[tmp_path], found[private]) == (RECEIVE, WRITE | REFER)
    found = rights(Reach.to([], [tmp_path / "a.mp4"], replaces=True), {tmp_path: private})
    assert found[tmp_path] == RECEIVE | REMOVE_FILE


BESIDE = """
import os
from pathlib import Path
from blur.media.draft import Draft
from blur.media.workplace import PRIVATE, private_folder
from blur.sandbox.confine import Reach, confine

def ends(attempt):
    try:
        attempt()
    except Exception as error:
        return type(error).__name__
    return "done"

clip, neighbour, replaces = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "True"
out = clip.with_name("out.mp4")
def publish(target):
    with Draft(target, force=replaces) as draft:
        draft.path.write_bytes(b"covered")
        draft.publish()
with private_folder(clip.parent) as private:
    PRIVATE[clip.parent] = private
    assert confine(Reach.to([clip], [out], replaces=replaces), PRIVATE)
    told = {trial: ends(lambda: eval(trial)) for trial in (
        "clip.read_bytes()", "publish(out)", "publish(out)", "clip.write_bytes(b'')", "os.truncate(clip, 0)",
        "neighbour.read_bytes()", "neighbour.write_bytes(b'')", "clip.with_name('new').write_bytes(b'')",
        "os.link(neighbour, private / 'x')", "clip.rename(private / 'x')",
    )}
    told["twice"] = ends(lambda: publish(out))
"""


@pytest.mark.skipif(version() < 2, reason="this kernel's Landlock cannot move files between folders")
@pytest.mark.parametrize("replaces", [False, True])
def test_an_output_beside_its_clip_gives_no_way_to_change_the_clip_or_to_read_its_neighbours(
    tmp_path: Path, replaces: bool
) -> None:
    clip, neighbour = tmp_path / "clip.mp4", tmp_path / "neighbour.mp4"
    for path in (clip, neighbour):
        path.write_bytes(b"original")
    told = tried(BESIDE, clip, neighbour, replaces)
    assert told.pop("clip.read_bytes()") == "done"
    assert told.pop("publish(out)") == ("done" if replaces else "ExistsError")  # the second time
    assert told.pop("twice") == ("done" if replaces else "ExistsError")
    assert set(told.values()) <= {"PermissionError", "OSError"}, told
    assert clip.read_bytes() == neighbour.read_bytes() == b"original"
    # An empty file could be left, and the private folder is its parent's to remove.
    left = [path for path in tmp_path.iterdir() if path.is_file() and path.stat().st_size]
    assert sorted(path.name for path in left) == ["clip.mp4", "neighbour.mp4", "out.mp4"]
    assert (tmp_path / "out.mp4").read_bytes() == b"covered"


@pytest.mark.skipif(sys.platform != "linux", reason="tells of Linux alone")
def test_a_kernel_without_landlock_is_told_of_and_not_an_error() -> None:
    code = """
from blur.sandbox import confine, landlock
landlock.version = lambda: 0
told = confine.confine(confine.NOTHING, {})
"""
    assert tried(code) is False
