"""The demonstration clip: a public-domain portrait that moves, with everything in it that Blur removes."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import ffmpeg
import imageio_ffmpeg

from blur.errors import MissingError, OutputError

SECONDS = 4
RATE = 30
POSITION = "+52.5163+013.3777/"
"""Where the clip claims to be from, in ISO 6709: a public square."""


def make_demo(path: Path) -> None:
    """Writes a clip for trying Blur out: 720 × 1280 as it is seen, QuickTime with H.264 and a tone, 4 s.

    It is stored lying down with a rotation, as a phone that is held upright stores it, and is tagged
    with a position and a date. A file that stands at `path` is replaced.

    Raises:
        MissingError: scikit-image, which brings the astronaut's photo, is not installed.
        OutputError: the file cannot be written.
    """
    try:
        photo = files("skimage") / "data" / "astronaut.png"
    except ModuleNotFoundError as error:
        raise MissingError("the demonstration needs scikit-image", "Run: pip install scikit-image") from error
    tags = {"metadata:g:0": f"location={POSITION}", "metadata:g:1": "creation_time=2026-05-01T12:00:00Z"}
    coding = {"c:v": "libx264", "crf": 18, "pix_fmt": "yuv420p", "c:a": "aac", "f": "mov"}
    part = path.with_name(f".{path.name}.part")
    with as_file(photo) as portrait:
        tone = ffmpeg.input(f"sine=frequency=440:duration={SECONDS}", f="lavfi")
        clip = ffmpeg.output(_scene(portrait), tone, str(part), loglevel="error", **tags, **coding)
        try:
            clip.run(cmd=imageio_ffmpeg.get_ffmpeg_exe(), quiet=True, overwrite_output=True)
            part.replace(path)
        except (ffmpeg.Error, OSError) as error:
            raise OutputError(f"the demonstration could not be written to {path.parent.name}") from error
        finally:
            part.unlink(missing_ok=True)


def _scene(portrait: Path) -> Any:
    """Two copies of the portrait, one that comes nearer and one that passes by, lying on their side."""
    colours = "c0=0x40505c:c1=0x8a8f80:seed=1:speed=0.005"
    street = ffmpeg.input(
        f"gradients=size=1280x720:rate={RATE}:duration={SECONDS}:{colours}",
        f="lavfi",
        display_rotation=-90,
        noautorotate=None,
    )
    photo = ffmpeg.input(str(portrait), loop=1, framerate=RATE, t=SECONDS)
    photo = photo.filter("transpose", "cclock").split()
    near = photo[0].filter("scale", w="460+30*t", h="460+30*t", eval="frame")
    passing = photo[1].filter("vflip").filter("scale", w=220, h=220)
    street = street.overlay(near, x="560+60*sin(2*t)", y="100+40*cos(3*t)")
    return street.overlay(passing, x="180+20*sin(5*t)", y="-220+240*t")
