"""On which display a high dynamic range picture was mastered, and how light it gets: HDR10's static data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

_CHROMATICITY, _LUMINANCE = 50_000, 10_000
"""Units to 1, and to a candela per square metre; ITU-T H.265, D.3.28."""
_LONGEST = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Mastering:
    """What players need to map a picture's brightness to their display; nothing of it is known by default.

    Attributes:
        display: SMPTE ST 2086: x and y of green, blue, red and white in units of 0.00002, then the
            highest and the lowest luminance in units of 0.0001 cd/m².
        light: CTA-861.3: highest luminance of a pixel and highest average of a frame, in cd/m².
    """

    display: tuple[int, ...] | None = None
    light: tuple[int, int] | None = None

    def __bool__(self) -> bool:
        return self.display is not None or self.light is not None


NOT_MASTERED = Mastering()


def mastering(data: Mapping[str, bytes]) -> Mastering:
    """What a picture's side data say of it, or its container of all; what is out of range is left out."""
    display = light = None
    if "MASTERING_DISPLAY_METADATA" in data:
        display = _display(np.frombuffer(data["MASTERING_DISPLAY_METADATA"], np.int32))
    if "CONTENT_LIGHT_LEVEL" in data:
        highest, average = np.frombuffer(data["CONTENT_LIGHT_LEVEL"], np.uint32).tolist()
        light = (highest, average) if 0 < max(highest, average) < 1 << 16 else None  # noughts say nothing
    return Mastering(display, light)


def x265_parameters(data: Mastering) -> str:
    """As x265 takes it: parameters that end in a colon each; empty where nothing is known."""
    display = "" if data.display is None else f"master-display={_written(data.display)}:"
    return display + ("" if data.light is None else "max-cll={},{}:".format(*data.light))


def svt_parameters(data: Mastering) -> str:
    """As SVT-AV1 takes it, which counts in ones and candelas: each parameter begins with a colon."""
    display = ""
    if data.display is not None:
        scales = [_CHROMATICITY] * 8 + [_LUMINANCE] * 2
        numbers = (f"{value / scale:.8f}" for value, scale in zip(data.display, scales, strict=True))
        display = f":mastering-display={_written(tuple(numbers))}"
    return display + ("" if data.light is None else ":content-light={},{}".format(*data.light))


def _written(numbers: tuple[int, ...] | tuple[str, ...]) -> str:
    return "G({},{})B({},{})R({},{})WP({},{})L({},{})".format(*numbers)


def _display(numbers: np.ndarray[tuple[int], np.dtype[np.int32]]) -> tuple[int, ...] | None:
    """From libav's AVMasteringDisplayMetadata: red, green, blue, white, lowest and highest; whether known."""
    *fractions, primaries_known, luminance_known = numbers.tolist()
    if not primaries_known or not luminance_known or not all(fractions[1::2]):
        return None
    red, green, blue, white, luminance = (
        [Fraction(*fractions[at : at + 2]), Fraction(*fractions[at + 2 : at + 4])] for at in range(0, 20, 4)
    )
    places = [round(value * _CHROMATICITY) for value in green + blue + red + white]
    lowest, highest = (round(value * _LUMINANCE) for value in luminance)
    right = all(0 <= place <= _CHROMATICITY for place in places) and 0 <= lowest < highest <= _LONGEST
    return (*places, highest, lowest) if right else None
