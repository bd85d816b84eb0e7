"""Keeping a clip's first sound track beside the covered picture."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from subprocess import Popen
from typing import Any

import ffmpeg
import imageio_ffmpeg

from blur.errors import DamagedError, MissingError, OutputError, UnreadableError
from blur.media.clip import Clip
from blur.media.container import local_url
from blur.media.muxing import MUXERS, blank_muxer_name, muxer_options
from blur.media.probe import probe
from blur.media.reader import read
from blur.text import printable

_CODERS = {
    "mp4": {"c:a": "aac", "b:a": "192k"},
    "matroska": {"c:a": "aac", "b:a": "192k"},
    "webm": {"c:a": "libopus", "b:a": "128k"},
}

# What ffmpeg says of a full disk or a folder that may not be written.
_OUTPUT_TROUBLE = (
    "opening output",
    "No space left",
    "Permission denied",
    "Read-only file system",
    "File too large",
    "quota",
)


def add_sound(silent: Path, clip: Clip, target: Path) -> None:
    """Writes the picture of ``silent`` and the first sound track of ``clip`` into ``target``.

    The picture is copied bit for bit, with its times. The sound is encoded anew, as AAC or in WebM
    as Opus, starts with the clip's first presented frame and ends with the picture. Nothing else
    comes along: no other tracks, chapters, names, languages or dates.

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
    command = _command(silent, clip, target, clip.time_base.seconds(first.pts), length)
    try:
        process = command.run_async(cmd=imageio_ffmpeg.get_ffmpeg_exe(), pipe_stderr=True)
    except (OSError, RuntimeError) as error:
        raise MissingError("ffmpeg, which keeps the sound, cannot be started") from error
    complaint = _finish(process)
    if process.returncode == 0:
        blank_muxer_name(target)
        return
    if any(trouble in complaint for trouble in _OUTPUT_TROUBLE):
        raise OutputError(f"{printable(target.name)} cannot be written")
    raise DamagedError(
        f"the sound of {clip.name} is damaged", "Leave the sound out: --audio remove keeps the picture alone."
    )


def _command(silent: Path, clip: Clip, target: Path, start: Fraction, length: Fraction) -> Any:
    """The ffmpeg call: both inputs keep their own clocks, the sound's is moved to the picture's.

    Args:
        start: of the clip's first presented frame in seconds on the clip's clock.
        length: of the picture in seconds.
    """
    assert clip.sound is not None
    muxer = MUXERS[target.suffix.lower()]
    local: Mapping[str, Any] = {"protocol_whitelist": "file"}
    picture = ffmpeg.input(local_url(silent), **local)
    source = ffmpeg.input(local_url(clip.path), **local, err_detect="explode")
    sound = (
        source[str(clip.sound.index)]
        .filter("asetpts", f"PTS-({start.numerator}/{start.denominator})/TB")
        # Sound from before the first frame goes; what begins later gets silence before it.
        .filter("atrim", start=0, end=float(length))
        .filter("aresample", **{"async": 1, "first_pts": 0})
    )
    options = {
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
    output = ffmpeg.output(picture["v:0"], sound, local_url(target), **options)
    return output.global_args("-nostdin", "-hide_banner", "-loglevel", "error", "-xerror", "-copyts", "-y")


def _finish(process: Popen[bytes]) -> str:
    """Waits for the child and returns its complaints; it never outlives an interruption."""
    try:
        _, complaint = process.communicate()
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return complaint.decode(errors="replace")
