"""Decoded pictures as Blur hands them out: upright, planar, with their colour tags."""

from __future__ import annotations

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from blur.media.clip import Clip
from blur.media.fields import deinterlace
from blur.media.picture import plane_views

# cv2 turns clockwise, a clip counts counter-clockwise.
_TURNS = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}


def upright(picture: av.VideoFrame, clip: Clip) -> av.VideoFrame:
    """The decoded picture in the clip's pixel format, flipped and turned as the clip says.

    The picture itself comes back where nothing is to be done. Range, primaries, transfer and
    matrix tags stay on it. An interlaced one that is turned or converted is deinterlaced first.
    """
    if picture.interlaced_frame and (clip.quarter_turns or picture.format.name != clip.pixel_format):
        deinterlace(picture)
    turned = clip.quarter_turns % 2 == 1
    width, height = (clip.height, clip.width) if turned else (clip.width, clip.height)
    planar = _planar(picture, width, height, clip.pixel_format)
    if not clip.quarter_turns and not clip.mirrored:
        return planar
    result = av.VideoFrame(clip.width, clip.height, clip.pixel_format)
    for source, target in zip(plane_views(planar), plane_views(result), strict=True):
        flipped = cv2.flip(source, 1) if clip.mirrored else source
        turn = _TURNS.get(clip.quarter_turns)
        target[:] = flipped if turn is None else cv2.rotate(flipped, turn)
    return _tagged(result, planar)


def _planar(picture: av.VideoFrame, width: int, height: int, pixel_format: str) -> av.VideoFrame:
    source = picture.format
    if (source.name, picture.width, picture.height) == (pixel_format, width, height):
        return picture
    if any(component.is_alpha for component in source.components) or source.has_palette:
        picture = _on_black(picture)
    if picture.format.is_rgb:
        # The usual matrix and range of small video, named so that players need not guess.
        return picture.reformat(
            width, height, pixel_format, dst_colorspace=Colorspace.ITU601, dst_color_range=ColorRange.MPEG
        )
    full = source.name.startswith("yuvj") or picture.color_range == ColorRange.JPEG
    # Both ends name the same range: the samples must not be squeezed into the other one.
    span = ColorRange.JPEG if full else ColorRange.MPEG
    result = picture.reformat(width, height, pixel_format, src_color_range=span, dst_color_range=span)
    return _tagged(result, picture, span if full else picture.color_range)


def _on_black(picture: av.VideoFrame) -> av.VideoFrame:
    rgba = picture.reformat(format="rgba").to_ndarray()
    flat = rgba[..., :3].astype(np.uint16) * rgba[..., 3:] // 255
    return av.VideoFrame.from_ndarray(flat.astype(np.uint8), "rgb24")


def _tagged(picture: av.VideoFrame, source: av.VideoFrame, span: int | None = None) -> av.VideoFrame:
    picture.color_range = source.color_range if span is None else span
    picture.color_primaries = source.color_primaries
    picture.color_trc = source.color_trc
    picture.colorspace = source.colorspace
    return picture
