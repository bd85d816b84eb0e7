"""Encoders in graphics cards and processors, for who asks for them: the first that opens, or none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import av
from av.codec.codec import UnknownCodecError
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext

from blur.media.clip import Clip

_SAMPLES = {"yuv420p": ("yuv420p", "nv12"), "yuv420p10le": ("yuv420p10le", "p010le")}
"""Pixel formats that hold the same samples, by the clip's."""
_CODECS = {"libx264": "h264", "libx265": "hevc", "libsvtav1": "av1"}


@dataclass(frozen=True, slots=True)
class Encoder:
    """One that can be opened here: libav's name, the pixel format that it takes, and its options."""

    name: str
    pixel_format: str
    options: dict[str, str]


def hardware_encoder(software: str, clip: Clip, crf: int) -> Encoder | None:
    """An encoder in hardware in the place of one in software, if this machine has any that opens.

    Interlaced pictures and HDR10's static data are left to software, which is known to keep them.

    Args:
        software: libav's name of that in whose place it is wanted.
        crf: as for software; hardware comes near it.
    """
    if software not in _CODECS or clip.mastering:
        return None
    return next((one for one in _candidates(_CODECS[software], clip, crf) if _opens(one, clip)), None)


def _candidates(codec: str, clip: Clip, crf: int) -> Iterator[Encoder]:
    for family, options in _families(crf).items():
        name = f"{codec}_{family}"
        try:
            formats = {known.name for known in av.Codec(name, "w").video_formats or []}
        except UnknownCodecError:
            continue
        for pixel_format in _SAMPLES.get(clip.pixel_format, ()):
            if pixel_format in formats:
                yield Encoder(name, pixel_format, options)


def _families(crf: int) -> dict[str, dict[str, str]]:
    """Options of constant quality, without frames that refer forwards; NVIDIA, Intel, Apple, AMD."""
    quality = str(crf)
    return {
        "nvenc": {"rc": "constqp", "qp": quality, "bf": "0", "forced-idr": "1", "a53cc": "0", "udu_sei": "0"},
        "qsv": {"global_quality": quality, "bf": "0", "a53cc": "0"},
        "videotoolbox": {
            "global_quality": str(118 * (100 - crf)),
            "flags": "+qscale",
            "bf": "0",
            "a53cc": "0",
        },
        "amf": {"rc": "cqp", "qp_i": quality, "qp_p": quality, "bf": "0"},
    }


def _opens(encoder: Encoder, clip: Clip) -> bool:
    codec = CodecContext.create(encoder.name, "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = clip.width, clip.height, encoder.pixel_format
    codec.time_base = clip.time_base.fraction
    codec.options = encoder.options
    try:
        codec.open()
    except (av.FFmpegError, ValueError, OSError):
        return False
    return True
