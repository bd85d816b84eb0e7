"""When to look for faces, how closely, and how long to believe in what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from blur.settings import Preset, Settings

FULL_PIXELS = 1920 * 1088
"""A full look sees no more pixels than this; faces that matter are large where pictures are larger."""


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
    "fast": Search(Fraction(1, 2), (0.7, 0.5), sure=0.15, weak=0.10),
    "balanced": Search(Fraction(1, 3), (1.0, 0.5, 0.7, 0.5), sure=0.15, weak=0.10),
    "thorough": Search(Fraction(1, 6), (1.0, 0.5, 0.7, 0.5), sure=0.15, weak=0.10),
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
    factor = scale * min(1.0, (FULL_PIXELS / (width * height)) ** 0.5)
    return max(1, round(width * factor)), max(1, round(height * factor))
