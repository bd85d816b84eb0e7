"""Kills, full and locked disks, two runs at once: the original stays, the output is whole or absent."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from blur.events import Started
from blur.media.probe import probe
from blur.media.reader import read
from blur.pipeline import anonymise
from blur.settings import Settings
from tests.detect.faces import pasted, texture
from tests.e2e.killing import DRAFT, MADE, Scene, Victim, names
from tests.media.making import make_clip, tone

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and mounts of POSIX systems")

STRACE = shutil.which("strace")


def can_mount() -> bool:
    """Whether a test may mount in a namespace of its own."""
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    return (
        bool(shutil.which("unshare"))
        and subprocess.run(command, capture_output=True, check=False).returncode == 0
    )


needs_mounts = pytest.mark.skipif(not can_mount(), reason="no mount namespaces here")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene.made(tmp_path)


@pytest.fixture
def shared_memory() -> Iterator[Path]:
    folder = Path("/dev/shm/blur-test")
    if not folder.parent.is_dir():
        pytest.skip("no second file system")
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("victim", ["program", "child", "all"])
def test_a_kill_at_any_moment_loses_nothing(scene: Scene, victim: Victim) -> None:
    # python benchmarks/kills.py does the same 200 times.
    scene.kill(victim, random.uniform(0.2, 1.2))
    scene.run()


def test_the_original_is_the_same_before_and_after(scene: Scene) -> None:
    scene.clip.chmod(0o440)
    os.utime(scene.clip, ns=(10**18, 10**18 + 7))
    before = scene.original()
    scene.run()
    assert scene.original() == before


def test_the_original_is_never_opened_for_writing(scene: Scene, tmp_path: Path) -> None:
    if STRACE is None:
        pytest.skip("no strace to watch with")
    lines = traced(
        scene, tmp_path, "open,openat,openat2,creat,truncate,unlink,unlinkat,rename,renameat2,chmod,utimensat"
    )
    of_clip = [line for line in lines if str(scene.clip) in line]
    assert any("O_RDONLY" in line for line in of_clip)
    assert [line for line in of_clip if not re.search(r"O_RDONLY|O_PATH", line) or "O_TRUNC" in line] == []


def test_what_is_written_is_safe_on_the_disk_before_it_gets_its_name(scene: Scene, tmp_path: Path) -> None:
    if STRACE is None:
        pytest.skip("no strace to watch with")
    lines = traced(scene, tmp_path, "fsync,rename,renameat,renameat2,link,linkat")
    done = [line.split(maxsplit=1)[1] for line in lines]
    named = next(i for i, line in enumerate(done) if re.match(r"(rename|link)", line) and "safe.mp4" in line)
    assert re.match(r"fsync\(\d+<[^>]*/\.blur-draft-", done[named - 1]), done
    assert re.match(r"fsync\(\d+<[^>]*/out>", done[named + 1]), done


def traced(scene: Scene, folder: Path, calls: str) -> list[str]:
    trace = folder / "trace"
    command = [str(STRACE), "-f", "-y", "-qq", "-e", f"trace={calls}", "-o", str(trace), *scene.command()]
    subprocess.run(command, check=True, timeout=120)
    return trace.read_text().splitlines()


def test_a_limit_on_files_is_a_full_disk(scene: Scene) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))

    run = subprocess.run(
        scene.command(),
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 8, run.stderr
    assert "Free some space" in run.stderr
    assert not scene.output.parent.exists()


@needs_mounts
@pytest.mark.parametrize(
    ("size", "words"),
    [
        ("4k", "the output cannot be written: No space left on device"),  # the picture
        ("20k", "the output cannot be written: No space left\n"),  # the sound
        ("32k", "no space left for the plan"),
        ("40k", "no space left for the report"),
    ],
)
def test_a_full_disk_leaves_nothing(scene: Scene, size: str, words: str) -> None:
    scene.output.parent.mkdir()
    code, err, left = mounted(scene, f"mount -t tmpfs -o size={size} none OUT")
    assert (code, left) == (8, []), err
    assert words in err
    assert "Traceback" not in err


@needs_mounts
def test_neither_a_full_folder_for_state_nor_one_for_temporary_files_keeps_blur_from_its_work(
    scene: Scene, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    for folder in (scene.output.parent, state):
        folder.mkdir()
    shutil.copy(scene.clip, scene.clip.with_name("again.mp4"))
    mount = f"export BLUR_STATE={state} TMPDIR={state}; mount -t tmpfs -o size=4k none {state}"
    command = [
        *scene.command()[:2],
        str(scene.clip.parent),
        "-o",
        f"{scene.output.parent}/",
        "--preset",
        "fast",
    ]
    code, err, left = mounted(scene, f"{mount} && head -c 4096 /dev/zero > {state}/full", command)
    assert (code, left) == (0, ["blurred-1.mp4", "blurred-2.mp4"]), err
    assert "nothing is remembered" in err


@needs_mounts
def test_a_folder_that_cannot_be_written_to_is_told_at_once(scene: Scene) -> None:
    scene.output.parent.mkdir()
    code, err, left = mounted(scene, "mount -t tmpfs -o ro none OUT")
    assert (code, left) == (8, []), err


def mounted(scene: Scene, mount: str, program: Sequence[str] = ()) -> tuple[int, str, list[str]]:
    """Exit code, complaints and names in the output's folder after a run with something mounted there."""
    script = f'{mount} && "$@" >/dev/null; code=$?; ls -A OUT; exit $code'
    script = script.replace("OUT", str(scene.output.parent))
    command = ["unshare", "-rm", "sh", "-c", script, "sh", *(program or scene.command())]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return run.returncode, run.stderr, run.stdout.splitlines()


def test_another_file_system_is_as_good(scene: Scene, shared_memory: Path) -> None:
    Scene(scene.clip, shared_memory / "new" / "safe.mp4").run()


@pytest.mark.parametrize("force", [False, True])
def test_of_two_runs_onto_one_output_one_publishes_and_one_says_so_or_replaces_it(
    scene: Scene, force: bool
) -> None:
    command = [word for word in scene.command() if force or word != "--force"]
    runs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = ["".join(run.communicate(timeout=120)) for run in runs]
    assert sorted(run.returncode for run in runs) == [0, 0 if force else 8], said
    assert force or "exists already" in "".join(said)
    assert names(scene.output.parent) == MADE
    scene.check_left()


def test_temporary_files_are_private_and_hold_no_uncovered_frame(tmp_path: Path) -> None:
    clip, out = tmp_path / "a.mp4", tmp_path / "out"
    make_clip(clip, size=(320, 240), pts=range(24), sound=tone(0.8, 48000), draw=passing)
    seen = []
    for event in anonymise(clip, out / "a.mp4", Settings(audio="keep", preset="fast")):
        drafts = [
            path for path in tmp_path.rglob("*") if path.is_file() and path not in (clip, out / "a.mp4")
        ]
        assert all(DRAFT.fullmatch(path.name) and path.stat().st_mode & 0o777 == 0o600 for path in drafts)
        if isinstance(event, Started) and event.stage in ("check", "publish"):
            seen += [faces(path) for path in drafts if path.stat().st_size]
    assert seen
    bare = np.array(faces(clip))
    assert all(np.abs(np.array(face) - bare).mean() > 25 for face in seen)
    assert names(out) == ["a.mp4"]


def passing(index: int, width: int, height: int) -> NDArray[np.uint8]:
    return pasted(texture(width, height), 100 + 3 * index, 110, 60)


def faces(path: Path) -> list[NDArray[np.int16]]:
    """The middle of the face of ``passing`` in each frame, as luma."""
    found = []
    for frame in read(probe(path)):
        x = 100 + 3 * len(found)
        found.append(frame.picture.to_ndarray(format="gray")[95:125, x - 15 : x + 15].astype(np.int16))
    return found


def folder_to_link(scene: Scene, precious: Path) -> None:
    folder = scene.output.parent
    folder.rename(folder.with_name("moved"))
    folder.symlink_to(precious.parent)


def folder_gone(scene: Scene, _: Path) -> None:
    shutil.rmtree(scene.output.parent)


def output_to_link(scene: Scene, precious: Path) -> None:
    scene.output.symlink_to(precious)


def output_to_fifo(scene: Scene, _: Path) -> None:
    os.mkfifo(scene.output)


def plan_to_link(scene: Scene, precious: Path) -> None:
    scene.plan.symlink_to(precious)


def clip_to_link(scene: Scene, precious: Path) -> None:
    scene.clip.unlink()
    scene.clip.symlink_to(precious)


SWAPS: dict[str, tuple[Callable[[Scene, Path], None], tuple[int, int]]] = {
    "the folder becomes a link": (folder_to_link, (8, 8)),
    "the folder is gone": (folder_gone, (8, 8)),
    "the output becomes a link": (output_to_link, (8, 0)),
    "the output becomes a pipe": (output_to_fifo, (8, 0)),
    "the plan becomes a link": (plan_to_link, (8, 0)),
    "the clip becomes a link": (clip_to_link, (3, 3)),
}


@pytest.mark.parametrize("force", [False, True], ids=["", "force"])
@pytest.mark.parametrize(("swap", "codes"), SWAPS.values(), ids=SWAPS.keys())
def test_what_is_swapped_while_blur_works_leads_it_nowhere(
    scene: Scene, tmp_path: Path, swap: Callable[[Scene, Path], None], codes: tuple[int, int], force: bool
) -> None:
    """Codes are those without and with --force."""
    precious = tmp_path / "elsewhere" / "precious.mp4"
    precious.parent.mkdir()
    precious.write_bytes(b"mine")
    command = [word for word in scene.command() if force or word != "--force"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if json.loads(line).get("stage") == "render":
                break
        swap(scene, precious)
        out, err = run.communicate(timeout=120)
    assert run.returncode == codes[force], (out, err)
    assert "unexpected" not in out + err
    assert names(precious.parent) == ["precious.mp4"]
    assert precious.read_bytes() == b"mine"
    strays = [path for path in tmp_path.rglob(".*") if DRAFT.fullmatch(path.name)]
    assert strays == []
    if run.returncode == 0:
        assert names(scene.output.parent) == MADE
        assert not any(path.is_symlink() for path in scene.output.parent.iterdir())
        scene.check_left()
    else:
        there = {output_to_link: ["safe.mp4"], output_to_fifo: ["safe.mp4"], plan_to_link: ["safe.json"]}
        left = [] if scene.output.parent.is_symlink() else names(scene.output.parent)
        assert left == there.get(swap, [])
