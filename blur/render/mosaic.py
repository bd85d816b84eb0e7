"""Coarse cells of the veil. They never hold a mean of a face, so there is nothing to sharpen."""

from __future__ import annotations

import numpy as np

from blur.media.picture import Planes
from blur.plan.model import Regions
from blur.render.region import region_mask
from blur.render.veil import cell_side, surroundings

_ACROSS = 6
"""Cells across a region at most; recognisers start to match at about twelve."""


def cover_mosaic(planes: Planes, regions: Regions) -> None:
    """Cover the regions in place with coarse cells of their surroundings, without a feather.

    Args:
        planes: the picture.
        regions: shape (N, 4).
    """
    height, width = planes.arrays[0].shape
    side = cell_side(width, height)
    field = surroundings(planes, regions)
    cell = (1 << planes.sub_x, 1 << planes.sub_y)
    for patch in region_mask(regions, width, height, cell=cell, align=max(cell)):
        block = -(-patch.size // (_ACROSS * side))  # in cells of the field
        for channel, plane in zip((0, 2, 3), planes.arrays, strict=False):
            sub_x, sub_y = (planes.sub_x, planes.sub_y) if channel else (0, 0)
            window = patch.window(sub_x, sub_y)
            rows, cols = (
                np.arange(part.start, part.stop) // (block * side >> sub) * block + block // 2
                for part, sub in zip(window, (sub_y, sub_x), strict=True)
            )
            values = field[..., channel][
                np.ix_(rows.clip(0, field.shape[0] - 1), cols.clip(0, field.shape[1] - 1))
            ]
            mask = patch.mask[:: 1 << sub_y, :: 1 << sub_x]
            plane[window][mask] = np.rint(values[mask]).clip(0, (1 << planes.depth) - 1).astype(plane.dtype)
