"""An output held against its source: what was planned is covered, and the rest is the same picture."""

from __future__ import annotations

from contextlib import closing

import cv2
import numpy as np
from numpy.typing import NDArray

from blur.events import Progress, Started, Steps
from blur.media.clip import Clip
from blur.media.picture import as_luma
from blur.media.reader import ahead, read
from blur.plan.model import Plan, Regions
from blur.render.region import region_mask
from blur.timing import clock

ALIKE = 0.7
"""Detail inside a mask that correlates so much with the source's is the source's."""
DETAIL = 3.0
"""Grey levels of detail below which there is nothing to compare: sky, shadow."""
CHANGED = 24
"""Grey levels by which the mean of a block may differ outside of the masks."""
BLOCK = 16
RING = 32
"""Pixels around a mask in which it fades away."""
MOST = 0.005
"""Share of the blocks outside that may differ all the same."""
EVERY = 16

MASKLESS = "a planned mask is missing"
ALTERED = "the picture differs outside of the masks"

Luma = NDArray[np.uint8]


def compare(source: Clip, output: Clip, plan: Plan) -> Steps[list[str]]:
    """What is wrong with an output beside its source, in plain words; yields events of stage ``check``.

    Only as many frames are compared as both have; that there are too few is for `check_playback` to say.

    Raises:
        InputError: one of them cannot be read to its end.
    """
    size = plan.width, plan.height
    if (source.width, source.height) != size or (output.width, output.height) != size:
        return ["the source, the output and the plan differ in size"]
    regions = plan.by_frame()
    bare: list[int] = []
    altered: list[int] = []
    yield Started(output.name, "check", len(plan.pts))
    with closing(ahead(read(source))) as originals, closing(ahead(read(output))) as frames:
        for index, (original, frame) in enumerate(zip(originals, frames, strict=False)):
            covered = regions.get(original.pts, np.empty((0, 4), np.int32))
            before, after = as_luma(original.picture, *size), as_luma(frame.picture, *size)
            if any_bare(before, after, covered):
                bare.append(original.pts)
            if differs(before, after, covered):
                altered.append(original.pts)
            if index % EVERY == 0:
                yield Progress(output.name, "check", index, len(plan.pts))
    faults = ((MASKLESS, bare), (ALTERED, altered))
    return [f"{what} in {_frames(plan, times)}" for what, times in faults if times]


def faults_between(before: Luma, after: Luma, regions: Regions) -> list[str]:
    """What is wrong with one picture beside its source. Arrays of shape (H, W)."""
    faults = ((MASKLESS, any_bare(before, after, regions)), (ALTERED, differs(before, after, regions)))
    return [what for what, is_so in faults if is_so]


def any_bare(before: Luma, after: Luma, regions: Regions) -> bool:
    """Whether inside any region the output still shows the source's detail. Arrays of shape (H, W)."""
    height, width = before.shape
    for x0, y0, x1, y1 in regions.tolist():
        # The middle half of the box lies inside of the ellipse, whatever the codec smeared into it.
        left, right = max((3 * x0 + x1) // 4, 0), min((x0 + 3 * x1) // 4, width)
        top, bottom = max((3 * y0 + y1) // 4, 0), min((y0 + 3 * y1) // 4, height)
        if right - left < 4 or bottom - top < 4:
            continue
        a, b = (_detail(picture[top:bottom, left:right]) for picture in (before, after))
        if a.std() >= DETAIL and b.std() > 0 and float(np.mean(a * b) / (a.std() * b.std())) > ALIKE:
            return True
    return False


def differs(before: Luma, after: Luma, regions: Regions) -> bool:
    """Whether the pictures differ away from the regions. Arrays of shape (H, W)."""
    height, width = before.shape
    outside = np.ones((height, width), np.uint8)
    if len(regions):
        around = regions + np.array([-RING, -RING, RING, RING], np.int32)
        for patch in region_mask(around, width, height):
            outside[patch.window()][patch.mask] = 0
    cells = max(1, width // BLOCK), max(1, height // BLOCK)
    whole = cv2.resize(outside.astype(np.float32), cells, interpolation=cv2.INTER_AREA) >= 1
    a, b = (
        cv2.resize(picture, cells, interpolation=cv2.INTER_AREA).astype(np.int32)
        for picture in (before, after)
    )
    return bool((np.abs(a - b)[whole] > CHANGED).sum() > MOST * whole.size)


def _detail(picture: Luma) -> NDArray[np.float32]:
    exact = picture.astype(np.float32)
    detail = exact - cv2.GaussianBlur(exact, (0, 0), 3)
    return np.asarray(detail - detail.mean(), np.float32)


def _frames(plan: Plan, times: list[int]) -> str:
    first = clock(plan.time_base.seconds(times[0] - int(plan.pts[0])))
    return f"{len(times)} frame{'' if len(times) == 1 else 's'}, first at {first}"
