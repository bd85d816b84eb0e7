"""The decoder that tells of damage: libav's own with every tolerance turned off, or a stricter one."""

from __future__ import annotations

import os

from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from blur.media.clip import Clip
from blur.media.container import MAX_PIXELS

STRICT = {"err_detect": "crccheck+bitstream+buffer+explode", "max_pixels": str(MAX_PIXELS)}

# Every decoder thread holds a picture of its own, so large pictures get fewer of them.
_DECODER_BYTES = 256 << 20


def decoder(clip: Clip, stream: VideoStream, threads: int | None = None) -> VideoCodecContext:
    """A decoder for the stream's packets that raises, or marks pictures as corrupt, rather than guess.

    VP9 of 8 bits goes to libvpx, which checks that a picture's coded data ends where it should and takes no
    longer; libav's own decoder does not. `benchmarks/rot.py` prints how much it notices.

    Args:
        threads: how many; None takes what the processors and the memory allow.
    """
    codec = stream.codec_context
    if clip.codec == "vp9" and not clip.pixel_format.endswith("10le"):
        codec = CodecContext.create("libvpx-vp9", "r")
    elif clip.codec == "vp8" and stream.metadata.get("alpha_mode") == "1":
        codec = CodecContext.create("libvpx", "r")  # libav's own shows what should be transparent
    assert isinstance(codec, VideoCodecContext)
    codec.options = STRICT
    codec.thread_type = "AUTO"
    codec.thread_count = _threads(clip) if threads is None else threads
    return codec


def _threads(clip: Clip) -> int:
    picture_bytes = clip.width * clip.height * 3
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(processors, _DECODER_BYTES // picture_bytes, 16))
