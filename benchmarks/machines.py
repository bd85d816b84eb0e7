"""A batch on four machines, of which one is frozen, one loses its wire, and one is killed again and again.

usage: python benchmarks/machines.py [CLIPS]     network namespaces on this machine; takes some minutes
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from common import BLUR, REPOSITORY

sys.path.insert(0, str(REPOSITORY))

from tests.cluster.machines import HERE, Machine, machines
from tests.media.making import make_clip

AWAY = 90.0
"""Seconds for which a worker is frozen, or without its wire; after 60 it has lost its clips to others."""


def trouble(clips: int) -> None:
    with tempfile.TemporaryDirectory() as name, machines(5) as (here, *others):
        root = Path(name)
        (root / "in").mkdir()
        for number in range(clips):
            make_clip(root / "in" / f"{number}.mp4", size=(160, 120), pts=range(12 + number % 20))
        subprocess.run([*BLUR, "cluster", "keys", str(root / "keys")], check=True, capture_output=True)
        workers = [_worker(machine, root) for machine in others]
        options = ("-o", root / "out", "--cluster", f"tls://{HERE}", "--keys", root / "keys" / "run")
        began = time.monotonic()
        with (root / "log").open("wb") as log:
            run = here.blur(root / "in", *options, "--name", "keep", "--no-journal", told=log)
            threading.Thread(target=_disturb, args=(root, others, workers, run), daemon=True).start()
            code = run.wait()
        took = time.monotonic() - began
        for worker in workers:
            worker.terminate()
            worker.wait()
        said = (root / "log").read_text()
        made = sorted(path.name for path in (root / "out").iterdir())
        expected = sorted(f"{number}-blurred.mp4" for number in range(clips))
        print(said[-400:] if code else "", end="")
        print(f"{clips} clips in {took:.0f} s, exit code {code}; {len(made)} outputs")
        print(f"missing or stray: {sorted(set(made) ^ set(expected)) or 'none'}")
        print(f"told of as published: {said.count(' → ') - said.count('  published  ')}")
        left = [str(path) for path in (root / "work").rglob("*") if path.is_file()]
        print(f"left on workers: {left or 'nothing'}")


def _worker(machine: Machine, root: Path) -> subprocess.Popen[bytes]:
    work = root / "work" / machine.address
    work.mkdir(parents=True, exist_ok=True)
    keys = root / "keys" / "worker"
    return machine.blur("cluster", "worker", f"tls://{HERE}", "--keys", keys, "--clips", 1, "--work", work)


def _disturb(
    root: Path, others: list[Machine], workers: list[subprocess.Popen[bytes]], run: subprocess.Popen[bytes]
) -> None:
    while "looking for faces" not in (root / "log").read_text():
        time.sleep(0.1)
    workers[0].send_signal(signal.SIGSTOP)
    others[1].run("ip", "link", "set", "wire", "down")
    end = time.monotonic() + AWAY
    while time.monotonic() < end and run.poll() is None:
        time.sleep(random.uniform(3, 8))
        workers[2].kill()
        workers[2].wait()
        workers[2] = _worker(others[2], root)
    workers[0].send_signal(signal.SIGCONT)
    others[1].run("ip", "link", "set", "wire", "up")


if __name__ == "__main__":
    trouble(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
