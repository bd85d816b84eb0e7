from __future__ import annotations

import signal
import threading
from fractions import Fraction
from pathlib import Path

import av
import ffmpeg
import imageio_ffmpeg
import numpy as np
import pytest

from blur.errors import DamagedError, MissingError, OutputError
from blur.media.inventory import inventory
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.settings import Settings
from blur.sound.keep import _child, add_sound
from blur.timing import spans
from blur.traces.allowlist import check_traces
from tests.media.making import make_clip, tone

KEEP = Settings(audio="keep")


def silent_copy(source: Path, target: Path) -> Path:
    clip = probe(source)
    with Writer(target, clip, 18) as writer:
        for frame in read(clip):
            writer.write(frame)
    return target


def packets(path: Path) -> list[tuple[int | None, int | None, bytes]]:
    with av.open(str(path)) as container:
        return [(p.pts, p.dts, bytes(p)) for p in container.demux(video=0) if p.size]


def onset(path: Path) -> float:
    """When the tone begins, in seconds on the file's clock."""
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            loud = np.abs(frame.to_ndarray().astype(float)).max(axis=0) > (
                0.3 if "flt" in frame.format.name else 9000
            )
            if loud.any():
                return float(frame.pts * frame.time_base) + int(loud.argmax()) / frame.sample_rate
    raise AssertionError("no tone")


@pytest.mark.parametrize(
    ("suffix", "target", "first", "codec"),
    [
        (".mp4", ".mp4", 0, "aac"),
        (".mkv", ".mp4", 0, "aac"),
        (".mkv", ".mp4", 500, "aac"),
        (".mkv", ".mkv", 250, "aac"),
        (".mkv", ".webm", 250, "opus"),
    ],
)
def test_the_tone_comes_with_its_frame(
    tmp_path: Path, suffix: str, target: str, first: int, codec: str
) -> None:
    source = make_clip(
        tmp_path / f"source{suffix}",
        pts=range(first, first + 2000, 40),
        time_base=Fraction(1, 1000),
        sound=tone(3, 48000, start=1.25),
    )
    silent = silent_copy(source, tmp_path / f"silent{target}")
    clip = probe(source)
    output = tmp_path / f"out{target}"
    add_sound(silent, clip, output, KEEP)
    heard = probe(output).sound
    assert heard is not None
    assert heard.codec == codec
    start = float(clip.time_base.seconds(next(iter(read(clip))).pts))
    assert onset(output) == pytest.approx(onset(source) - start, abs=0.01)
    assert packets(output) == packets(silent)


def test_the_tone_comes_with_its_frame_where_flash_begins_before_nought(tmp_path: Path) -> None:
    source = make_clip(
        tmp_path / "source.flv",
        pts=range(-6, 54),
        coding={"bf": "2"},
        sound=tone(2, 48000, start=1.25),
        muxing={"avoid_negative_ts": "disabled"},
    )
    clip = probe(source)
    assert next(iter(read(clip))).pts == -200
    silent = silent_copy(source, tmp_path / "silent.mp4")
    add_sound(silent, clip, tmp_path / "out.mp4", KEEP)
    assert onset(tmp_path / "out.mp4") == pytest.approx(1.25 + 0.2, abs=0.02)


@pytest.mark.parametrize("gap", [0.012, 0.018, 0.06, 0.09])
def test_a_gap_in_the_sound_stays_one(tmp_path: Path, gap: float) -> None:
    """As phones leave behind the first packet: what comes later must not come early."""
    whole = make_clip(tmp_path / "whole.mp4", pts=range(60), sound=tone(2, 48000, start=1.25))
    source = tmp_path / "source.mp4"
    with av.open(str(whole)) as read_from, av.open(str(source), "w") as write_to:
        copies = {stream: write_to.add_stream_from_template(stream) for stream in read_from.streams}
        for packet in read_from.demux():
            if packet.pts is not None and packet.dts is not None and packet.size:
                if packet.stream.type == "audio" and packet.pts * packet.time_base > 0.5:
                    packet.pts, packet.dts = (t + round(gap * 48_000) for t in (packet.pts, packet.dts))
                packet.stream = copies[packet.stream]
                write_to.mux(packet)
    assert onset(source) == pytest.approx(1.25 + gap, abs=0.005)
    add_sound(silent_copy(source, tmp_path / "a.mp4"), probe(source), tmp_path / "out.mp4", KEEP)
    assert onset(tmp_path / "out.mp4") == pytest.approx(1.25 + gap, abs=0.01)


def test_the_sound_ends_with_the_picture(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", pts=range(30), sound=tone(4, 48000))
    silent = silent_copy(source, tmp_path / "silent.mp4")
    add_sound(silent, probe(source), tmp_path / "out.mp4", KEEP)
    with av.open(str(tmp_path / "out.mp4")) as container:
        track = container.streams.audio[0]
        assert float(track.duration * track.time_base) == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("name", ["-y.mp4", "concat:a|b.mp4", "http:a.mp4"])
def test_a_name_is_only_ever_a_local_file(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_clip(tmp_path / "a.mp4", sound=tone(0.4, 48000)).rename(name)
    silent = silent_copy(Path(name), Path("-silent.mp4"))
    add_sound(silent, probe(Path(name)), Path("file:out.mp4"), KEEP)
    assert probe(tmp_path / "file:out.mp4").sound is not None


def test_only_the_first_track_comes_and_nothing_is_told_of_it(shared: Path, tmp_path: Path) -> None:
    source = shared / "media/weird/three_audio_tracks.mkv"
    clip = probe(source)
    silent = silent_copy(source, tmp_path / "silent.mkv")
    add_sound(silent, clip, tmp_path / "out.mkv", KEEP)
    held = inventory(tmp_path / "out.mkv")
    assert held.kinds == ("video", "audio")
    assert held.chapters == 0
    assert {key for key, value in held.tags if value.strip()} == {"DURATION"}
    assert b"Lav" not in (tmp_path / "out.mkv").read_bytes()


@pytest.mark.parametrize("settings", [Settings(audio="keep"), Settings(audio="disguise")])
def test_sound_that_cannot_be_decoded_is_damage(tmp_path: Path, settings: Settings) -> None:
    source = make_clip(tmp_path / "a.mp4", pts=range(60), sound=tone(2, 48000))
    silent = silent_copy(source, tmp_path / "silent.mp4")
    clip = probe(source)
    content = bytearray(source.read_bytes())
    with av.open(str(source)) as container:
        places = [packet.pos for packet in container.demux(audio=0) if packet.size][20:60]
    for place in places:
        content[place : place + 40] = b"\xff" * 40
    source.write_bytes(content)
    with pytest.raises(DamagedError, match="sound"):
        add_sound(silent, clip, tmp_path / "out.mp4", settings)


@pytest.mark.parametrize("settings", [Settings(audio="keep"), Settings(audio="disguise")])
def test_a_target_that_cannot_be_written_is_an_output_error(tmp_path: Path, settings: Settings) -> None:
    source = make_clip(tmp_path / "a.mp4", sound=tone(0.4, 48000))
    silent = silent_copy(source, tmp_path / "silent.mp4")
    with pytest.raises(OutputError):
        add_sound(silent, probe(source), tmp_path / "no" / "out.mp4", settings)


def test_an_interruption_ends_the_child() -> None:
    endless = ffmpeg.output(ffmpeg.input("anullsrc", f="lavfi", re=None), "-", f="null")
    main = threading.main_thread().ident
    assert main is not None
    threading.Timer(0.3, signal.pthread_kill, (main, signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt), _child(endless) as (child, _):
        child.wait()
    assert child.returncode == -signal.SIGKILL


MUTED = Settings(audio="mute", mute=spans("1.25-1.5"))
CHANGES = [Settings(audio="disguise"), Settings(audio="mute", mute=spans("0:00.1-0:00.2")), MUTED]


@pytest.mark.parametrize("settings", CHANGES[:2], ids=["disguise", "mute"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_changed_sound_stays_with_its_frame(tmp_path: Path, suffix: str, settings: Settings) -> None:
    sound = tone(3, 48000, start=1.25)
    source = make_clip(
        tmp_path / "source.mkv", pts=range(250, 2250, 40), time_base=Fraction(1, 1000), sound=sound
    )
    clip = probe(source)
    silent = silent_copy(source, tmp_path / f"silent{suffix}")
    add_sound(silent, clip, tmp_path / f"out{suffix}", settings)
    beeps = 0.26 if settings.mute else 0  # the beep is fainter than the tone, and not counted as its onset
    assert beeps < onset(tmp_path / f"out{suffix}") == pytest.approx(1.0, abs=0.02)
    assert packets(tmp_path / f"out{suffix}") == packets(silent)
    assert check_traces(tmp_path / f"out{suffix}") == []
    with av.open(str(tmp_path / f"out{suffix}")) as container:
        heard = max(f.pts * f.time_base + Fraction(f.samples, f.rate) for f in container.decode(audio=0))
    assert float(heard) == pytest.approx(2.0, abs=0.03)


def test_a_muted_span_holds_a_beep_and_nothing_else(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", pts=range(75), sound=tone(2.5, 48000))
    add_sound(silent_copy(source, tmp_path / "s.mp4"), probe(source), tmp_path / "out.mp4", MUTED)
    with av.open(str(tmp_path / "out.mp4")) as container:
        frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    heard = np.concatenate(frames)
    power = np.abs(np.fft.rfft(heard[int(1.3 * 48000) : int(1.45 * 48000)] * np.hanning(7200))) ** 2
    frequency = np.fft.rfftfreq(7200, 1 / 48000)
    tone_left = power[np.abs(frequency - 600) < 20].sum()
    assert tone_left < 1e-4 * power[np.abs(frequency - 1000) < 20].sum()
    assert np.abs(heard[48000 : 48000 + 4800]).max() > 0.5


@pytest.mark.parametrize("settings", [KEEP, *CHANGES], ids=["keep", "disguise", "mute", "muted"])
def test_more_channels_are_mixed_down(tmp_path: Path, settings: Settings) -> None:
    """For unusual channels an AAC encoder signs its configuration."""
    source = tmp_path / "a.mkv"
    picture = ffmpeg.input("testsrc=size=64x64:rate=25:duration=2", f="lavfi")
    sound = ffmpeg.input("anullsrc=channel_layout=octagonal:duration=2", f="lavfi")
    call = ffmpeg.output(picture, sound, str(source), **{"c:v": "libx264", "c:a": "flac"})
    call.run(cmd=imageio_ffmpeg.get_ffmpeg_exe(), quiet=True)
    assert probe(source).sound is not None
    silent = silent_copy(source, tmp_path / "silent.mp4")
    add_sound(silent, probe(source), tmp_path / "out.mp4", settings)
    heard = probe(tmp_path / "out.mp4").sound
    assert heard is not None
    assert heard.channels == (1 if settings.audio == "disguise" else 2)
    assert check_traces(tmp_path / "out.mp4") == []


def test_a_machine_without_ffmpeg_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_clip(tmp_path / "a.mp4", sound=tone(0.4, 48000))
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "absent"))
    with pytest.raises(MissingError):
        add_sound(source, probe(source), tmp_path / "out.mp4", KEEP)
