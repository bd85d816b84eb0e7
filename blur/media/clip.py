"""What a clip is, as probing found it, and one of its frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av

from blur.media.mastering import NOT_MASTERED, Mastering
from blur.media.reel import Reel
from blur.timing import TimeBase


@dataclass(frozen=True, slots=True)
class Sound:
    """The first sound track of a clip."""

    index: int
    codec: str
    rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class Clip:
    """A video file that can be read.

    Attributes:
        path: where it lies; opened for reading only, ever.
        container: FFmpeg's name of the demuxer.
        codec: FFmpeg's name of the picture's codec.
        width, height: of the upright picture in pixels, after rotation.
        quarter_turns: counter-clockwise turns by 90° that make the decoded picture upright, 0 to 3.
        mirrored: whether the decoded picture is flipped left to right before it is turned.
        pixel_format: the planar format in which frames are handed out, rendered and encoded.
        time_base: of every frame's pts.
        frames: how many frames the container promises; None where it does not say.
        duration: in seconds as the container claims; None where it does not say.
        rate: nominal frames per second, for estimates only.
        sound: the first sound track, None for a silent file.
        pixel_aspect: how wide an upright pixel is shown for its height; 1 for nearly every clip.
        damage: first and last pts of every stretch that cannot be decoded, where it is to be read all
            the same, with black frames there; empty for a clip that is refused at any damage.
        mastering: HDR10's static data, which goes into the output.
        written: bytes of the file and the time of its last change in ns, before it was first read; None
            where nobody asked.
        reel: where `read` can keep the pictures for the next reading; None where it cannot.
    """

    path: Path
    container: str
    codec: str
    width: int
    height: int
    quarter_turns: int
    mirrored: bool
    pixel_format: str
    time_base: TimeBase
    frames: int | None
    duration: Fraction | None
    rate: Fraction | None
    sound: Sound | None
    pixel_aspect: Fraction = Fraction(1)
    damage: tuple[tuple[int, int], ...] = ()
    mastering: Mastering = NOT_MASTERED
    written: tuple[int, int] | None = None
    reel: Reel | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The file's name for messages: no folder, no control characters."""
        return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in self.path.name)


@dataclass(frozen=True, slots=True)
class Frame:
    """One presented frame, upright, in the clip's pixel format, with its exact time."""

    pts: int
    picture: av.VideoFrame
