"""An output tells nothing of the machine that made it: the same bytes, whatever its processors."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPO
from tests.media.making import make_clip, tone

# The picture is large enough to be cut into as many slices as an encoder has threads.
OUTPUTS = {
    "a.mp4": ("yuv420p", "auto"),
    "b.mp4": ("yuv420p10le", "auto"),
    "c.mkv": ("yuv420p", "auto"),
    "d.webm": ("yuv420p", "auto"),
    "e.mp4": ("yuv420p", "av1"),
}
WRITE = """
import os, sys
from dataclasses import replace
from pathlib import Path
os.sched_setaffinity(0, {int(n) for n in sys.argv[1].split(",")})
from blur.media.clip import Frame
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.settings import Settings
from blur.sound.keep import add_sound
folder, source = Path(sys.argv[2]), Path(sys.argv[3])
for name, format, codec in zip(sys.argv[4::3], sys.argv[5::3], sys.argv[6::3]):
    clip = replace(probe(source), pixel_format=format)
    silent = folder / f"silent-{name}"
    with Writer(silent, clip, 23, codec) as writer:
        for frame in read(clip):
            writer.write(Frame(frame.pts, frame.picture))
    add_sound(silent, clip, folder / name, Settings(audio="keep"))
"""


def write(folder: Path, source: Path, processors: list[int]) -> dict[str, str]:
    folder.mkdir()
    arguments = [item for name, forms in OUTPUTS.items() for item in (name, *forms)]
    listed = ",".join(map(str, processors))
    subprocess.run(
        [sys.executable, "-c", WRITE, listed, str(folder), str(source), *arguments], cwd=REPO, check=True
    )
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in OUTPUTS}


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system cannot hide processors")
def test_the_number_of_processors_leaves_no_mark(tmp_path: Path) -> None:
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) == 1:
        pytest.skip("this machine has a single processor")
    source = make_clip(tmp_path / "source.mp4", size=(320, 512), pts=range(20), sound=tone(0.6, 48000))
    one = write(tmp_path / "one", source, processors[:1])
    assert write(tmp_path / "all", source, processors) == one
