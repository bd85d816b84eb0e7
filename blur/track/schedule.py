"""When to look for faces, how closely, and how long to believe in what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from blur.settings import Preset, Settings

FULL_PIXELS = (480_000, 1_300_000)
"""A full look sees at least and at most so many pixels: small pictures are enlarged, since their small
faces are still known to those who know them; in large pictures the faces that matter are large."""


@dataclass(frozen=True, slots=True)
class Search:
    """How thoroughly to look.

    Attributes:
        interval: seconds from one look to the next.
        scales: sizes at which looks are taken, in turn, as parts of a full look. Faces that one
            size misses are found at another, and time shows every face at both.
        sure: score from which a single sighting counts.
        weak: score from which a sighting counts if another one confirms it.
        hold: seconds for which a face stays covered before it was first and after it was last seen.
        memory: seconds after which a face that comes back is taken for a new one.
    """

    interval: Fraction
    scales: tuple[float, ...]
    sure: float
    weak: float
    hold: Fraction = Fraction(2)
    memory: Fraction = Fraction(2)


SEARCHES: dict[Preset, Search] = {
    "fast": Search(Fraction(1, 2), (0.7, 0.5), sure=0.14, weak=0.105),
    "balanced": Search(Fraction(1, 3), (1.0, 0.5, 0.7, 0.5), sure=0.14, weak=0.105),
    "thorough": Search(Fraction(1, 6), (1.0, 0.5, 0.7, 0.5), sure=0.14, weak=0.10),
}


def search_for(settings: Settings) -> Search:
    """The search that the settings ask for; a threshold of the user's takes the place of the preset's."""
    search = SEARCHES[settings.preset]
    if settings.threshold is None:
        return search
    weak = settings.threshold * search.weak / search.sure
    return Search(search.interval, search.scales, settings.threshold, weak, search.hold, search.memory)


def look_size(width: int, height: int, scale: float) -> tuple[int, int]:
    """Width and height in pixels of a look at a picture of the given size."""
    least, most = ((pixels / (width * height)) ** 0.5 for pixels in FULL_PIXELS)
    factor = scale * min(max(1.0, min(least, 2.0)), most)
    return max(1, round(width * factor)), max(1, round(height * factor))
