"""The default look: a soft patch made of the pixels around a region, and of nothing inside it.

The fill is normalised convolution (Knutsson and Westin, "Normalized and differential convolution",
CVPR 1993) in the pull-push pyramid of Gortler et al., "The Lumigraph", SIGGRAPH 1996: the picture
is averaged into coarse cells, cells that hold a protected pixel get the weight nought, weighted
values are averaged further and further down (pull), and on the way back up every cell takes from
the coarser level what its own weight does not cover (push).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from blur.media.picture import Plane, Planes
from blur.plan.model import Regions
from blur.render.region import Mask, Patch, refined, region_mask, touched

Field: TypeAlias = NDArray[np.float32]
"""Shape (rows, columns, 2 or 4): luma, grain and, in colour, both chroma values of every cell."""

Alpha: TypeAlias = NDArray[np.uint8]
"""Shape (H, W), 0 to _FULL: how much of the veil is mixed in."""

_FULL = 255
_GREY_WEIGHT = 1e-6  # so little that it shows only where nothing else is left
_SATURATION = np.float32(2)
_GRAIN_LIMIT = 4.0  # 8-bit steps between neighbours; more than that is an edge, not grain


def cover_veil(planes: Planes, regions: Regions, rng: np.random.Generator) -> None:
    """Draw the surroundings over the regions in place, feathered outwards by `ring_width`.

    Args:
        planes: the picture.
        regions: shape (N, 4).
        rng: where the grain comes from.
    """
    height, width = planes.arrays[0].shape
    side, ring = cell_side(width, height), ring_width(width, height)
    luma, grain, *chroma = np.moveaxis(surroundings(planes, regions), 2, 0)
    colours = [_samples(colour, planes) for colour in (luma, *chroma)]
    cell = (1 << planes.sub_x, 1 << planes.sub_y)
    for patch in region_mask(regions, width, height, cell=cell, margin=ring, align=side):
        spread = float(grain[_beneath(grain, patch, side, 0)].mean())
        _draw(planes, patch, colours, spread, rng)


def cell_side(width: int, height: int) -> int:
    """The side of a square cell of the fill, in luma pixels: a power of two from 4 to 32."""
    return 1 << int(np.clip(np.log2(min(width, height) / 90), 2, 5))


def ring_width(width: int, height: int) -> int:
    """How far outside of a region the veil fades away, in luma pixels."""
    return 2 * cell_side(width, height)


def surroundings(planes: Planes, regions: Regions) -> Field:
    """The picture in coarse cells, those that a region touches filled from around it.

    Cells lie on a fixed grid, so a fill does not shimmer when its region moves.
    """
    height, width = planes.arrays[0].shape
    side = cell_side(width, height)
    rows, cols = height // side, width // side
    grey = np.array([128, 1, 128, 128][: len(planes.arrays) + 1], np.float32) * (1 << (planes.depth - 8))
    if rows == 0 or cols == 0:  # the picture is smaller than a cell
        return grey.reshape(1, 1, -1)
    hidden = touched(regions, cols, rows, (side, side))
    cells = _cells(planes, side, rows, cols)
    # Selected, not multiplied: what was averaged out of protected pixels ends here.
    values = np.where(hidden[..., None], np.float32(0), cells)
    return _pull_push(values, (~hidden).astype(np.float32), grey)


def enlarge(field: Plane, patch: Patch, sub: tuple[int, int], side: int) -> Plane:
    """The part of a field under a patch, scaled up smoothly to a plane.

    Args:
        field: shape (rows, columns).
        patch: with its corner on the field's grid.
        sub: the plane's subsampling, as powers of two.
        side: of a cell, in luma pixels.

    Returns:
        Shape (H, W) of the patch in that plane, of the field's type.
    """
    around = 2  # cells; a cubic kernel reaches as far
    part = field[_beneath(field, patch, side, around)]
    wide, tall = side >> sub[0], side >> sub[1]
    # A cubic step takes the corners off, the rest is straight: it looks the same and costs a quarter.
    smooth = cv2.resize(part, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    size = (part.shape[1] * wide, part.shape[0] * tall)
    large: Plane = cv2.resize(smooth, size, interpolation=cv2.INTER_LINEAR)
    down, right = patch.window(*sub)
    return large[
        around * tall : around * tall + down.stop - down.start,
        around * wide : around * wide + right.stop - right.start,
    ]


def _beneath(field: Plane | Field, patch: Patch, side: int, around: int) -> tuple[NDArray[np.intp], ...]:
    """Which cells are under a patch or near it; beyond the picture its outermost ones stand in."""
    height, width = patch.mask.shape
    rows = np.arange(patch.y // side - around, -(-(patch.y + height) // side) + around)
    cols = np.arange(patch.x // side - around, -(-(patch.x + width) // side) + around)
    return np.ix_(rows.clip(0, field.shape[0] - 1), cols.clip(0, field.shape[1] - 1))


def _samples(values: NDArray[np.float32], planes: Planes) -> Plane:
    return np.rint(values).clip(0, (1 << planes.depth) - 1).astype(planes.arrays[0].dtype)


def _draw(
    planes: Planes, patch: Patch, colours: Sequence[Plane], spread: float, rng: np.random.Generator
) -> None:
    """Cover one patch, given the fill's colours in cells and the deviation of its grain."""
    height, width = planes.arrays[0].shape
    cell = (1 << planes.sub_x, 1 << planes.sub_y)
    alpha = _feather(patch.cells, ring_width(width, height), cell)
    veils = [
        enlarge(colour, patch, (planes.sub_x, planes.sub_y) if index else (0, 0), cell_side(width, height))
        for index, colour in enumerate(colours)
    ]
    luma, *chroma = planes.arrays
    grained = _grained(veils[0], spread, planes.depth, rng)
    _blend(luma[patch.window()], grained, refined(alpha, cell, patch.mask.shape))
    for plane, veil in zip(chroma, veils[1:], strict=True):
        _blend(plane[patch.window(planes.sub_x, planes.sub_y)], veil, alpha)


def _grained(veil: Plane, spread: float, depth: int, rng: np.random.Generator) -> Plane:
    """The veil with fresh noise of a deviation, in which every value is as likely."""
    words = rng.integers(0, 1 << 64, -(-veil.nbytes // 8), np.uint64)
    noise = words.view(veil.dtype)[: veil.size].reshape(veil.shape)
    values = 1 << 8 * veil.itemsize
    gain = spread * 12**0.5 / values
    grained: Plane = cv2.addWeighted(veil, 1, noise, gain, -gain * (values - 1) / 2)
    return grained if depth == 8 else np.minimum(grained, (1 << depth) - 1)


def _blend(target: Plane, veil: Plane, alpha: Alpha) -> None:
    """Mix the veil into the target: where alpha is _FULL, nothing of the target is left."""
    weight = alpha.astype(target.dtype, copy=False)
    kept = cv2.multiply(target, _FULL - weight, scale=1 / _FULL)
    target[:] = cv2.add(kept, cv2.multiply(veil, weight, scale=1 / _FULL))


def _feather(cells: Mask, ring: int, cell: tuple[int, int]) -> Alpha:
    """_FULL inside the mask, falling smoothly to nought before the distance ``ring`` outside of it."""
    # The mask grown by a reach and smoothed over it: squares, which are widest across their corners.
    reach = int(ring / (2 * 2**0.5))
    across, down = (2 * (reach // length) + 1 for length in cell)
    solid = cells.view(np.uint8) * np.uint8(_FULL)
    grown = cv2.dilate(solid, np.ones((down, across), np.uint8))
    return np.asarray(cv2.max(cv2.blur(grown, (across, down)), solid), np.uint8)


def _cells(planes: Planes, side: int, rows: int, cols: int) -> Field:
    """The mean of every plane and the grain of luma in every cell."""

    def mean(plane: NDArray[np.integer], wide: int, tall: int) -> NDArray[np.float32]:
        whole = plane[: rows * tall, : cols * wide]
        while wide % 2 == 0 and tall % 2 == 0:  # by halves: it is several times as quick
            wide, tall = wide // 2, tall // 2
            size = cols * wide, rows * tall
            whole = np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), plane.dtype)
        return np.asarray(cv2.resize(whole, (cols, rows), interpolation=cv2.INTER_AREA), np.float32)

    luma, *chroma = planes.arrays
    # One line a cell is enough to see how far neighbouring pixels differ.
    line = luma[side // 2 : rows * side : side, : cols * side].astype(np.float32)
    step = np.abs(line[:, 0::2] - line[:, 1::2]).clip(0, _GRAIN_LIMIT * (1 << (planes.depth - 8)))
    # The mean difference of two normal values is 1.128 deviations.
    grain = step.reshape(rows, cols, -1).mean(axis=2) / np.float32(1.128)
    wide, tall = side >> planes.sub_x, side >> planes.sub_y
    return np.dstack([mean(luma, side, side), grain, *(mean(plane, wide, tall) for plane in chroma)])


def _pull_push(values: Field, weight: NDArray[np.float32], ultimately: NDArray[np.float32]) -> Field:
    """Fill the cells of weight nought from the others; values there must be nought already."""
    pyramid = [(values, weight)]
    while max(weight.shape) > 1:
        values = np.asarray(cv2.pyrDown(values), np.float32)
        weight = np.asarray(cv2.pyrDown(weight), np.float32)
        # A cell that is half known is known: the fill then keeps the colours of the nearest border.
        gain = np.minimum(_SATURATION, 1 / np.maximum(weight, np.float32(_GREY_WEIGHT)))
        values, weight = values * gain[..., None], weight * gain
        pyramid.append((values, weight))
    filled: Field = (values + _GREY_WEIGHT * ultimately) / (weight[..., None] + _GREY_WEIGHT)
    for values, weight in reversed(pyramid[:-1]):
        # values are weighted already: this is the blend of their mean and the coarser level.
        coarse = np.asarray(cv2.pyrUp(filled, dstsize=weight.shape[::-1]), np.float32)
        filled = values + (1 - weight[..., None]) * coarse
    return filled
