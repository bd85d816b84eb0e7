"""Rendering a photo: the plan's regions covered, every pixel outside of them the decoder's own."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from blur.errors import AuditError
from blur.events import Notice, Started, Steps
from blur.media.clip import Clip
from blur.media.picture import Planes
from blur.media.stills import Rgb, read_still, write_still
from blur.plan.model import Plan, Regions
from blur.render.cover import cover
from blur.render.jitter import Jitter
from blur.render.region import region_mask
from blur.render.veil import cell_side, ring_width
from blur.settings import Settings, Style

HEIF_SUFFIXES = (".heic", ".heif")


def render_still(photo: Clip, plan: Plan, settings: Settings, path: Path) -> Steps[int]:
    """Write the photo to a new file with every region of the plan covered; returns 1, the frames written.

    Raises:
        AuditError: the plan is for something else.
        InputError, OutputError: as `read_still` and `write_still`.
    """
    if (photo.width, photo.height, [0]) != (plan.width, plan.height, plan.pts.tolist()):
        raise AuditError(
            f"{photo.name} is not the photo that was planned for",
            "Nothing was published. The photo has changed since, or the plan is another's; plan it again.",
        )
    yield Started(photo.name, "render")
    pixels = read_still(photo)
    for regions in plan.by_frame().values():
        # Randomness comes from the operating system and is never kept.
        cover_rgb(pixels, regions, settings.style, np.random.default_rng())
    if settings.camera_trace == "reduce":
        move_rgb(pixels, Jitter(photo.width, photo.height))
    write_still(path, pixels)
    if photo.codec == "heif" and path.suffix.lower() not in HEIF_SUFFIXES:
        yield Notice(photo.name, "kind-changed", "Saved as another kind of photo; -o NAME.heic keeps HEIC.")
    return 1


def move_rgb(pixels: Rgb, jitter: Jitter) -> None:
    """Moves an RGB picture of shape (H, W, 3) in place, as a video's first frame."""
    arrays = tuple(np.ascontiguousarray(plane) for plane in cv2.split(pixels))
    jitter.move(Planes(arrays, 8, full_range=True, sub_x=0, sub_y=0), 0.0)
    pixels[...] = cv2.merge(arrays)


def cover_rgb(pixels: Rgb, regions: Regions, style: Style, rng: np.random.Generator) -> None:
    """Cover the regions of an RGB picture in place, as `cover` does on the planes of a video.

    Only what is covered, and the ring in which a veil fades away, goes through luma and chroma.

    Args:
        pixels: shape (H, W, 3), writable.
        regions: shape (N, 4).
        style: how to cover.
        rng: as for `cover`.
    """
    height, width = pixels.shape[:2]
    arrays = tuple(np.ascontiguousarray(plane) for plane in cv2.split(_luma_chroma(pixels)))
    cover(Planes(arrays, 8, full_range=True, sub_x=0, sub_y=0), regions, style, rng)
    ring, side = ring_width(width, height), cell_side(width, height)
    for patch in region_mask(regions, width, height, margin=ring, align=side):
        window = patch.window()
        part = pixels[window]
        covered = np.dstack([plane[window] for plane in arrays])
        # What happens to look alike inside the mask must go too: it still is the source's.
        touched = patch.mask | (covered != _luma_chroma(part)).any(axis=2)
        part[touched] = cv2.cvtColor(covered, cv2.COLOR_YCrCb2RGB)[touched]


def _luma_chroma(pixels: Rgb) -> Rgb:
    """Luma and both chroma values with full range, as JPEG has them."""
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2YCrCb), np.uint8)
