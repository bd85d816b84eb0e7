"""Hardware is tried where it is asked for; what does not open, or could trace the machine, is not published.

No machine that runs these tests is known to have any: what stands in for it is software by another name.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import pytest

from blur.media import hardware
from blur.media.clip import Clip
from blur.media.hardware import Encoder, hardware_encoder
from blur.media.mastering import Mastering
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.traces.allowlist import check_traces
from tests.e2e.test_real_clips import blur
from tests.media.making import make_clip


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    return probe(make_clip(tmp_path / "a.mp4", coding={"crf": "8"}))


def written(clip: Clip, path: Path, *, wished: bool) -> Writer:
    with Writer(path, clip, 18, hardware=wished) as writer:
        for frame in read(clip):
            writer.write(frame)
    return writer


@pytest.fixture
def none_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "_opens", lambda *_: False)


@pytest.mark.usefixtures("none_opens")
def test_where_none_opens_software_makes_the_very_same_file(clip: Clip, tmp_path: Path) -> None:
    assert not written(clip, tmp_path / "b.mp4", wished=True).in_hardware
    assert not written(clip, tmp_path / "c.mp4", wished=False).in_hardware
    assert (tmp_path / "b.mp4").read_bytes() == (tmp_path / "c.mp4").read_bytes()


def test_an_encoder_whose_device_is_missing_is_passed_over(clip: Clip) -> None:
    assert not hardware._opens(Encoder("h264_v4l2m2m", "yuv420p", {}), clip)
    assert not hardware._opens(Encoder("libx264", "nv12", {"profile": "high10"}), replace(clip, width=0))


@pytest.mark.parametrize(("software", "name"), [("libx264", "h264_nvenc"), ("libx265", "hevc_nvenc")])
def test_the_first_that_opens_is_taken(
    clip: Clip, monkeypatch: pytest.MonkeyPatch, software: str, name: str
) -> None:
    if name not in av.codecs_available:
        pytest.skip(f"this PyAV knows no {name}")
    monkeypatch.setattr(hardware, "_opens", lambda *_: True)
    found = hardware_encoder(software, clip, 23)
    assert found is not None
    assert (found.name, found.options["qp"]) == (name, "23")
    deep = hardware_encoder("libx265", replace(clip, pixel_format="yuv420p10le"), 23)
    assert deep is not None
    assert deep.pixel_format == "p010le"


def test_what_hardware_may_not_keep_is_left_to_software(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "_opens", lambda *_: True)
    assert hardware_encoder("libvpx-vp9", clip, 18) is None
    assert hardware_encoder("libx265", replace(clip, mastering=Mastering(light=(1000, 400))), 18) is None
    assert hardware_encoder("libx264", replace(clip, pixel_format="yuv422p"), 18) is None


def test_what_it_makes_carries_no_message_of_the_encoder(
    clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chatty = Encoder("libx264", "nv12", {"bf": "0"})
    monkeypatch.setattr("blur.media.writer.hardware_encoder", lambda *_: chatty)
    output = tmp_path / "b.mp4"
    assert written(clip, output, wished=True).in_hardware
    assert check_traces(output) == []
    assert b"x264" not in output.read_bytes()
    assert [frame.pts for frame in read(probe(output))] == [frame.pts for frame in read(clip)]


def test_the_wish_is_answered_in_words(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4")
    ended = blur(source, "-o", tmp_path / "b.mp4", "--preset", "fast", "--encoder", "hardware")
    assert ended.code == 0, ended.stderr
    assert {event.get("code") for event in ended.events} & {"software", "hardware"}
    assert probe(tmp_path / "b.mp4").codec == "h264"
