"""Putting a clip's first sound track, kept or changed, beside the covered picture."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from subprocess import Popen
from threading import Thread
from typing import Any

import ffmpeg
import imageio_ffmpeg
import numpy as np

from blur.errors import DamagedError, MissingError, OutputError, UnreadableError
from blur.media.clip import Clip
from blur.media.container import local_url
from blur.media.flash import CONTAINER as FLASH
from blur.media.flash import ROUND
from blur.media.muxing import MUXERS, blank_muxer_name, muxer_options
from blur.media.probe import probe
from blur.media.reader import read
from blur.settings import Settings
from blur.sound.change import Blocks, Change, change

_CODERS = {
    "mp4": {"c:a": "aac", "b:a": "192k"},
    "matroska": {"c:a": "aac", "b:a": "192k"},
    "webm": {"c:a": "libopus", "b:a": "128k"},
}

_RATE = 48_000  # of every output
_RUN = 48_000  # samples that are changed at a time
_CLOCK = {
    # Seconds that may be missing before silence fills them; by default ffmpeg waits for a tenth.
    "min_hard_comp": 0.010,
    # Where the sound's clock drifts from the picture's by more than so many seconds, it is stretched by up
    # to so many samples a second, 0.2 %, which nobody hears. Clocks that count milliseconds stay below.
    "min_comp": 0.002,
    "async": 100,
}

# What ffmpeg says of a full disk or a folder that may not be written.
_OUTPUT_TROUBLE = (
    "No space left",
    "Permission denied",
    "Read-only file system",
    "File too large",
    "quota",
    "opening output",
)
_TOO_LARGE = -getattr(signal, "SIGXFSZ", 0) or None
"""The code of an ffmpeg that reached the limit on files: the system ends it before it can complain."""


def add_sound(silent: Path, clip: Clip, target: Path, settings: Settings) -> None:
    """Writes the picture of ``silent`` and the first sound track of ``clip`` into ``target``.

    The picture is copied bit for bit, with its times. The sound is changed as the settings say,
    encoded anew, as AAC or in WebM as Opus, in one or two channels at 48 kHz; it starts with the
    clip's first presented frame and ends with the picture. Nothing else comes along: no other tracks,
    chapters, names, languages or dates.

    Args:
        silent: the covered picture, whose first frame is at 0.
        clip: the source; it must have sound.
        target: replaced where it exists; ends in .mp4, .mkv or .webm.

    Raises:
        DamagedError: the sound cannot be decoded.
        OutputError: the target cannot be written.
        MissingError: this machine has no ffmpeg.
    """
    assert clip.sound is not None
    first = next(iter(read(clip)), None)
    length = probe(silent).duration
    if first is None or length is None:
        raise UnreadableError(f"{clip.name} holds no picture to which the sound belongs")
    sound = _heard(clip, clip.time_base.seconds(first.pts), length)
    wanted = change(settings, clip.sound.channels)
    if wanted is None:
        with _child(_muxed(silent, sound, target)) as (process, complaints):
            process.wait()
        codes, complaint = [process.returncode], "".join(complaints)
    else:
        codes, complaint = _changed(sound, wanted, silent, target)
    if not any(codes):
        blank_muxer_name(target)
        return
    if _TOO_LARGE in codes:
        complaint += "File too large"
    if trouble := next((trouble for trouble in _OUTPUT_TROUBLE if trouble in complaint), ""):
        raise OutputError(f"the output cannot be written: {trouble}")
    raise DamagedError(
        f"the sound of {clip.name} is damaged", "Leave the sound out: --audio remove keeps the picture alone."
    )


def _heard(clip: Clip, start: Fraction, length: Fraction) -> Any:
    """The sound on the output's clock, in at most two channels.

    Args:
        start: of the clip's first presented frame in seconds on the clip's clock.
        length: of the picture in seconds.
    """
    assert clip.sound is not None
    source = ffmpeg.input(local_url(clip.path), protocol_whitelist="file", err_detect="explode")
    return (
        source[str(clip.sound.index)]
        .filter("asetpts", _since(start, clip.container))
        # Sound from before the first frame goes; what begins later gets silence before it.
        .filter("atrim", start=0, end=float(length))
        # One rate for all, since cameras differ in theirs.
        .filter("aresample", _RATE, first_pts=0, **_CLOCK)
        # Layouts of more channels are described in AAC by an element in which the encoder signs.
        .filter("aformat", channel_layouts="mono|stereo")
    )


def _since(start: Fraction, container: str) -> str:
    """A sample's time since a moment, in the words of ffmpeg's filters."""
    time = f"PTS-({start.numerator}/{start.denominator})/TB"
    if container != FLASH:
        return time
    turn = float(ROUND)  # of a clock on which times below nought come late
    return f"round(mod({time}+{turn / 2}/TB,{turn}/TB)-{turn / 2}/TB)"


def _muxed(silent: Path, sound: Any, target: Path) -> Any:
    """The ffmpeg call that puts picture and sound together; both keep their own clocks."""
    muxer = MUXERS[target.suffix.lower()]
    picture = ffmpeg.input(local_url(silent), protocol_whitelist="file")
    options: Mapping[str, Any] = {
        "f": muxer,
        "c:v": "copy",
        "map_metadata": -1,
        "map_chapters": -1,
        "metadata:s:a:0": "encoder= ",  # else ffmpeg names the encoder
        "flags:v": "+bitexact",
        "flags:a": "+bitexact",
        **_CODERS[muxer],
        **muxer_options(muxer),
    }
    return ffmpeg.output(picture["v:0"], sound, local_url(target), **options)


def _changed(sound: Any, change: Change, silent: Path, target: Path) -> tuple[list[int], str]:
    """Decodes, changes and encodes the sound, a piece at a time; the codes of both ends, and the complaints.

    The samples go through pipes, so that no sound ever lies in a file that is not the output.
    """
    form = {"ar": change.rate, "ac": change.channels}
    raw = ffmpeg.input("pipe:0", f="f32le", protocol_whitelist="pipe", **form)["a:0"]
    with (
        _child(ffmpeg.output(sound, "pipe:1", f="f32le", **form), pipe_stdout=True) as (decoder, unheard),
        _child(_muxed(silent, raw.filter("aresample", _RATE), target), pipe_stdin=True) as (encoder, refused),
    ):
        assert encoder.stdin is not None
        with suppress(BrokenPipeError):  # why the encoder stopped stands in its complaints
            for block in change.apply(_samples(decoder, change.channels)):
                encoder.stdin.write(np.clip(block, -1, 1).astype("<f4").tobytes())
        with suppress(BrokenPipeError):
            encoder.stdin.close()
        encoder.wait()
    return [encoder.returncode, decoder.returncode], "".join(unheard + refused)


def _samples(decoder: Popen[bytes], channels: int) -> Blocks:
    """What the decoder says, in runs of a second or so, to its end."""
    assert decoder.stdout is not None
    while data := decoder.stdout.read(_RUN * channels * 4):
        yield np.frombuffer(data, "<f4").reshape(-1, channels)
    decoder.wait()


@contextmanager
def _child(call: Any, **pipes: bool) -> Iterator[tuple[Popen[bytes], list[str]]]:
    """A running ffmpeg and what it complains of; it never outlives an interruption."""
    process = _start(call, **pipes)
    complaints: list[str] = []

    def listen() -> None:
        assert process.stderr is not None
        complaints.append(process.stderr.read().decode(errors="replace"))

    drain = Thread(target=listen)  # nobody reads them meanwhile, and a full pipe would stop the child
    drain.start()
    try:
        yield process, complaints
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        drain.join()
        for pipe in (process.stdin, process.stdout, process.stderr):
            with suppress(BrokenPipeError):
                if pipe is not None:
                    pipe.close()


def _start(call: Any, **pipes: bool) -> Popen[bytes]:
    """Starts ffmpeg. Raises MissingError where there is none."""
    call = call.global_args("-nostdin", "-hide_banner", "-loglevel", "error", "-xerror", "-copyts", "-y")
    try:
        process: Popen[bytes] = call.run_async(cmd=imageio_ffmpeg.get_ffmpeg_exe(), pipe_stderr=True, **pipes)
    except (OSError, RuntimeError) as error:
        raise MissingError("ffmpeg, which keeps the sound, cannot be started") from error
    return process
