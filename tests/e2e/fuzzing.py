"""Damages small files at random and gives them to all that reads them: single readers, the whole program."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from blur.console.profile import Layer, layered, parsed
from blur.errors import BlurError
from blur.media.probe import probe
from blur.media.reader import mended, read
from blur.media.stills import probe_still, read_still
from blur.plan.store import dumps, loads
from blur.traces.allowlist import check_traces
from blur.traces.source import find_traces
from tests.conftest import REPO
from tests.media.formats import ROWS, make
from tests.media.photos import FORMATS, make_photo
from tests.plan.test_store import small_plan

SEEDS = (
    *("metadata/iphone_dolbyVision-hdr.MOV", "metadata/mkv_with_attachment.mkv", "weird/SAR-2by3.mp4"),
    *("weird/bear-vp9-odd-dimensions.webm", "weird/decord_video_90.mov", "weird/sample_audio_only.mp4"),
    *("weird/sample_fragmented.mp4", "weird/sample_portrait.mp4", "broken/no_timescale.mp4"),
    *("broken/short-cenc.mp4", "weird/no_duration.webm", "weird/sample_fragmented_clearkey.mp4"),
)
"""Small real files of many kinds, in the folder of real media."""

PHOTOS = ("photos/portrait-orientation-6.jpg", "photos/DSCN0010.jpg", "photos/ultraHDR.jpg")


def played(path: Path) -> int:
    """Reads to the end, where a container is held to its own numbers."""
    return sum(1 for _ in read(probe(path)))


def patched(path: Path) -> int:
    """The same with `--on-damage cover`."""
    return sum(1 for _ in read(mended(probe(path))))


def pictured(path: Path) -> object:
    return read_still(probe_still(path))


READERS: tuple[Callable[[Path], object], ...] = (
    *(probe, played, patched, probe_still, pictured, find_traces, check_traces),
)
"""What reads a file that may be hostile; each knows it, or raises a named error."""
PROFILE = b"style = 'solid'\ngrow = 1.8\naccept_unverified = false\nrounds = 3\n[x]\n"

GOOD, REFUSED = {0, 4}, {3}
LIMIT = 20.0
"""Seconds for each file, on a machine that is busy with other work."""


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The content with one to eight faults: bits, numbers, lengths, missing, doubled and moved parts."""
    made = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        if len(made) < 64:
            break
        # Headers are where decoders trust what they read.
        at = chance.randrange(min(len(made), 4096) if chance.random() < 0.5 else len(made))
        size = chance.choice((1, 2, 4, 8, 64, 1024))
        match chance.randrange(6):
            case 0:
                made[at] ^= 1 << chance.randrange(8)
            case 1:
                made[at : at + size] = chance.randbytes(size)
            case 2:
                made[at : at + 4] = chance.choice(
                    (b"\0\0\0\0", b"\xff" * 4, b"\xff" * 8, b"\x7f\xff\xff\xff", b"\x80\0\0\0")
                )
            case 3:
                del made[at : at + size]
            case 4:
                made[at:at] = made[at : at + size]
            case 5:
                to = chance.randrange(len(made))
                made[to : to + size] = made[at : at + size]
    return bytes(made)


def seeds(media: Path, folder: Path) -> list[Path]:
    """The real files, and one drawn into a folder of each kind that Blur reads."""
    kinds = {row.suffix: row for row in ROWS}
    drawn = [make(row, folder) for row in kinds.values()]
    photos = [make_photo(folder / f"photo.{kind}") for kind in FORMATS]
    return [*(media / name for name in SEEDS + PHOTOS), *drawn, *photos]


def damage_all(sources: Sequence[Path], folder: Path, count: int, seed: int) -> list[Path]:
    """Writes ``count`` damaged files into a folder; equal seeds give equal files."""
    chance = random.Random(seed)
    paths = []
    for number in range(count):
        source = sources[number % len(sources)]
        path = folder / f"{seed}-{number:04}{source.suffix}"
        path.write_bytes(damaged(source.read_bytes(), chance))
        paths.append(path)
    return paths


def stumbled(path: Path) -> list[str]:
    """What readers of a file raised that has no name."""
    return [said for reader in READERS if (said := _raised(lambda reader=reader: reader(path)))]


def stumbled_over_text(chance: random.Random) -> list[str]:
    """The same of a damaged plan and a damaged profile."""
    plan = damaged(dumps(small_plan()).encode(), chance).decode(errors="replace")
    profile = damaged(PROFILE, chance)
    tries = (lambda: loads(plan), lambda: layered([Layer("folder", parsed(profile, "folder"))]))
    return [said for attempt in tries if (said := _raised(attempt))]


def _raised(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except BlurError:
        return ""
    except Exception as error:  # noqa: BLE001 - what may not be raised is what is looked for
        return f"{type(error).__name__}: {error}"
    return ""


def run(paths: list[Path], out: Path) -> tuple[Counter[int], list[dict[str, Any]]]:
    """Exit codes of all clips in one run of the program, and what failed as nothing may fail."""
    command = [
        sys.executable,
        str(REPO / "cli.py"),
        *map(str, paths),
        "-o",
        f"{out}/",
        "--audio",
        "keep",
        "--json",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT * len(paths), check=False)
    assert "Traceback" not in ran.stderr, ran.stderr
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    ends = [event for event in events if event["event"] in ("finished", "failed")]
    assert sorted(event["clip"] for event in ends) == sorted(path.name for path in paths), ran.stderr
    wrong = [e for e in ends if e["exit_code"] not in GOOD | REFUSED]
    return Counter(event["exit_code"] for event in ends), wrong
