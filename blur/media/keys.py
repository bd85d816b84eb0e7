"""Where a clip can be cut: the times of its key frames, without decoding any."""

from __future__ import annotations

from pathlib import Path

import av

from blur.errors import UnreadableError
from blur.media.container import open_input, picture_stream
from blur.media.flash import demuxed


def key_times(path: Path) -> list[int]:
    """The pts of a clip's key frames, in order, in ticks of its time base. Raises InputError."""
    try:
        with open_input(path) as container:
            packets = demuxed(container, picture_stream(container, path))
            return sorted(p.pts for p in packets if p.is_keyframe and p.pts is not None and p.size)
    except av.FFmpegError as error:
        raise UnreadableError("the clip cannot be read to its end") from error
