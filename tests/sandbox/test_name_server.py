"""With the locks off, so that libraries could do what they like: no name is asked for, no packet is sent.

That nothing is even tried with the locks on is shown by test_offline.py, by its system calls.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from click import Group
from numpy.typing import NDArray

from cli import cli
from tests.conftest import REPO
from tests.detect.faces import pasted, texture
from tests.media.making import make_clip, tone
from tests.sandbox.listening import Call, Heard, can_listen, listened_to

pytestmark = pytest.mark.skipif(not can_listen(), reason="no networks of one's own here (unshare, ip)")

UNLOCKED = f"""
import os, sys
sys.path.insert(0, {str(REPO)!r})
from blur.sandbox import landlock, seccomp
seccomp.install = lambda *_, **__: None
landlock.version = lambda: 0
os.environ |= dict(QT_QPA_PLATFORM="offscreen", BLUR_STATE="state", XDG_CONFIG_HOME="config")
os.environ |= dict(XDG_STATE_HOME="state", XDG_DATA_HOME="data", XDG_CACHE_HOME="cache")
"""
PROGRAM = f"{UNLOCKED}\nimport cli\ncli.main()"
SHORT_DEMO = f"{UNLOCKED}\nimport blur.media.demo as demo, cli\ndemo.SECONDS = 0.2\ncli.main()"
FILM = f"""
import io
orders = b'["clip.mp4", [[0, 1], [1, 25]]]\\n[0, [64, 64]]\\n'
{UNLOCKED}
sys.stdin = io.TextIOWrapper(io.BytesIO(orders))
import cli
cli.main()
"""
DETECTORS = f"""
{UNLOCKED}
from blur.sandbox.offline import seal
seal()
import cv2
from blur.detect.blazeface import BlazeFace
from blur.detect.centerface import CenterFace
from blur.detect.retinaface import RetinaFace
picture = cv2.imread("photo.png")
for detector in (CenterFace(), RetinaFace(), BlazeFace("short"), BlazeFace("full")):
    detector.detect(picture, 0.3)
"""
FFMPEG = """
import subprocess, imageio_ffmpeg
command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", "clip.mp4", "-f", "null", "-"]
subprocess.run(command, check=True)
"""
TALKATIVE = """
import socket
socket.create_connection(("example.org", 80), timeout=1)
"""
OPENVINO = "import openvino"
TALKS = {("cluster", "worker"), ("cluster", "clip")}
"""What talks to another machine, and its child; tests/cluster says to which."""


def blur(*words: str, until: str | None = None) -> Call:
    return Call([sys.executable, "-c", PROGRAM, *words], until)


CALLS = {
    "video and photo": blur(
        "clip.mp4", "photo.png", "-o", "out/", "--audio", "disguise", "--preset", "thorough"
    ),
    "plan": blur("clip.mp4", "-o", "a.mp4", "--plan", "plan.json", "--report", "a.html", "--mute", "0-0.1"),
    "render": blur("render", "plan.json", "clip.mp4", "-o", "b.mp4", "--audio", "keep"),
    "follow": blur("follow", "plan.json", "clip.mp4", "--track", "0", "--at", "0", "-o", "new.json"),
    "audit": blur("audit", "a.mp4", "--source", "clip.mp4", "--plan", "plan.json"),
    "traces": blur("traces", "clip.mp4", "photo.png"),
    "doctor": blur("doctor"),
    "demo": Call([sys.executable, "-c", SHORT_DEMO, "demo", "."]),
    "batch": blur("batch", "status"),
    "batch retry": blur("batch", "retry"),
    "batch forget": blur("batch", "forget"),
    "watch": blur("watch", "in", "-o", "watched", until="watched/blurred-1.png"),
    "cluster keys": blur("cluster", "keys", "keys"),
    "print config": blur("--print-config", "--preset", "fast"),
    "desktop": blur("desktop", "clip.mp4", until="clip-blurred.mp4"),
    "window film": Call([sys.executable, "-c", FILM, "window-film"]),
    "help": blur("--help"),
    "detectors": Call([sys.executable, "-c", DETECTORS]),
    "ffmpeg": Call([sys.executable, "-c", FFMPEG]),
    "talkative": Call([sys.executable, "-c", TALKATIVE]),
    "openvino as it comes": Call([sys.executable, "-c", OPENVINO]),
}


def draw(index: int, width: int, height: int) -> NDArray[np.uint8]:
    return pasted(texture(width, height), 150 + index, 110, 70)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Heard]:
    folder = tmp_path_factory.mktemp("listening")
    make_clip(folder / "clip.mp4", size=(320, 240), pts=range(8), sound=tone(0.3, 48000), draw=draw)
    (folder / "in").mkdir()
    for photo in ("photo.png", "in/photo.png"):
        cv2.imwrite(str(folder / photo), draw(0, 320, 240)[..., ::-1])
    return listened_to(CALLS, folder)


def test_the_listener_hears_whoever_talks(heard: dict[str, Heard]) -> None:
    talked = heard["talkative"]
    assert talked.code != 0
    assert set(talked.names) == {"example.org"}
    assert set(talked.packets) >= {"127.0.0.1", "192.0.2.1"}


def test_openvino_as_it_comes_asks_for_an_analytics_host(heard: dict[str, Heard]) -> None:
    assert set(heard["openvino as it comes"].names) == {"www.google-analytics.com"}, (
        "is the bar still needed?"
    )


@pytest.mark.parametrize("name", sorted(CALLS.keys() - {"talkative", "openvino as it comes"}))
def test_nothing_asks_for_a_name_or_sends_a_packet(heard: dict[str, Heard], name: str) -> None:
    missed = (7,) if name == "doctor" else ()  # the lock that is off, here
    assert heard[name].code in (0, 4, *missed), heard[name].said
    assert (heard[name].names, heard[name].packets) == ([], [])


def commands(group: Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command, and of those that stand below another."""
    for name, command in group.commands.items():
        if isinstance(command, Group):
            yield from commands(command, (*above, name))
        else:
            yield (*above, name)


def test_every_command_is_listened_to() -> None:
    every = set(commands(cli))
    assert every >= TALKS
    called = {tuple(call.command[3 : 3 + size]) for call in CALLS.values() for size in (1, 2)}
    assert every - TALKS - called == set()
