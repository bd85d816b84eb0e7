"""The program on real clips: each ends in a safe output or in a named error, and leaves nothing else."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.conftest import REPO, SHARED

MEDIA = SHARED / "media"
FOLDERS = ("broken", "metadata", "video_faces", "weird")
LIMIT = 120
"""Seconds that any of the clips may take on a machine that is busy with other work."""

LONG = 4
OF_LONG = ("egoblur_gen1_test_video.mp4",)
"""Clips of which so many seconds say as much as the whole."""

# What must be refused and by which error; everything else must be published.
REFUSED = {
    "bitrot_60kB_mid.mp4": "DamagedError",
    "decord_corrupted.mp4": "DamagedError",
    "gif_bomb_65535x65535.gif": "UnreadableError|UnsupportedError",
    "png_bomb_30000x30000.png": "UnreadableError|UnsupportedError",
    "no_timescale.mp4": "DamagedError",
    "random_noise_64k.mp4": "UnreadableError",
    "sample_with_invalid_nalu.mp4": "DamagedError",
    "short-cenc.mp4": "EncryptedError",
    "text_renamed.mp4": "UnreadableError",
    "truncated_50pct_faststart.mp4": "DamagedError",
    "truncated_60pct_iphone.mov": "UnreadableError|DamagedError",
    "zero_byte.mp4": "UnreadableError",
    "ffconcat_disguised_as.mp4": "UnreadableError|UnsupportedError",
    "hls_disguised_as.mp4": "UnreadableError|UnsupportedError",
    "sample_audio_only.mp4": "UnreadableError|UnsupportedError",
    "sample_fragmented_clearkey.mp4": "EncryptedError",
}


def clips() -> list[Any]:
    paths = sorted(path for folder in FOLDERS for path in (MEDIA / folder).glob("*"))
    return [pytest.param(path, id=path.name) for path in paths]


@dataclass(frozen=True)
class Ended:
    code: int
    events: list[dict[str, Any]]
    stderr: str

    def notice(self, code: str) -> str:
        return str(next(e["message"] for e in self.events if e["event"] == "notice" and e["code"] == code))


def command(*args: object) -> list[str]:
    return [sys.executable, str(REPO / "cli.py"), *map(str, args)]


def blur(*args: object, limit: float = LIMIT) -> Ended:
    run = subprocess.run(
        command(*args, "--json"), capture_output=True, text=True, timeout=limit, check=False, cwd="/"
    )
    return Ended(run.returncode, [json.loads(line) for line in run.stdout.splitlines()], run.stderr)


def state(path: Path) -> tuple[str, int, list[str]]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return digest, path.stat().st_mtime_ns, names(path.parent)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def needles(path: Path) -> list[bytes]:
    name = f"{path.parent.name}/{path.name}"
    with (MEDIA / "NEEDLES.csv").open(newline="", encoding="utf-8") as file:
        return [row[2].encode() for row in csv.reader(file) if row[0] == name]


def decoded(path: Path) -> Iterator[av.VideoFrame]:
    with av.open(str(path)) as container:
        yield from container.decode(video=0)


def count(path: Path) -> int:
    return sum(1 for _ in decoded(path))


def beginning(clip: Path, folder: Path) -> Path:
    """The picture of a clip up to the first key frame after LONG seconds, packet by packet."""
    made = folder / clip.name
    with av.open(str(clip)) as source, av.open(str(made), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is None or (packet.is_keyframe and packet.pts * packet.time_base > LONG):
                break
            packet.stream = stream
            target.mux(packet)
    return made


@pytest.mark.parametrize("clip", clips())
def test_a_real_clip_ends_as_it_should(
    clip: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    traces = needles(clip)
    if clip.name in OF_LONG:
        clip = beginning(clip, tmp_path_factory.mktemp("long"))
    before = state(clip)
    output = tmp_path / "out" / "safe.mp4"
    ended = blur(clip, "-o", output, "--preset", "fast")
    assert state(clip) == before
    assert "Traceback" not in ended.stderr
    assert {event["clip"] for event in ended.events} == {clip.name}
    last = ended.events[-1]
    if clip.name in REFUSED:
        assert re.fullmatch(REFUSED[clip.name], last["error"]), last
        assert (ended.code, last["exit_code"]) == (3, 3)
        assert last["hint"]
        assert clip.name in ended.stderr
        assert names(tmp_path) == []
        return
    assert (last["event"], last["exit_code"]) == ("finished", ended.code), ended.stderr
    assert ended.code in (0, 4)
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "safe.mp4"]
    assert last["frames"] == count(output) == count(clip) > 0
    content = output.read_bytes()
    assert [needle for needle in traces if needle in content] == []
    with av.open(str(output)) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_every_refusal_is_of_a_clip_that_is_there() -> None:
    if not MEDIA.is_dir():
        pytest.skip(f"no real media at {SHARED}")
    assert REFUSED.keys() <= {path.name for folder in FOLDERS for path in (MEDIA / folder).glob("*")}


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize(
    ("stage", "signals"),
    [
        ("analyse", (signal.SIGTERM,)),
        ("render", (signal.SIGINT,)),
        ("render", (signal.SIGINT, signal.SIGINT, signal.SIGTERM)),
    ],
)
def test_a_signal_in_mid_run_leaves_nothing(
    shared: Path, tmp_path: Path, stage: str, signals: tuple[signal.Signals, ...]
) -> None:
    clip = shared / "media" / "video_faces" / "short_hamilton_clip.mp4"
    before = state(clip)
    output, plan = tmp_path / "new" / "safe.mp4", tmp_path / "safe.plan.json"
    args = command(clip, "-o", output, "--plan", plan, "--preset", "fast", "--json")
    with subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        for line in run.stdout:
            event = json.loads(line)
            if event["event"] == "progress" and event["stage"] == stage:
                break
        assert [name for name in names(tmp_path) if not name.startswith(".blur-draft-")] == ["new"]
        for number in signals:
            run.send_signal(number)
        began = time.monotonic()
        out, err = run.communicate(timeout=LIMIT)
    assert run.returncode == 130
    assert json.loads(out.splitlines()[-1])["error"] == "Interrupted"
    assert "Traceback" not in err
    assert names(tmp_path) == []
    assert state(clip) == before
    assert time.monotonic() - began < 10


def test_a_plan_can_be_kept_and_rendered_again(shared: Path, tmp_path: Path) -> None:
    clip = shared / "media" / "video_faces" / "intel_asl_eat.mkv"
    plan, direct, again = tmp_path / "plan.json", tmp_path / "direct.mp4", tmp_path / "again.mp4"
    look = ("--style", "solid")
    ended = blur(clip, "-o", direct, "--plan", plan, "--preset", "fast", *look)
    assert ended.code in (0, 4), ended.stderr
    assert ended.events[-1]["tracks"] > 0
    assert ended.notice("plan")
    assert plan.stat().st_mode & 0o777 == 0o600
    assert blur("render", plan, clip, "-o", again, *look).code == ended.code
    pairs = zip(decoded(direct), decoded(again), strict=True)
    assert all(np.array_equal(a.to_ndarray(), b.to_ndarray()) for a, b in pairs)
    other = shared / "media" / "video_faces" / "pyfeat_no_face.mp4"
    refused = blur("render", plan, other, "-o", tmp_path / "wrong.mp4")
    assert refused.code not in (0, 1, 4)
    assert not (tmp_path / "wrong.mp4").exists()


def test_a_dry_run_writes_nothing(shared: Path, tmp_path: Path) -> None:
    clip = shared / "media" / "video_faces" / "intel_asl_eat.mkv"
    ended = blur(clip, "-o", tmp_path / "no" / "out.mp4", "--dry-run", "--preset", "fast")
    assert ended.code in (0, 4)
    assert ended.events[-1]["output"] is None
    assert re.match(r"Would cover \d+ tracks?, in \d+\.\d of 1\.[56] seconds", ended.notice("dry-run"))
    assert names(tmp_path) == []


def test_frames_come_when_they_came_in_the_original(shared: Path, tmp_path: Path) -> None:
    clip, output = shared / "media" / "video_faces" / "pyfeat_face_noface.mov", tmp_path / "o.mp4"
    assert blur(clip, "-o", output, "--preset", "fast").code in (0, 4)

    def times(path: Path) -> list[float]:
        seen = [float(frame.pts * frame.time_base) for frame in decoded(path)]
        return [time - seen[0] for time in seen]

    assert times(output) == pytest.approx(times(clip), abs=1e-4)


def test_sound_is_kept_where_it_is_asked_for_and_no_second_voice(shared: Path, tmp_path: Path) -> None:
    clip, output = shared / "media" / "weird" / "three_audio_tracks.mkv", tmp_path / "o.mp4"
    ended = blur(clip, "-o", output, "--audio", "keep", "--preset", "fast")
    assert ended.code in (0, 4), ended.stderr
    with av.open(str(output)) as made, av.open(str(clip)) as source:
        assert sorted(stream.type for stream in made.streams) == ["audio", "video"]
        assert made.duration == pytest.approx(source.duration, abs=100_000)
        heard = sum(frame.samples for frame in made.decode(audio=0)) / made.streams.audio[0].rate
    assert heard == pytest.approx(2.0, abs=0.1)
    content = output.read_bytes()
    assert [needle for needle in needles(clip) if needle in content] == []


def test_a_batch_goes_on_past_a_broken_clip(shared: Path, tmp_path: Path) -> None:
    media = shared / "media"
    good, broken = media / "weird" / "bear-vp9-odd-dimensions.webm", media / "broken" / "text_renamed.mp4"
    ended = blur(broken, good, "-o", f"{tmp_path}/out/", "--preset", "fast")
    assert ended.code == 6
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["blurred-2.mp4"]
    again = blur(broken, good, "-o", f"{tmp_path}/out/", "--preset", "fast")
    assert again.notice("done-before") == "Left alone: done before, with the same settings."
    assert [event["error"] for event in again.events if event["event"] == "failed"] == ["UnreadableError"]
    assert again.code == 6
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["blurred-2.mp4"]


@pytest.mark.parametrize("suffix", ["mkv", "webm"])
def test_other_kinds_of_file_can_be_written(shared: Path, tmp_path: Path, suffix: str) -> None:
    clip, output = shared / "media" / "weird" / "sample_fragmented.mp4", tmp_path / f"o.{suffix}"
    ended = blur(clip, "-o", output, "--preset", "fast")
    assert ended.code in (0, 4), ended.stderr
    assert count(output) == 30


def test_the_original_is_not_replaced_even_by_force(shared: Path, tmp_path: Path) -> None:
    clip = tmp_path / "a.mp4"
    clip.write_bytes((shared / "media" / "weird" / "decord_video_90.mov").read_bytes())
    before = state(clip)
    ended = blur(clip, "-o", clip, "--force", "--preset", "fast")
    assert (ended.code, ended.events[-1]["error"]) == (2, "UsageError")
    assert state(clip) == before


def test_damage_is_black_where_that_is_asked_for(shared: Path, tmp_path: Path) -> None:
    clip, output = shared / "media" / "broken" / "bitrot_60kB_mid.mp4", tmp_path / "o.mp4"
    ended = blur(clip, "-o", output, "--preset", "fast", "--on-damage", "cover")
    assert ended.code == 4, ended.stderr
    assert re.fullmatch(r"Damaged, and black as a whole, at 0:00\.\d to 0:01\.9\.", ended.notice("damaged"))
    lumas = [frame.to_ndarray(format="gray").max() for frame in decoded(output)]
    assert len(lumas) == 60
    assert max(lumas[20:]) < 24
    assert min(lumas[:10]) > 100
