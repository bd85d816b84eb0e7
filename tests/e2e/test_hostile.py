"""Names, disguises, devices, bombs, files that change: each ends well or in exit 3, and touches nothing."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from blur.text import printable
from tests.conftest import REPO
from tests.media.making import make_clip

pytestmark = pytest.mark.skipif(os.name == "nt", reason="names and devices of POSIX systems")

SECONDS = 60.0
"""Far more than any of these may take on a machine that is busy with other work."""
MEMORY = 2 << 20
"""KiB of resident memory."""


@dataclass(frozen=True)
class Ended:
    code: int
    events: list[dict[str, Any]]
    stderr: str
    memory: int


def blur(*args: object, cwd: Path) -> Ended:
    """Runs the program, and measures it and its children."""
    options = () if "--" in args else ("--preset", "fast", "--json")
    command = [sys.executable, str(REPO / "cli.py"), *map(os.fspath, args), *options]  # type: ignore[arg-type]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    run = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, cwd=cwd)
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    out, err = run.stdout.decode(), run.stderr.decode()
    assert "Traceback" not in err
    assert all(line.isprintable() for line in err.splitlines())
    return Ended(run.returncode, [json.loads(line) for line in out.splitlines()], err, after - before)


def tree(folder: Path) -> dict[str, tuple[int, int, str]]:
    """What lies in a folder: permissions, time and content of each file."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[os.fsdecode(path)] = (status.st_mode, status.st_mtime_ns, content)
    return found


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("made") / "a.mp4", pts=tuple(range(4)))


NAMES = [
    *(b"http:evil.mp4", b"concat:a|b.mp4", b"-i.mp4", b"--force.mp4", b"$(touch x).mp4", b"`touch x`.mp4"),
    *(b"a;touch x.mp4", b"two\nlines.mp4", b"\x1b]0;owned\x07\x1b[31m.mp4", "\u202e4pm.exe.mp4".encode()),
    *(b"\xff\xfe\x80.mp4", b"%d%s%n.mp4", b"a'b\"c.mp4", b"file:x.mp4", b"pipe:0.mp4", b" .mp4"),
    *("\N{PILE OF POO}\N{ZERO WIDTH JOINER}e\u0301.mp4".encode(), b"y" * 246 + b".mp4"),
]


def test_no_name_is_more_than_a_name(clip: Path, tmp_path: Path) -> None:
    folder, out, empty = tmp_path / "in", tmp_path / "out", tmp_path / "cwd"
    for place in (folder, empty):
        place.mkdir()
    for name in NAMES:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(clip.read_bytes())
    before = tree(folder)
    ended = blur(folder, "-o", f"{out}/", "--audio", "keep", cwd=empty)
    assert ended.code in (0, 6), ended.stderr
    last = [event for event in ended.events if event["event"] in ("finished", "failed")]
    assert sorted(event["clip"] for event in last) == sorted(printable(os.fsdecode(name)) for name in NAMES)
    refused = {event["clip"]: event for event in last if event["event"] == "failed"}
    assert {event["exit_code"] for event in refused.values()} <= {3}
    # Names that no libav can be told are refused; there must be no other.
    assert all("\N{REPLACEMENT CHARACTER}" in name for name in refused)
    assert len(list(out.iterdir())) == len(NAMES) - len(refused)
    assert tree(folder) == before
    assert list(empty.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cwd", "in", "out"]


def test_a_name_in_the_folder_at_hand_is_no_more_than_a_name_either(clip: Path, tmp_path: Path) -> None:
    for name in NAMES:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(clip.read_bytes())
    before = tree(tmp_path)
    named = [Path(os.fsdecode(name)) for name in NAMES]
    ended = blur("--preset", "fast", "-o", "out/", "--json", "--", *named, cwd=tmp_path)
    last = [event for event in ended.events if event["event"] in ("finished", "failed")]
    assert len(last) == len(NAMES), ended.stderr
    assert {event["exit_code"] for event in last} <= {0, 3, 4}
    assert {path: told for path, told in tree(tmp_path).items() if "/out" not in path} == before


SECRET = "uncovered"
DISGUISES = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{clip}\n#EXT-X-ENDLIST\n",
    "hls of the network": "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile '{clip}'\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>'
    '<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{clip}</BaseURL>'
    "<SegmentList><SegmentURL/></SegmentList></Representation></AdaptationSet></Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n",
    "ffmetadata": ";FFMETADATA1\ntitle=x\n",
    "smil": '<smil><body><video src="{clip}"/></body></smil>',
    "script": "#!/bin/sh\ntouch x\n",
    "lavfi": "testsrc=size=64x64",
    "subtitles": "1\n00:00:00,000 --> 00:00:01,000\nhello\n",
    "svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
}
SUFFIXES = (".mp4", ".gif", ".ts", ".jpg", ".heic")


def test_playlists_and_scripts_in_disguise_are_refused(clip: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for kind, text in DISGUISES.items():
        for suffix in SUFFIXES:
            (folder / f"{kind}{suffix}").write_text(text.format(clip=clip))
    before = tree(folder)
    ended = blur(folder, "-o", f"{out}/", cwd=folder)
    assert ended.code == 3, ended.stderr
    failed = [event for event in ended.events if event["event"] == "failed"]
    assert len(failed) == len(SUFFIXES) * len(DISGUISES)
    assert {event["exit_code"] for event in failed} == {3}
    assert tree(folder) == before
    assert not out.exists()


def fifo(path: Path, _: Path) -> None:
    os.mkfifo(path)


def device(path: Path, _: Path) -> None:
    path.symlink_to("/dev/zero")


def terminal(path: Path, _: Path) -> None:
    path.symlink_to("/dev/stdin")


def loop(path: Path, _: Path) -> None:
    path.symlink_to(path)


def dangling(path: Path, _: Path) -> None:
    path.symlink_to("nowhere")


def no_permission_file(path: Path, _: Path) -> None:
    path.symlink_to("/proc/self/mem")


def process(path: Path, _: Path) -> None:
    path.symlink_to("/proc/kmsg")


ODD = [fifo, device, terminal, loop, dangling, no_permission_file, process]


def test_what_is_no_file_is_refused_without_waiting_for_it(clip: Path, tmp_path: Path) -> None:
    named = []
    for make in ODD:
        named.append(tmp_path / f"{make.__name__}.mp4")
        make(named[-1], clip)
    out = tmp_path / "out"
    ended = blur(*named, "-o", f"{out}/", cwd=tmp_path)
    assert ended.code == 3, ended.stderr
    failed = [event for event in ended.events if event["event"] == "failed"]
    assert sorted(event["clip"] for event in failed) == sorted(path.name for path in named)
    assert {event["exit_code"] for event in failed} == {3}
    assert not out.exists()


def test_what_only_looks_at_files_takes_names_and_disguises_for_what_they_are(
    clip: Path, tmp_path: Path
) -> None:
    folder, odd = tmp_path / "in", tmp_path / "odd"
    folder.mkdir()
    odd.mkdir()
    for name in NAMES:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(clip.read_bytes())
    for kind, text in DISGUISES.items():
        (folder / f"{kind}.mov").write_text(text.format(clip=clip))
    for make in ODD:
        make(odd / f"{make.__name__}.mkv", clip)
    before = tree(folder)
    refused = [Path(f"{kind}.mov") for kind in DISGUISES] + sorted(odd.iterdir())
    ended = blur("traces", "--json", "--", *map(Path, map(os.fsdecode, NAMES)), *refused, cwd=folder)
    assert ended.code == 6, ended.stderr
    failed = {event["clip"]: event["exit_code"] for event in ended.events if "event" in event}
    assert failed == dict.fromkeys([path.name for path in refused], 3)
    told = [each["file"] for each in ended.events if "event" not in each]
    assert told == [printable(os.fsdecode(name)) for name in NAMES]
    for name in NAMES[2:5]:
        assert blur("audit", "--json", "--", Path(os.fsdecode(name)), cwd=folder).code == 5  # it has a stamp
    for path in (*refused[:3], *refused[-7:]):
        assert blur("audit", "--json", "--", path, cwd=folder).code == 3
    assert tree(folder) == before


PLANS: list[Callable[[Path, Path], None]] = [fifo, device, loop, dangling, process]


def test_no_plan_is_waited_for_either(clip: Path, tmp_path: Path) -> None:
    for make in PLANS:
        plan = tmp_path / f"{make.__name__}.json"
        make(plan, clip)
        command = [sys.executable, str(REPO / "cli.py"), "render", str(plan), str(clip), "-o", "out/a.mp4"]
        run = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=False, cwd=tmp_path
        )
        assert run.returncode == 3, (make.__name__, run.stderr)
        assert "Traceback" not in run.stderr
    assert not (tmp_path / "out").exists()


def test_folders_that_are_called_like_clips_are_folders(clip: Path, tmp_path: Path) -> None:
    inner = tmp_path / "in" / "a.mp4" / "b.mov"
    inner.mkdir(parents=True)
    shutil.copy(clip, inner / "c.mp4")
    (inner / "round").symlink_to(tmp_path / "in")
    (inner / "empty.mp4").mkdir()
    ended = blur(tmp_path / "in", "-o", f"{tmp_path}/out/", "--name", "keep", cwd=tmp_path)
    assert ended.code == 0, ended.stderr
    made = [path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert made == [Path("a.mp4/b.mov/c-blurred.mp4")]
    assert blur(inner / "empty.mp4", cwd=tmp_path).code == 2


def test_a_link_to_a_clip_is_that_clip(clip: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to(clip)
    before = clip.read_bytes(), clip.stat().st_mtime_ns
    assert blur(link, cwd=tmp_path).code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link-blurred.mp4", "link.mp4"]
    assert (clip.read_bytes(), clip.stat().st_mtime_ns) == before


def gif(width: int, height: int) -> bytes:
    return (
        b"GIF89a"
        + width.to_bytes(2, "little")
        + height.to_bytes(2, "little")
        + b"\x80\0\0\0\0\0\xff\xff\xff,"
        b"\0\0\0\0" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + b"\0\x02\x02D\x01\0;"
    )


def png(width: int, height: int, bits: int, deflated: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", deflated) + chunk(b"IEND", b"")


def test_bombs_go_off_in_bounded_time_and_memory(clip: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    (folder / "wide.gif").write_bytes(gif(65535, 65535))
    (folder / "long.gif").write_bytes(gif(65535, 1))
    (folder / "wide.png").write_bytes(png(30_000, 30_000, 8, zlib.compress(b"")))
    deflated = zlib.compress(bytes(3751 * 30_000), 9)  # 112 MB of nothing, two colours
    (folder / "small.png").write_bytes(png(30_000, 30_000, 1, deflated))
    content = bytearray(clip.read_bytes())
    at = content.index(b"mvhd")
    content[at + 12 : at + 20] = b"\0\0\0\x01\x7f\xff\xff\xff"  # a clock of 1 Hz, 68 years
    (folder / "endless.mp4").write_bytes(content)
    at = content.index(b"tkhd")
    content[at + 76 : at + 84] = b"\xff\xff\0\0\xff\xff\0\0"
    (folder / "wide.mp4").write_bytes(content)
    make_clip(folder / "gap.mkv", pts=(0, 1, 2, 1 << 30))
    ended = blur(folder, "-o", f"{out}/", cwd=tmp_path)
    last = {e["clip"]: e for e in ended.events if e["event"] in ("finished", "failed")}
    made = {"wide.gif", "long.gif", "wide.png", "small.png", "endless.mp4", "wide.mp4", "gap.mkv"}
    assert last.keys() == made
    assert {event["exit_code"] for event in last.values()} <= {0, 3, 4}, ended.stderr
    assert {last[name]["exit_code"] for name in ("wide.gif", "wide.png", "small.png")} == {3}
    assert ended.memory < MEMORY


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 3)


def vanish(path: Path) -> None:
    path.unlink()


def swap(path: Path) -> None:
    other = make_clip(path.with_name("other.mp4"), size=(320, 240), pts=tuple(range(20)))
    other.replace(path)


def scramble(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(4000))


@pytest.mark.parametrize("change", [cut, vanish, swap, scramble])
def test_a_clip_that_changes_while_it_is_read_is_refused_or_whole(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    source, out = tmp_path / "in" / "a.mp4", tmp_path / "out" / "a.mp4"
    source.parent.mkdir()
    make_clip(source, size=(320, 240), pts=tuple(range(120)), coding={"g": "10"})
    command = [
        sys.executable,
        str(REPO / "cli.py"),
        str(source),
        "-o",
        str(out),
        "--preset",
        "fast",
        "--json",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if json.loads(line).get("stage") == "plan":  # it was read once, and is read again to be covered
                break
        run.send_signal(signal.SIGSTOP)
        change(source)
        run.send_signal(signal.SIGCONT)
        began = time.monotonic()
        _, err = run.communicate(timeout=SECONDS)
    assert time.monotonic() - began < SECONDS
    assert "Traceback" not in err
    if run.returncode != 0:
        assert run.returncode == 3, err
        assert not out.parent.exists()
    else:
        assert [path.name for path in out.parent.iterdir()] == ["a.mp4"]
