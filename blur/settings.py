"""What a user can choose, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from blur.errors import UsageError
from blur.timing import Span

Style: TypeAlias = Literal["veil", "solid", "mosaic"]
Audio: TypeAlias = Literal["remove", "disguise", "mute", "keep"]
CameraTrace: TypeAlias = Literal["keep", "reduce"]
Codec: TypeAlias = Literal["auto", "h264", "hevc", "av1"]
EncodedBy: TypeAlias = Literal["software", "hardware"]
OnDamage: TypeAlias = Literal["refuse", "cover"]
Preset: TypeAlias = Literal["fast", "balanced", "thorough"]

STYLES: tuple[Style, ...] = get_args(Style)
AUDIO: tuple[Audio, ...] = get_args(Audio)
CAMERA_TRACES: tuple[CameraTrace, ...] = get_args(CameraTrace)
CODECS: tuple[Codec, ...] = get_args(Codec)
ENCODERS: tuple[EncodedBy, ...] = get_args(EncodedBy)
ON_DAMAGE: tuple[OnDamage, ...] = get_args(OnDamage)
PRESETS: tuple[Preset, ...] = get_args(Preset)

_KNOWN: dict[str, tuple[str, ...]] = {
    "style": STYLES,
    "audio": AUDIO,
    "preset": PRESETS,
    "codec": CODECS,
    "encoder": ENCODERS,
    "on_damage": ON_DAMAGE,
    "camera_trace": CAMERA_TRACES,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How a clip is to be made safe.

    Attributes:
        style: the look of a covered region: ``veil`` (the surroundings drawn over it), ``solid``
            (black) or ``mosaic`` (coarse cells of the veil). None of them holds a pixel of a face.
        audio: ``remove`` drops every sound track; ``disguise`` shifts the voices of the first one,
            ``mute`` puts beeps over some spans of it, ``keep`` keeps it.
        preset: how thoroughly faces are looked for: ``fast``, ``balanced`` or ``thorough``.
        grow: how many times a face's width and height a mask measures, from 1.0 to 4.0.
        threshold: the score from which a sighting counts as a face, above 0 and below 1;
            None takes the preset's. Lower covers more.
        mute: spans of the sound under a beep, in seconds from the first frame; for ``mute``, which
            needs some, and ``disguise``.
        crf: the encoder's constant rate factor, 0 (largest) to 51 (worst).
        camera_trace: ``reduce`` moves and softens the picture a little, so that the camera's own
            noise can hardly be measured; ``keep`` leaves it.
        codec: of the picture; ``auto`` is H.264, for 10 bits HEVC, in WebM VP9.
        encoder: ``hardware`` tries an encoder in the graphics card first, whose output differs from machine
            to machine; ``software`` never does.
        on_damage: ``refuse`` takes no clip that cannot be decoded to its end; ``cover`` makes black what
            cannot be decoded.
        rounds: how often an output in which a second look finds faces is mended, 0 to 10.
        accept_unverified: whether an output in which faces may be left is published all the same.
        private: whether the report of a clip carries its plan, and so shows where faces are.
    """

    style: Style = "veil"
    audio: Audio = "remove"
    preset: Preset = "balanced"
    grow: float = 1.5
    threshold: float | None = None
    crf: int = 18
    mute: tuple[Span, ...] = ()
    camera_trace: CameraTrace = "keep"
    codec: Codec = "auto"
    encoder: EncodedBy = "software"
    on_damage: OnDamage = "refuse"
    rounds: int = 3
    accept_unverified: bool = False
    private: bool = False

    def __post_init__(self) -> None:
        """Raises UsageError where a value is out of its range."""
        for name, known in _KNOWN.items():
            value = getattr(self, name)
            if value not in known:
                unknown = f"unknown {name.replace('_', ' ')} {str(value)[:40]!r}"
                raise UsageError(unknown, f"Choose one of: {', '.join(known)}.")
        if bool(self.mute) != (self.audio == "mute") and self.audio != "disguise":
            lacking = (
                "no span to mute" if self.audio == "mute" else f"--mute has no meaning with {self.audio}"
            )
            raise UsageError(lacking, "Give --audio mute and --mute, such as --mute 0:12.5-0:14,1:03-1:05.")
        if not 1.0 <= self.grow <= 4.0:
            raise UsageError(f"--grow {self.grow:g} is out of range", "Give a number from 1.0 to 4.0.")
        if self.threshold is not None and not 0.0 < self.threshold < 1.0:
            raise UsageError(
                f"--threshold {self.threshold:g} is out of range", "Give a number between 0 and 1."
            )
        if not 0 <= self.rounds <= 10:
            raise UsageError(f"--rounds {self.rounds} is out of range", "Give a whole number from 0 to 10.")
        if not 0 <= self.crf <= 51:
            raise UsageError(f"--crf {self.crf} is out of range", "Give a whole number from 0 to 51.")
