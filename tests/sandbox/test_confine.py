from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from blur.sandbox.confine import NOTHING, Reach, rights
from blur.sandbox.landlock import EXECUTE, MAKE_REG, READ_FILE, REMOVE_FILE, WRITE, WRITE_FILE
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
assert confine(Reach.to([clip, clip.with_name("absent")], [out / "a.mp4"]))
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
    found = rights(Reach((clip, tmp_path / "absent.mp4", tmp_path), (out,)))
    assert found[clip] == READ_FILE
    assert found[out] == WRITE
    assert tmp_path / "absent.mp4" not in found
    assert tmp_path not in found
    writable = {path for path, bits in found.items() if bits & (WRITE_FILE | MAKE_REG | REMOVE_FILE)}
    assert writable == {out, Path("/dev/null")}
    assert REPO in found
    assert not found[REPO] & EXECUTE
    assert Path.home() not in rights(NOTHING)


def test_a_reach_names_each_folder_once(tmp_path: Path) -> None:
    reach = Reach.to(
        [tmp_path / "a"], [tmp_path / "x" / "1.mp4", tmp_path / "x" / "2.mp4", tmp_path / "3.mp4"]
    )
    assert reach == Reach((tmp_path / "a",), (tmp_path / "x", tmp_path))


@pytest.mark.skipif(sys.platform != "linux", reason="tells of Linux alone")
def test_a_kernel_without_landlock_is_told_of_and_not_an_error() -> None:
    code = """
from blur.sandbox import confine, landlock
landlock.version = lambda: 0
told = confine.confine(confine.NOTHING)
"""
    assert tried(code) is False
