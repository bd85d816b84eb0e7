"""Which pixels are protected: ellipses drawn into pixel masks, never too small.

A region is the ellipse inscribed in its box. Drawing happens in cells, the rectangles of luma pixels
that share one chroma sample, and a cell that an ellipse touches at all is protected as a whole, so
that no plane shows more than another. Regions whose surroundings meet are drawn into one patch;
patches are disjoint, so each can be covered on its own and the work follows the covered area.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from blur.plan.model import Regions

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A rectangle of the picture that holds one or more protected regions.

    Attributes:
        x, y: its left top corner in luma pixels.
        mask: shape (H, W) in luma pixels, True where the picture is protected.
        cells: the same in cells, shape (ceil(H / cell height), ceil(W / cell width)).
        size: the longer side of its largest region, in pixels.
    """

    x: int
    y: int
    mask: Mask
    cells: Mask
    size: int

    def window(self, sub_x: int = 0, sub_y: int = 0) -> tuple[slice, slice]:
        """Rows and columns of the patch in a plane that is subsampled by powers of two."""
        height, width = self.mask.shape
        return (
            slice(self.y >> sub_y, -(-(self.y + height) >> sub_y)),
            slice(self.x >> sub_x, -(-(self.x + width) >> sub_x)),
        )


def region_mask(
    regions: Regions,
    width: int,
    height: int,
    *,
    cell: tuple[int, int] = (1, 1),
    margin: int = 0,
    align: int = 1,
) -> list[Patch]:
    """Draw regions as disjoint patches.

    Args:
        regions: shape (N, 4); they may reach beyond the picture or be larger than it.
        width, height: of the picture in luma pixels.
        cell: width and height of a chroma sample in luma pixels.
        margin: how far a patch reaches beyond its regions, in pixels.
        align: the patches' corners are multiples of this, itself a multiple of both cell sides;
            at the right and at the bottom the picture's edge ends a patch instead.

    Raises:
        ValueError: a region has no area. Nothing is drawn rather than too little.
    """
    boxes = np.asarray(regions, np.int64).reshape(-1, 4)
    if np.any(boxes[:, 2:] <= boxes[:, :2]):
        raise ValueError("a region without area")
    edges = np.array([width, height])
    boxes = boxes[np.all((boxes[:, 2:] > 0) & (boxes[:, :2] < edges), axis=1)]
    low = np.maximum(boxes[:, :2] - margin, 0) // align * align
    high = np.minimum(-(-(boxes[:, 2:] + margin) // align) * align, edges)
    windows, owner = _merge(np.hstack([low, high]))
    return [_patch(boxes[owner == index], window, cell) for index, window in enumerate(windows)]


def touched(
    regions: Regions, cols: int, rows: int, cell: tuple[int, int], at: tuple[int, int] = (0, 0)
) -> Mask:
    """The cells of a grid that any ellipse touches, shape (rows, cols).

    Args:
        regions: shape (N, 4).
        cell: width and height of a cell in pixels.
        at: the pixel at the grid's left top corner.

    A coarse cell is touched wherever a finer cell inside it is, down to the last bit: every
    rounding below is monotonic in the nearest row and in the cell's size.
    """
    (cell_x, cell_y), (left, top) = cell, at
    boxes = np.asarray(regions, np.int64).reshape(-1, 4)
    first = np.maximum((boxes[:, 1] - top) // cell_y, 0)
    count = np.maximum(np.minimum(-((top - boxes[:, 3]) // cell_y), rows) - first, 0)
    # One entry for each row of each ellipse; all of them are worked out together.
    which = np.repeat(np.arange(len(boxes)), count)
    row = np.arange(len(which)) - np.repeat(np.cumsum(count) - count - first, count)
    x0, y0, x1, y1 = boxes[which].T
    # Twice the distance from the centre, so that all of it stays whole.
    upper = 2 * (top + row * cell_y) - (y0 + y1)
    nearest = np.maximum(np.maximum(upper, -(upper + 2 * cell_y)), 0).astype(np.float64)
    tall, wide = (y1 - y0).astype(np.float64), (x1 - x0).astype(np.float64)
    half = wide * np.sqrt(np.maximum(tall * tall - nearest * nearest, 0)) / tall
    start = np.floor((x0 + x1 - half - 2 * left) / (2 * cell_x)).clip(0, cols)
    stop = np.ceil((x0 + x1 + half - 2 * left) / (2 * cell_x)).clip(start, cols)
    line = row * (cols + 1)
    steps = np.zeros(rows * (cols + 1), np.int32)
    np.add.at(steps, line + start.astype(np.int64), 1)
    np.subtract.at(steps, line + stop.astype(np.int64), 1)
    depth = steps.reshape(rows, cols + 1).cumsum(axis=1, dtype=np.int32)
    return depth[:, :cols] > 0


def refined(cells: NDArray[np.uint8], cell: tuple[int, int], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """The value of its cell for each pixel of an area of that shape."""
    large = cv2.resize(cells, None, fx=cell[0], fy=cell[1], interpolation=cv2.INTER_NEAREST)
    return np.ascontiguousarray(large[: shape[0], : shape[1]], np.uint8)


def _patch(boxes: NDArray[np.int64], window: NDArray[np.int64], cell: tuple[int, int]) -> Patch:
    x0, y0, x1, y1 = window.tolist()
    cols, rows = -((x0 - x1) // cell[0]), -((y0 - y1) // cell[1])
    cells = touched(boxes.astype(np.int32), cols, rows, cell, (x0, y0))
    mask = refined(cells.view(np.uint8), cell, (y1 - y0, x1 - x0)).view(np.bool_)
    return Patch(x0, y0, mask, cells, int((boxes[:, 2:] - boxes[:, :2]).max()))


def _merge(boxes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Join boxes that meet into their common box until none meet.

    Returns the disjoint boxes, shape (M, 4), and for each given box the index of the one it is in.
    """
    owner = np.arange(len(boxes))
    while len(boxes) > 1:
        low, high = boxes[:, :2], boxes[:, 2:]
        meet = np.all((low[:, None] < high) & (low < high[:, None]), axis=2)
        # Each box goes to the first that it meets, so every round but the last has fewer boxes.
        leaders, label = np.unique(meet.argmax(axis=1), return_inverse=True)
        if len(leaders) == len(boxes):
            break
        joined = boxes[np.unique(label, return_index=True)[1]]
        np.minimum.at(joined[:, :2], label, boxes[:, :2])
        np.maximum.at(joined[:, 2:], label, boxes[:, 2:])
        boxes, owner = joined, label[owner]
    return boxes, owner
