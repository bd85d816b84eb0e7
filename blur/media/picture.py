"""A decoded picture as arrays: its own planes for rendering, small copies for looking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

Plane: TypeAlias = NDArray[Any]
"""Shape (H, W), uint8 or uint16: one plane's samples, a view without the row padding."""


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """The samples of a picture, to be written in place.

    Attributes:
        arrays: Y, U, V, or Y alone: shape (H, W) and, for the colour planes,
            (ceil(H / 2**sub_y), ceil(W / 2**sub_x)); uint8 for 8 bits, else uint16.
        depth: bits per sample, 8 or 10.
        full_range: whether black is 0 and white the largest value, not 16 and 235 of 255.
        sub_x, sub_y: log2 of how much coarser colour is across and down.
    """

    arrays: tuple[Plane, ...]
    depth: int
    full_range: bool
    sub_x: int
    sub_y: int


def planes(picture: av.VideoFrame) -> Planes:
    """Views into the picture itself: what is written into them is what will be encoded.

    A decoder may still need the picture to predict the next ones; then the picture gets samples
    of its own first. Call it once per picture, and drop the views before the picture is encoded.
    """
    picture.make_writable()
    pixel_format = picture.format
    return Planes(
        arrays=plane_views(picture),
        depth=pixel_format.components[0].bits,
        full_range=picture.color_range == ColorRange.JPEG or pixel_format.name.startswith("yuvj"),
        sub_x=int(pixel_format.chroma_width(16) < 16),
        sub_y=int(pixel_format.chroma_height(16) < 16),
    )


def plane_views(picture: av.VideoFrame) -> tuple[Plane, ...]:
    """The planes of a planar picture as arrays, not made safe to write."""
    deep = picture.format.components[0].bits > 8
    dtype: type[np.generic] = np.uint16 if deep else np.uint8
    return tuple(
        np.frombuffer(plane, dtype).reshape(plane.height, -1)[:, : plane.width]  # type: ignore[call-overload]
        for plane in picture.planes
    )


def as_bgr(picture: av.VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
    """The picture for detectors, scaled to a size: shape (height, width, 3), blue, green, red.

    High dynamic range is taken as it is coded, without tone mapping.
    """
    scaled = picture.reformat(width, height, "bgr24", interpolation="AREA", threads=1)
    return np.ascontiguousarray(scaled.to_ndarray(), np.uint8)


def as_luma(picture: av.VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
    """The picture's luma scaled to a size, 8 bits as coded: shape (height, width)."""
    luma = plane_views(picture)[0]
    while (
        luma.shape[1] >= 2 * width and luma.shape[0] >= 2 * height
    ):  # by halves: it is several times as quick
        half = luma.shape[1] // 2, luma.shape[0] // 2
        luma = cv2.resize(luma, half, interpolation=cv2.INTER_AREA)
    scaled: Plane = cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA)
    spare = picture.format.components[0].bits - 8
    return (scaled >> spare).astype(np.uint8) if spare else scaled
