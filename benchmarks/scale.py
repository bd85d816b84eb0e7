"""What footage costs, and what that comes to for 10,000 clips on 1, 4 and 32 machines.

usage: python benchmarks/scale.py measure [CLIP]   what a minute of 720p, 1080p and 4K costs
       python benchmarks/scale.py carry            how fast a run gives clips out and takes results
       python benchmarks/scale.py simulate         a day's 10,000 clips, from what the two others wrote down

``measure`` takes processor time and not wall time, so that it may run on a busy machine. The figures lie in
``scale.json`` in the folder of temporary files; ``simulate`` without them says so.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from common import BLUR, PUBLISHED, REPOSITORY, SHARED

sys.path.insert(0, str(REPOSITORY))

from blur.cluster.giving import MAYBE_LONG
from blur.cluster.stretches import LENGTH

FIGURES = Path(tempfile.gettempdir()) / "scale.json"
SIZES = {"720p": (1280, 720), "1080p": (1920, 1080), "4K": (3840, 2160)}
CLIP = SHARED / "media" / "crowdcam" / "8-mpaign_8_452.mp4"
CARRIED, PORT = 256 << 20, 8790

# What a day is made of, assumed: shares of sizes, Mbit/s of phones, length in seconds (log-normal).
SHARES = {"720p": 0.25, "1080p": 0.60, "4K": 0.15}
MBITS = {"720p": 8, "1080p": 17, "4K": 45}
MEDIAN, SPREAD = 20.0, 0.8
CLIPS, MACHINES, PROCESSORS = 10_000, (1, 4, 16, 32), 4
LINK = 117e6
"""Bytes a second of a gigabit of Ethernet."""


@dataclass(frozen=True)
class Cost:
    """Of one size: ``start`` and ``second`` are seconds of processor time, for a clip and for each of its
    seconds; ``memory`` is in MiB, of all processes together, at most."""

    start: float
    second: float
    memory: float


def measure(clip: Path) -> None:
    for name, (width, height) in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            short, long = (_made(clip, Path(folder), width, height, times) for times in (1, 2))
            (time_1, _), (time_2, memory) = _run(short), _run(long)
            # The second is as long again, and costs as much more as the clip itself without its start.
            second = (time_2 - time_1) / _seconds(short)
            cost = Cost(max(2 * time_1 - time_2, 0.0), second, memory)
        _write({name: asdict(cost)})
        minute = cost.start + 60 * cost.second
        print(
            f"{name}: {minute:.0f} s of processor time for a clip of a minute ({cost.start:.1f} s for the "
            f"clip, {cost.second:.2f} s for each second of it), {cost.memory:.0f} MiB",
            flush=True,
        )


def _made(clip: Path, folder: Path, width: int, height: int, times: int) -> Path:
    import imageio_ffmpeg

    path = folder / f"{times}.mp4"
    reading = f"-v error -stream_loop {times - 1} -i".split()
    writing = f"-an -vf scale={width}:{height} -c:v libx264 -preset veryfast -crf 20".split()
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *reading, str(clip), *writing, str(path)], check=True)
    return path


def _run(clip: Path) -> tuple[float, float]:
    """Processor time in seconds, and MiB of memory of all processes at most."""
    output = clip.with_name(f"{clip.stem}-out.mp4")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.Popen([*BLUR, str(clip), "-o", str(output), "--quiet"], stdout=subprocess.DEVNULL)
    most = 0.0
    while run.poll() is None:
        most = max(most, _memory(run.pid))
        time.sleep(0.1)
    if run.returncode not in PUBLISHED:
        raise SystemExit(f"blur ended with {run.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, most


def _memory(pid: int) -> float:
    """MiB of a process and of those below it, what they share counted once (proportional set size)."""
    total, rest = 0.0, [pid]
    while rest:
        one = rest.pop()
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
            rest += [int(child) for child in Path(f"/proc/{one}/task/{one}/children").read_text().split()]
        except (OSError, ValueError):
            continue  # it has just ended
    return total


def _seconds(clip: Path) -> float:
    from blur.media.probe import probe

    return (probe(clip).frames or 0) / 30.0


SERVE = """
import sys
from functools import partial
from pathlib import Path
from blur.cluster import quiet
from blur.cluster.address import Address
from blur.cluster.desk import Desk
from blur.cluster.identity import Identity
from blur.cluster.scheduler import Running, scheduler_at
folder, place = Path(sys.argv[1]), Address("127.0.0.1", int(sys.argv[2]))
quiet.load()
desk = Desk(Identity("", "", ""))
desk.offer("content", folder / "in.mp4")
desk.take(0, folder / "out.mp4")
with Running(partial(scheduler_at, place, folder / "keys" / "run", folder, desk, print)):
    print("there", flush=True)
    sys.stdin.read()
"""


def carry() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([*BLUR, "cluster", "keys", str(folder / "keys")], check=True, capture_output=True)
        (folder / "in.mp4").write_bytes(os.urandom(1 << 20) * (CARRIED >> 20))
        command = [sys.executable, "-c", SERVE, name, str(PORT)]
        server = subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdout.readline()
        before = _spent(server.pid)
        _fetch_and_send(folder / "keys" / "worker")
        spent = _spent(server.pid) - before
        server.stdin.close()
        server.wait()
    block = bytes(CARRIED)
    began = time.process_time()
    hashlib.sha256(block).hexdigest()
    hashed = CARRIED / (time.process_time() - began)
    figures = {"carried": 2 * CARRIED / spent, "hashed": hashed}
    _write(figures)
    print(f"a run's processor carries {figures['carried'] / 1e6:.0f} MB/s and hashes {hashed / 1e6:.0f} MB/s")


def _spent(pid: int) -> float:
    """Seconds of processor time that a process has taken."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def _fetch_and_send(keys: Path) -> None:
    import asyncio

    from blur.cluster import quiet
    from blur.cluster.desk import BLOCK
    from blur.cluster.keys import security

    quiet.load()
    from distributed.core import rpc

    async def both() -> None:
        connecting = security(keys, "worker").get_connection_args("worker")
        async with rpc(f"tls://127.0.0.1:{PORT}", connection_args=connecting) as run:
            for offset in range(0, CARRIED, BLOCK):
                block = await run.blur_read(content="content", offset=offset)
                await run.blur_write(number=0, attempt="a", offset=offset, block=block)

    asyncio.run(both())


def _write(more: dict[str, Any]) -> None:
    figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    FIGURES.write_text(json.dumps(figures | more, indent=1))


@dataclass(frozen=True)
class Day:
    """How a simulated batch went: hours to its end, of which ``tail`` passed since the last work was given
    out, and the shares of that time that the run's processor, its link and all other processors were busy."""

    hours: float
    tail: float
    run: float
    link: float
    machines: float


def simulate() -> None:
    if not FIGURES.exists():
        sys.exit("Measure first: python benchmarks/scale.py measure, and carry.")
    figures = json.loads(FIGURES.read_text())
    for shared in (False, True):
        print("clips read from a shared folder" if shared else "clips sent by the run")
        for machines in MACHINES:
            day = _day(figures, machines, shared=shared)
            print(
                f"  {machines:>2} machines: {day.hours:6.1f} h, the last {day.tail:.2f} h of it a tail; "
                f"busy: processors {day.machines:4.0%}, the run's {day.run:4.0%}, its link {day.link:4.0%}"
            )


def _day(figures: dict[str, Any], machines: int, *, shared: bool) -> Day:
    """A simulation by events: a processor and a link of the run, which serve in the order of asking, and
    machines with PROCESSORS, each of which works on one order at a time. That stretches of a clip wait for
    each other is left out."""
    chance = random.Random(1)
    free = [0.0] * (machines * PROCESSORS)
    run = link = busy = now = 0.0
    served = carried = 0.0
    for _ in range(CLIPS):
        size = chance.choices(list(SHARES), list(SHARES.values()))[0]
        cost = Cost(**figures[size])
        seconds = chance.lognormvariate(0, SPREAD) * MEDIAN
        source = seconds * MBITS[size] * 1e6 / 8
        parts = int(seconds // LENGTH) if source >= MAYBE_LONG and seconds >= 2 * LENGTH else 1
        sent = 0 if shared else source * min(parts, machines)
        crossed = max(sent, source)  # outputs are as large as sources, and come in while others go out
        hashed = 3 * source  # by the journal, when it is given out, and its result
        serving = (hashed / figures["hashed"] + (source + sent) / figures["carried"]) / parts
        for _ in range(parts):
            now = heapq.heappop(free)
            served, carried = max(now, served) + serving, max(now, carried) + crossed / parts / LINK
            work = cost.start * (1 if parts == 1 else 2) + cost.second * seconds / parts
            heapq.heappush(free, max(served, carried) + work)
            run, link, busy = run + serving, link + crossed / parts / LINK, busy + work
    end = max(free)
    return Day(end / 3600, (end - now) / 3600, run / end, link / end, busy / end / len(free))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["measure", *clips] if len(clips) < 2:
            measure(Path(clips[0]) if clips else CLIP)
        case ["carry"]:
            carry()
        case ["simulate"]:
            simulate()
        case _:
            sys.exit(__doc__)
