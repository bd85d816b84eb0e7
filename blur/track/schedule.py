"""When to look for faces, how closely, and how long to believe in what was seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
        certain: score from which a sighting is a face, whatever other looks saw there.
        sure: score from which one sighting is enough, and ``fair`` from which two of one thing are, if
            there is that much evidence for them; see `blur.track.evidence`.
        weak: score from which sightings are linked, and are a face together if evidence is strong.
        hint: score from which something is evidence.
        evidence: what it takes of it, and what it takes where all sightings are weak.
        hold: seconds for which a face stays covered before it was first and after it was last seen.
        memory: seconds after which a face that comes back is taken for a new one.
    """

    interval: Fraction
    scales: tuple[float, ...]
    certain: float = 0.25
    sure: float = 0.14
    fair: float = 0.105
    weak: float = 0.07
    hint: float = 0.03
    evidence: tuple[float, float] = (0.033, 0.09)
    hold: Fraction = Fraction(2)
    memory: Fraction = Fraction(2)


SEARCHES: dict[Preset, Search] = {
    "fast": Search(Fraction(1, 2), (0.7, 0.5)),
    "balanced": Search(Fraction(1, 3), (1.0, 0.5, 0.7, 0.5)),
    # Covers what two of its many looks saw, whatever the others did.
    "thorough": Search(
        Fraction(1, 6), (1.0, 0.5, 0.7, 0.5), fair=0.1, weak=0.1, hint=0.1, evidence=(0.0, 0.0)
    ),
}


def search_for(settings: Settings) -> Search:
    """The search that the settings ask for; a threshold of the user's takes the place of the preset's."""
    search = SEARCHES[settings.preset]
    if settings.threshold is None:
        return search
    factor = settings.threshold / search.sure
    return replace(
        search,
        certain=max(search.certain * min(factor, 1), settings.threshold),
        sure=settings.threshold,
        fair=search.fair * factor,
        weak=search.weak * factor,
        hint=search.hint * factor,
    )


def look_size(width: int, height: int, scale: float) -> tuple[int, int]:
    """Width and height in pixels of a look at a picture of the given size."""
    least, most = ((pixels / (width * height)) ** 0.5 for pixels in FULL_PIXELS)
    factor = scale * min(max(1.0, min(least, 2.0)), most)
    return max(1, round(width * factor)), max(1, round(height * factor))
