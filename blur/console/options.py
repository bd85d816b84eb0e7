"""The options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from blur.batch.naming import NAMES
from blur.settings import AUDIO, CAMERA_TRACES, CODECS, ENCODERS, ON_DAMAGE, PRESETS, STYLES, Settings

Command = TypeVar("Command", bound=Callable[..., Any])
DEFAULTS = Settings()


def options(*declared: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def add(command: Command) -> Command:
        for option in reversed(declared):
            command = option(command)
        return command

    return add


making = options(
    click.option(
        "-o", "--output", help="File for one clip (.mp4, .mkv, .webm; .jpg, .png, ...), or a folder."
    ),
    click.option("--name", type=click.Choice(NAMES), help="Call results after their source, or number them."),
    click.option("--style", type=click.Choice(STYLES), help="Look of what is covered.  [default: veil]"),
    click.option("--audio", type=click.Choice(AUDIO), help="What becomes of the sound.  [default: remove]"),
    click.option("--mute", metavar="SPANS", help="Beeps in the sound, such as 0:12.5-0:14,1:03-1:05."),
    click.option("--camera-trace", type=click.Choice(CAMERA_TRACES), default=DEFAULTS.camera_trace),
    click.option(
        "--codec",
        type=click.Choice(CODECS),
        default=DEFAULTS.codec,
        help="Of the picture.  [default: h264, for 10 bits hevc, in .webm vp9]",
    ),
    click.option(
        "--encoder",
        type=click.Choice(ENCODERS),
        default=DEFAULTS.encoder,
        help="Hardware is tried where it is asked for.  [default: software]",
    ),
    click.option(
        "--on-damage",
        type=click.Choice(ON_DAMAGE),
        default=DEFAULTS.on_damage,
        help="Refuse a damaged clip, or make black what cannot be decoded.  [default: refuse]",
    ),
    click.option("--crf", type=int, default=DEFAULTS.crf, show_default=True, help="0 best to 51 smallest."),
    click.option("--force", is_flag=True, help="Replace outputs that are there already."),
    click.option("--replacewith", hidden=True),
    click.option("--keep-audio", is_flag=True, hidden=True),
)
finding = options(
    click.option("--preset", type=click.Choice(PRESETS), default=DEFAULTS.preset, show_default=True),
    click.option(
        "--grow",
        "--mask-scale",
        type=float,
        default=DEFAULTS.grow,
        show_default=True,
        help="Mask per face, 1 to 4.",
    ),
    click.option(
        "-t", "--threshold", "--thresh", type=float, help="Score of a face, 0 to 1; lower covers more."
    ),
    click.option(
        "--rounds", type=int, default=DEFAULTS.rounds, show_default=True, help="Repairs after a second look."
    ),
    click.option("--accept-unverified/--no-accept-unverified", help="Publish even where faces may be left."),
)
telling = options(
    click.option("--no-confine", is_flag=True, help="Let decoders reach all your files; for odd systems."),
    click.option("--json", "as_json", is_flag=True, help="One event a line on stdout, for programs."),
    click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong."),
)
