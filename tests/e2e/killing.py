"""Runs the program and kills it at some moment: what lies there then, and after the next run."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from blur.media.probe import probe
from blur.media.reader import read
from blur.plan.store import load
from tests.conftest import REPO
from tests.media.making import make_clip, tone

Victim: TypeAlias = Literal["program", "child", "all"]
FRAMES = 30
DRAFT = re.compile(r"\.blur-draft-[0-9a-f]{16}(\.(mp4|json|html))?")
MADE = ["safe.html", "safe.json", "safe.mp4"]
"""What a run publishes: a report, a plan and a video."""
LIMIT = 120.0


@dataclass(frozen=True)
class Scene:
    """A clip in a folder, and the folder of its output, which is not there at first."""

    clip: Path
    output: Path

    @staticmethod
    def made(folder: Path) -> Scene:
        clip = folder / "in" / "clip.mp4"
        clip.parent.mkdir()
        make_clip(clip, size=(320, 240), pts=tuple(range(FRAMES)), sound=tone(1.0, 48000))
        return Scene(clip, folder / "out" / "safe.mp4")

    def original(self) -> tuple[str, int, int, int, int]:
        """What must never change of the clip: content, times, permissions, links."""
        status = self.clip.stat()
        digest = hashlib.sha256(self.clip.read_bytes()).hexdigest()
        return digest, status.st_mtime_ns, status.st_ctime_ns, status.st_mode, status.st_nlink

    def command(self) -> list[str]:
        beside = ("--report", str(self.output.with_suffix(".html")), "--plan", str(self.plan))
        options = ("--audio", "keep", "--preset", "fast", "--force", "--json")
        return [
            sys.executable,
            str(REPO / "cli.py"),
            str(self.clip),
            "-o",
            str(self.output),
            *beside,
            *options,
        ]

    @property
    def plan(self) -> Path:
        return self.output.with_suffix(".json")

    def run(self) -> float:
        """Runs undisturbed, checks what must be there then, and returns how long it took."""
        began = time.monotonic()
        subprocess.run(self.command(), check=True, timeout=LIMIT, stdout=subprocess.DEVNULL)
        took = time.monotonic() - began
        assert names(self.output.parent) == MADE, "a stray file after a run"
        self.check_left()
        return took

    def kill(self, victim: Victim, after: float) -> tuple[str, str]:
        """Kills a run with SIGKILL, checks what is left, and says at which stage it was and what is left."""
        before = self.original()
        command = self.command()
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, stderr=quiet) as run:
            time.sleep(after)
            strike(run.pid, victim)
            run.wait(LIMIT)
            await_end(run.pid)
            said = run.stdout.read() if run.stdout else b""
        assert self.original() == before, "the original changed"
        return stage(said), self.check_left()

    def check_left(self) -> str:
        """What a kill left in the output's folder: nothing partial, nothing that others can read."""
        left = names(self.output.parent)
        assert all(name in MADE or DRAFT.fullmatch(name) for name in left), left
        for name in left:
            path = self.output.with_name(name)
            if name == "safe.mp4":
                assert frames(path) == FRAMES, "a partial file under the output's name"
            elif path == self.plan:
                assert len(load(path).pts) == FRAMES, "a partial plan"
            elif name == "safe.html":
                assert path.read_text().endswith("</html>\n"), "a partial report"
            elif path.is_dir():
                assert path.stat().st_mode & 0o777 == 0o700, "a folder of drafts that others can open"
            else:
                assert path.stat().st_mode & 0o777 == 0o600, "a draft that others can read"
        whole = [name for name in left if name in MADE]
        return ", ".join(whole) or ("drafts" if left else "nothing")


def stage(said: bytes) -> str:
    """The last stage that a run told of by its events."""
    events = [json.loads(line) for line in said.splitlines(keepends=True) if line.endswith(b"\n")]
    told = [
        event.get("stage", event["event"]) for event in events if event["event"] in ("started", "finished")
    ]
    return told[-1] if told else "start"


def strike(program: int, victim: Victim) -> None:
    """SIGKILL for the program, for its children, or for all that it started."""
    with suppress(ProcessLookupError):
        if victim == "all":
            os.killpg(program, signal.SIGKILL)
        elif victim == "program":
            os.kill(program, signal.SIGKILL)
        else:
            with suppress(OSError):
                for child in Path(f"/proc/{program}/task/{program}/children").read_text().split():
                    os.kill(int(child), signal.SIGKILL)


def await_end(group: int) -> None:
    """Waits until nothing of a process group is left, as when a child clears up."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.005)
    raise TimeoutError("a child goes on without its program")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def frames(path: Path) -> int:
    return sum(1 for _ in read(probe(path)))
