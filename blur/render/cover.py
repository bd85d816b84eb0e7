"""One call for every look."""

from __future__ import annotations

import numpy as np

from blur.media.picture import Planes
from blur.plan.model import Regions
from blur.render.mosaic import cover_mosaic
from blur.render.solid import cover_solid
from blur.render.veil import cover_veil
from blur.settings import Style


def cover(planes: Planes, regions: Regions, style: Style, rng: np.random.Generator) -> None:
    """Cover the regions of a picture in place.

    What stands inside a region afterwards depends on pixels outside of all regions, constants and
    ``rng`` alone. Pixels outside stay as they are, but for the ring in which a veil fades away.

    Args:
        planes: the picture, writable.
        regions: shape (N, 4); may be empty.
        style: how to cover.
        rng: fresh for every run and never stored.

    Raises:
        ValueError: a region has no area.
    """
    if len(regions) == 0:
        return
    match style:
        case "solid":
            cover_solid(planes, regions)
        case "veil":
            cover_veil(planes, regions, rng)
        case "mosaic":
            cover_mosaic(planes, regions)
