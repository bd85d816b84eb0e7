"""Every file of ../shared/media goes the whole way, and each output is held against its source.

    nice -n 15 python benchmarks/files.py [PART_OF_A_NAME ...]

What a source presents is read here with PyAV and Pillow alone, not with Blur's own reader: a player applies
edit lists and turns pictures in the same way. Of each output are told the frames; how far a frame's time
since the first is off, in ticks of the coarser of the two clocks; the quality of the luma outside of the
masks, over all frames and in the worst; how far the sound is off, at its begin and its end. Beside it are
checked size, pixel's aspect, depth, colour's resolution and tags, HDR10's static data, fields, the sound's
length, and that no byte string of NEEDLES.csv is left. A refused file must be one of those that are to be
refused, for a named reason, and leave nothing. Exits with 1 where anything is off.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import zip_longest
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.common import BLUR, PUBLISHED, REPOSITORY, SHARED
from benchmarks.presented import RATE, alike, carried, heard, look, photo, presented, samples
from blur.render.veil import ring_width
from tests.e2e.test_real_clips import REFUSED

MEDIA = SHARED / "media"
PHOTOS = (".jpg", ".heic", ".png")
LIMIT = 900
"""Seconds that a run may take."""
LOOKED = 150
"""Seconds after which pictures are no longer compared; times still are."""
LEAST = 42.0
"""Decibels."""
OFF = 0.020
"""Seconds by which sound may be off."""
FILLED = 1024 / RATE
"""Seconds of silence by which the last coded piece of AAC may outlast the picture."""
SOUND_RANGE = RATE // 2
SMEARED = 16
"""Pixels around a mask and its fading that the coding of it may touch."""


@dataclass
class Row:
    """What came of one file."""

    name: str
    code: int
    said: str
    frames: int = 0
    clock: float = 0.0
    decibels: tuple[float, float] | None = None
    sound: str = "-"
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def line(self) -> str:
        quality = "-" if self.decibels is None else "{:.1f} {:.1f}".format(*self.decibels)
        told = "; ".join([*self.faults, *self.notes]) or "as it should be"
        cells = (self.name[-42:], self.code, self.frames, f"{self.clock:.2f}", quality, self.sound)
        return "{:42} {:4} {:6} {:>6} {:>10} {:>12}".format(*cells) + f"  {told}"


def run(path: Path, folder: Path, audio: str = "keep") -> tuple[subprocess.CompletedProcess[str], Path]:
    """A run of the program, and where its output is, if there is one."""
    suffix = ".mp4" if path.suffix.lower() not in PHOTOS else ".png" if path.suffix == ".png" else ".jpg"
    output = folder / "out" / f"safe{suffix}"
    command = [*BLUR, str(path), "-o", str(output), "--plan", str(folder / "plan.json")]
    environment = {**os.environ, "BLUR_STATE": str(folder / "state"), "XDG_CONFIG_HOME": str(folder)}
    ended = subprocess.run(
        [*command, "--preset", "fast", "--audio", audio, "--no-journal", "-q"],
        check=False,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        timeout=LIMIT,
        env=environment,
    )
    return ended, output


class Outside:
    """Which pixels no mask, no fading of one and no coding of one touches, frame by frame."""

    def __init__(self, plan: Path) -> None:
        told = json.loads(plan.read_text())
        self._size, self._pts = (told["height"], told["width"]), told["pts"]
        self._boxes: dict[int, list[list[int]]] = {}
        for track in told["tracks"]:
            for pts, *box in track["regions"]:
                self._boxes.setdefault(pts, []).append(box)

    def __call__(self, index: int) -> NDArray[np.uint8]:
        """Shape (H, W), 1 outside."""
        free = np.ones(self._size, np.uint8)
        margin = ring_width(*self._size[::-1]) + SMEARED
        for x0, y0, x1, y1 in self._boxes.get(self._pts[index], []):
            free[max(y0 - margin, 0) : max(y1 + margin, 0), max(x0 - margin, 0) : max(x1 + margin, 0)] = 0
        return free


class Quality:
    """Squared differences outside of the masks, plane by plane."""

    def __init__(self) -> None:
        self._sums = np.zeros((3, 2))
        self._peak = 255
        self.worst = np.inf

    def add(self, before: list[NDArray[Any]], after: list[NDArray[Any]], free: NDArray[np.uint8]) -> None:
        self._peak = 255 if after[0].dtype == np.uint8 else 1023
        for number, (one, two) in enumerate(zip(before, after, strict=False)):
            rows, columns = (round(a / b) for a, b in zip(free.shape, one.shape, strict=True))
            mask = np.ascontiguousarray(free[::rows, ::columns])
            if one.shape != two.shape or mask.shape != one.shape:
                continue  # colour of another resolution, which the looks tell
            squares = cv2.norm(one, two, cv2.NORM_L2SQR, mask)
            self._sums[number] += squares, mask.sum()
            if number == 0 and mask.any():
                self.worst = min(self.worst, self.decibels(squares / mask.sum()))

    def planes(self) -> list[float]:
        return [self.decibels(squares / count) for squares, count in self._sums if count]

    def decibels(self, mean: float) -> float:
        return float(10 * np.log10(self._peak**2 / max(mean, 1e-6)))


def compare(path: Path, output: Path, plan: Path, row: Row) -> None:
    """Pictures and their times."""
    began, outside, quality = time.monotonic(), Outside(plan), Quality()
    starts: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))
    counts, looked = [0, 0], 0
    for index, (before, after) in enumerate(zip_longest(presented(path), presented(output))):
        counts = [counts[0] + (before is not None), counts[1] + (after is not None)]
        if before is None or after is None:
            continue
        (was, source, origin), (now, picture, stream) = before, after
        if index == 0:
            starts = (was, now)
            row.faults += alike(look(source, origin), look(picture, stream))
        shift = abs((was - starts[0]) - (now - starts[1]))
        row.clock = max(row.clock, float(shift / max(origin.time_base, stream.time_base)))
        if time.monotonic() - began < LOOKED:
            quality.add(samples(source), samples(picture), outside(index))
            looked = index + 1
    row.frames = counts[1]
    if counts[0] != counts[1]:
        row.faults.append(f"{counts[1]} of {counts[0]} frames")
    if row.clock > 1:
        row.faults.append("frames at other times")
    if looked < min(counts):
        row.notes.append(f"of {counts[1]} pictures the first {looked} compared")
    planes = quality.planes()
    if not planes:
        row.notes.append("masked all over")
        return
    row.decibels = (planes[0], quality.worst)
    if min(planes) < LEAST:
        row.faults.append("below {:.0f} dB: {}".format(LEAST, ", ".join(f"{p:.1f}" for p in planes)))


def shift_of(one: NDArray[np.float32], two: NDArray[np.float32]) -> tuple[float, float]:
    """By how many seconds the second comes later than the first, and how alike they are then."""
    size = 1 << (len(one) + len(two) - 1).bit_length()
    product = np.fft.irfft(np.conj(np.fft.rfft(one, size)) * np.fft.rfft(two, size), size)
    most = min(SOUND_RANGE, len(one) // 2)
    near = np.concatenate([product[-most:], product[: most + 1]])
    at = int(near.argmax())
    return (at - most) / RATE, float(near[at] / max(np.linalg.norm(one) * np.linalg.norm(two), 1e-9))


def listen(path: Path, output: Path, row: Row) -> None:
    """Is the sound in its place, from begin to end?"""
    before, after = heard(path), heard(output)
    if before is None or after is None:
        if (before is None) != (after is None):
            row.faults.append("no sound" if after is None else "sound where none was")
        return
    frames = [now + (frame.duration or 0) * stream.time_base for now, frame, stream in presented(output)]
    wanted = min(before[1], float(max(frames) - next(presented(output))[0]))
    if not -OFF <= after[1] - wanted <= max(OFF, FILLED):
        row.faults.append(f"sound ends at {after[1]:.3f} s, not {wanted:.3f}")
    size = min(len(before[0]), len(after[0]))
    offs = []
    for part in (slice(0, size // 2), slice(size // 2, size)):
        one, two = before[0][part], after[0][part]
        if np.abs(one).max(initial=0) < 1e-3:
            continue  # nothing is said
        off, likeness = shift_of(one, two)
        offs.append(off)
        if abs(off) > OFF or likeness < 0.8:
            row.faults.append(f"sound is {1000 * off:+.0f} ms off, {likeness:.2f} alike")
    row.sound = " ".join(f"{1000 * off:+.1f}" for off in offs) or "silent"


def photo_row(path: Path, output: Path, plan: Path, row: Row) -> None:
    before, after = photo(path), photo(output)
    row.frames, row.faults = 1, row.faults + [f"carries {what}" for what in carried(output)]
    if before.shape != after.shape:
        row.faults.append(f"size {before.shape[1::-1]} became {after.shape[1::-1]}")
        return
    squares = ((before.astype(np.float32) - after) ** 2).mean(axis=2)[Outside(plan)(0) > 0].mean()
    row.decibels = (float(10 * np.log10(255**2 / max(squares, 1e-6))),) * 2
    if row.decibels[0] < LEAST:
        row.faults.append(f"below {LEAST:.0f} dB")


def needles() -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    with (MEDIA / "NEEDLES.csv").open(newline="", encoding="utf-8") as file:
        for name, _, text in csv.reader(file):
            found.setdefault(name, []).append(text.encode())
    return found


def refusal_faults(path: Path, ended: subprocess.CompletedProcess[str], folder: Path) -> list[str]:
    left = [found.name for found in folder.rglob("*") if found.is_file()]
    faults = [f"left {', '.join(left)}"] if left else []
    if path.name not in REFUSED:
        faults.append("refused")
    if ended.returncode != 3:
        faults.append("exit code")
    if "Traceback" in ended.stderr or path.name not in ended.stderr:
        faults.append("no plain message")
    return faults


def judged(path: Path, banned: list[bytes]) -> Row:
    """What came of one file, run, compared and searched."""
    name = str(path.relative_to(MEDIA))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        try:
            ended, output = run(path, folder)
            silent = ended.returncode == 3 and "--audio remove" in ended.stderr
            if silent:
                ended, output = run(path, folder, "remove")
        except subprocess.TimeoutExpired:
            return Row(name, -1, "", faults=[f"not done after {LIMIT} s"])
        row = Row(name, ended.returncode, ended.stderr.strip())
        if silent:
            row.notes.append("its sound is damaged, so without it")
        if ended.returncode not in PUBLISHED:
            row.faults += refusal_faults(path, ended, folder)
            row.notes.append(" ".join(row.said.split())[:100])
            return row
        if path.name in REFUSED:
            row.faults.append("should have been refused")
        row.faults += [f"holds {needle!r}" for needle in banned if needle in output.read_bytes()]
        if path.suffix.lower() in PHOTOS:
            photo_row(path, output, folder / "plan.json", row)
            return row
        compare(path, output, folder / "plan.json", row)
        if not silent:
            listen(path, output, row)
        return row


def main(parts: list[str]) -> int:
    banned = needles()
    paths = [path for path in sorted(MEDIA.glob("*/*")) if path.suffix != ".json"]
    rows = []
    for path in paths:
        if parts and not any(part in str(path) for part in parts):
            continue
        rows.append(judged(path, banned.get(str(path.relative_to(MEDIA)), [])))
        print(rows[-1].line(), file=sys.stderr, flush=True)
    rows.sort(key=lambda row: (-len(row.faults), (row.decibels or (99, 0))[0]))
    heads = ("file", "exit", "frames", "ticks", "dB, worst", "sound, ms")
    print("{:42} {:>4} {:>6} {:>6} {:>10} {:>12}".format(*heads))
    for row in rows:
        print(row.line())
    published, off = (sum(row.code in PUBLISHED for row in rows), sum(bool(row.faults) for row in rows))
    print(f"{len(rows)} files: {published} published, {len(rows) - published} refused; off: {off}")
    return 1 if off else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
