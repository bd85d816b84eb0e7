from __future__ import annotations

import gc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from blur.audit.playback import check_playback
from blur.errors import AuditError
from blur.events import Progress, Started
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.timing import TimeBase
from tests.media.making import make_clip, tone

PLANNED = [400, 433, 480, 560, 566, 700]
BASE = TimeBase(1, 1000)
BARE = {"fflags": "+bitexact", "empty_hdlr_name": "1"}


def plan(pts: list[int] = PLANNED) -> NDArray[np.int64]:
    return np.array(pts, np.int64)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A finished draft as Blur writes it, for the planned times."""
    source = probe(make_clip(tmp_path / "source.mkv", pts=PLANNED, time_base=Fraction(1, 1000)))
    assert [frame.pts for frame in read(source)] == PLANNED
    with Writer(tmp_path / "out.mp4", source, 18) as writer:
        for frame in read(source):
            writer.write(frame)
    return tmp_path / "out.mp4"


def check(path: Path, pts: list[int] = PLANNED, size: tuple[int, int] = (96, 64)) -> None:
    list(check_playback(path, plan(pts), BASE, *size))


def test_a_good_output_passes_and_tells_how_far_it_is(output: Path) -> None:
    events = list(check_playback(output, plan(), BASE, 96, 64))
    assert events[0] == Started("out.mp4", "check", 6)
    assert events[-1] == Progress("out.mp4", "check", 6, 6)


def test_pictures_are_let_go_of_without_waiting_for_the_collector(tmp_path: Path) -> None:
    pts = [40 * index for index in range(80)]
    source = probe(make_clip(tmp_path / "source.mkv", pts=pts, time_base=Fraction(1, 1000)))
    path = tmp_path / "long.mp4"
    with Writer(path, source, 30) as writer:
        for frame in read(source):
            writer.write(frame)
    gc.collect()
    gc.disable()
    try:
        check(path, pts)
        held = sum(isinstance(one, av.VideoFrame) for one in gc.get_objects())
    finally:
        gc.enable()
    assert held < 5


def test_a_tick_of_rounding_passes_and_two_do_not(output: Path) -> None:
    check(output, [400, 434, 480, 560, 566, 700])
    with pytest.raises(AuditError, match="frame 2 comes"):
        check(output, [400, 435, 480, 560, 566, 700])


@pytest.mark.parametrize("pts", [PLANNED[:-1], [*PLANNED, 800], []])
def test_a_missing_or_added_frame_fails(output: Path, pts: list[int]) -> None:
    with pytest.raises(AuditError, match="planned frames"):
        check(output, pts)


def test_another_size_fails(output: Path) -> None:
    with pytest.raises(AuditError, match="96x64, not 64x96"):
        check(output, size=(64, 96))


def test_a_display_rotation_fails(tmp_path: Path) -> None:
    with pytest.raises(AuditError):
        check(make_clip(tmp_path / "a.mp4", pts=PLANNED, time_base=Fraction(1, 1000), turn=180))


@pytest.mark.parametrize("damage", ["cut", "overwritten", "empty", "gone"])
def test_what_does_not_play_fails(output: Path, damage: str) -> None:
    content = bytearray(output.read_bytes())
    if damage == "cut":
        output.write_bytes(content[:-200])
    elif damage == "overwritten":
        content[-300:-100] = bytes(range(200))
        output.write_bytes(content)
    elif damage == "empty":
        output.write_bytes(b"")
    else:
        output.unlink()
    with pytest.raises(AuditError, match="cannot be played"):
        check(output)


def remuxed(
    output: Path, target: Path, *, title: str = "", chapter: bool = False, second: bool = False
) -> Path:
    with (
        av.open(str(output)) as source,
        av.open(str(target), "w", options=BARE) as container,
    ):
        template = source.streams.video[0]
        streams = [container.add_stream_from_template(template, opaque=True) for _ in range(1 + second)]
        if title:
            container.metadata["title"] = title
        if chapter:
            container.set_chapters(
                [{"id": 1, "start": 0, "end": 100, "time_base": Fraction(1, 1000), "metadata": {}}]
            )
        for packet in source.demux(template):
            if packet.size:
                for stream in streams:
                    packet.stream = stream
                    container.mux(packet)
    return target


def test_a_plain_copy_without_tags_passes(output: Path, tmp_path: Path) -> None:
    check(remuxed(output, tmp_path / "copy.mov.mp4"), PLANNED)


def test_tags_fail(output: Path, tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="title"):
        check(remuxed(output, tmp_path / "copy.mp4", title="March"))


def test_chapters_fail(output: Path, tmp_path: Path) -> None:
    with pytest.raises(AuditError):
        check(remuxed(output, tmp_path / "copy.mp4", chapter=True))


def test_a_second_picture_fails(output: Path, tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="streams video, video"):
        check(remuxed(output, tmp_path / "copy.mp4", second=True))


def test_data_inside_the_picture_fails(tmp_path: Path) -> None:
    path = make_clip(
        tmp_path / "a.mp4",
        pts=PLANNED,
        time_base=Fraction(1, 1000),
        muxing=BARE,
    )
    with pytest.raises(AuditError, match="no picture"):  # x264 names itself in it
        check(path)


def test_sound_may_be_there_once(tmp_path: Path, shared: Path) -> None:
    with pytest.raises(AuditError, match="audio, audio, audio"):
        check(shared / "media/weird/three_audio_tracks.mkv")
    path = make_clip(tmp_path / "a.mkv", pts=PLANNED, time_base=Fraction(1, 1000), sound=tone(1, 48000))
    with pytest.raises(AuditError, match="tags ENCODER"):  # not for its sound
        check(path)
