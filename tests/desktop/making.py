"""Stand-ins for the engine and its products: small, drawn, quick."""

from __future__ import annotations

import sys
from pathlib import Path

import av
import numpy as np

from blur.plan.model import Doubt, Plan, Track
from blur.timing import TimeBase

FRAMES = 24

ENGINE = """
import json, shutil, sys, time
from pathlib import Path
arguments = sys.argv[1:]
how = Path(__file__).with_name("how").read_text()
if arguments[0] == "follow":
    if how == "lost":
        sys.exit(1)
    plan = json.loads(Path(arguments[-2]).read_text())
    for row in plan["tracks"][int(arguments[arguments.index("--track") + 1])]["regions"]:
        row[1:] = [20, 20, 40, 40]
    Path(arguments[arguments.index("-o") + 1]).write_text(json.dumps(plan))
    sys.exit(0)
source, output = Path(arguments[-1]), Path(arguments[arguments.index("-o") + 1])
Path(__file__).with_name("calls").open("a").write(json.dumps(arguments) + "\\n")
def tell(event, **rest):
    print(json.dumps({"schema": "blur-events/1", "event": event, "clip": source.name, **rest}), flush=True)
tell("started", stage="probe", total=None)
tell("started", stage="analyse", total=10)
tell("progress", stage="analyse", done=5, total=10)
print("not an event")
if how == "crash":
    import os
    os.abort()
if how == "hang":
    time.sleep(60)
if how == "fail":
    tell("failed", error="DamagedError", message="it is damaged", hint="", exit_code=3)
    sys.exit(3)
if how == "audit" and "--accept-unverified" not in arguments:
    tell("failed", error="AuditError", message="faces may still be seen", hint="", exit_code=5)
    sys.exit(5)
plan = arguments[-2] if arguments[0] == "render" else Path(__file__).with_name("plan.json")
shutil.copy(plan, arguments[arguments.index("--plan") + 1])
shutil.copy(Path(__file__).with_name("result.mp4"), output)
tell("notice", code="sound-removed", message="The sound was removed")
tell("finished", output=output.name, frames=24, tracks=1, seconds=0.1, exit_code=4 if how == "look" else 0)
"""


def film(path: Path, *, grey: int = 90) -> None:
    """A film of FRAMES frames at 12 a second; the n-th is a little lighter than the one before."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 12)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.options = {"crf": "5", "g": "8", "bf": "2"}
        for number in range(FRAMES):
            pixels = np.full((48, 64, 3), grey + 4 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())


def plan() -> Plan:
    """A plan for the film: one face in its first half, two grave doubts."""
    pts = np.arange(FRAMES, dtype=np.int64)
    regions = np.tile(np.array([[10, 10, 30, 34]], np.int32), (FRAMES // 2, 1))
    track = Track("face", 900, pts[: FRAMES // 2].copy(), regions)
    doubts = (
        Doubt(6, 8, "something faint, not covered", 950, (40, 30, 50, 40)),
        Doubt(3, 3, "another reason", 900),
    )
    return Plan(64, 48, TimeBase(1, 12), pts, (track,), doubts)


def engine(folder: Path, how: str = "work") -> list[str]:
    """The call of an engine that works at once; or fails, crashes, hangs, finds faces left, loses masks."""
    from blur.plan.store import save

    folder.mkdir(exist_ok=True)
    (folder / "engine.py").write_text(ENGINE, encoding="utf-8")
    (folder / "how").write_text(how, encoding="utf-8")
    if not (folder / "result.mp4").exists():
        film(folder / "result.mp4")
        save(plan(), folder / "plan.json")
    return [sys.executable, str(folder / "engine.py")]
