"""The plainest look: black."""

from __future__ import annotations

from blur.media.picture import Planes
from blur.plan.model import Regions
from blur.render.region import region_mask


def cover_solid(planes: Planes, regions: Regions) -> None:
    """Paint the regions black in place; every other pixel stays as it is.

    Args:
        planes: the picture.
        regions: shape (N, 4).
    """
    height, width = planes.arrays[0].shape
    sub_x, sub_y = planes.sub_x, planes.sub_y
    black = 0 if planes.full_range else 16 << (planes.depth - 8)
    cell = (1 << sub_x, 1 << sub_y)
    for patch in region_mask(regions, width, height, cell=cell, align=max(cell)):
        luma, *chroma = planes.arrays
        luma[patch.window()][patch.mask] = black
        mask = patch.mask[:: 1 << sub_y, :: 1 << sub_x]
        for plane in chroma:
            plane[patch.window(sub_x, sub_y)][mask] = 128 << (planes.depth - 8)
