"""What a video file is, found by opening it and decoding its first picture."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.format import VideoFormat
from av.video.stream import VideoStream

from blur.errors import DamagedError, EncryptedError
from blur.media.clip import Clip, Sound
from blur.media.container import MAX_PIXELS, check_regular, check_size, open_input, picture_stream, refusal
from blur.media.mastering import mastering
from blur.media.photo_kind import is_animated_webp
from blur.media.side_data import side_data
from blur.text import printable
from blur.timing import TimeBase

# A picture that has not come after so many packets will not come.
_PATIENCE = 400

_SUBSAMPLED = {(1, 1): "yuv420p", (1, 0): "yuv422p"}


def probe(path: Path) -> Clip:
    """What the video file is.

    The file is opened for reading only, through libav's ``file:`` protocol and a list of known
    containers. Its first picture is decoded, since only that tells the format and the rotation.

    Raises:
        UnreadableError: not there, empty, no regular file, no video.
        UnsupportedError: no decoder, or a picture that is too large.
        EncryptedError: the file is protected.
        DamagedError: no picture could be decoded.
    """
    check_regular(path)
    if is_animated_webp(path):
        from blur.media.webp import probe_webp  # whose library other videos do not need

        return probe_webp(path)
    with open_input(path) as container:
        stream = picture_stream(container, path)
        check_size(path, stream.width, stream.height)
        try:
            picture = _first_picture(container, stream, path)
        except (av.FFmpegError, ValueError) as error:
            raise refusal(path, f"{printable(path.name)} cannot be decoded", DamagedError) from error
        check_size(path, picture.width, picture.height)
        return _describe(path, container, stream, picture)


def planar_format(source: VideoFormat, width: int, height: int, turned: bool) -> str:
    """The closest of the planar formats in which Blur works to a decoded picture's format.

    8 bits stay 8 bits, more become 10. Chroma keeps its resolution, except where an encoder could
    not keep the picture's size (odd sizes) or where the turned planes would have no such format.

    Args:
        source: the decoded picture's format.
        width, height: of the upright picture in pixels.
        turned: whether the picture is turned by 90° or 270°.
    """
    coloured = len(source.components) >= 3 and not source.is_rgb
    # Colour samples of RGB and palette pictures are dithered or drawn: halving them is what every
    # player expects of a video.
    halved = (source.chroma_width(16) < 16, source.chroma_height(16) < 16) if coloured else (True, True)
    halved_x, halved_y = halved[::-1] if turned else halved
    if (halved_x and width % 2) or (halved_y and height % 2):
        halved_x = halved_y = False
    deep = any(component.bits > 8 for component in source.components)
    return _SUBSAMPLED.get((halved_x, halved_y), "yuv444p") + ("10le" if deep else "")


def orientation(matrix: bytes | None) -> tuple[int, bool]:
    """The quarter turns, counter-clockwise, and the mirroring that a display matrix asks for.

    Args:
        matrix: nine 32-bit numbers as libav gives them, or None. Angles between the quarters are
            taken to the nearest; a matrix that flattens the picture counts as none.
    """
    if matrix is None:
        return 0, False
    a, b, _, c, d = (float(value) for value in np.frombuffer(matrix, np.int32, 5))
    determinant = a * d - b * c
    if determinant == 0:
        return 0, False
    # The second row is not touched by a flip from left to right, so it tells the turn alone.
    return round(-math.atan2(-c, d) / (math.pi / 2)) % 4, determinant < 0


def _first_picture(container: InputContainer, stream: VideoStream, path: Path) -> av.VideoFrame:
    codec = stream.codec_context
    codec.options = {"max_pixels": str(MAX_PIXELS)}
    codec.thread_count = 1
    failure: Exception | None = None
    for count, packet in enumerate(container.demux(stream)):
        if packet.has_sidedata("encryption_info"):
            raise EncryptedError(f"{printable(path.name)} is encrypted")
        try:
            for picture in packet.decode():
                return picture
        except av.InvalidDataError as error:
            failure = error
        if count > _PATIENCE:
            break
    message = f"{printable(path.name)}: not one picture could be decoded"
    raise refusal(path, message, DamagedError) from failure


def _describe(path: Path, container: InputContainer, stream: VideoStream, picture: av.VideoFrame) -> Clip:
    carried = side_data(picture)
    turns, mirrored = orientation(carried.get("DISPLAYMATRIX"))
    turned = turns % 2 == 1
    width, height = (picture.height, picture.width) if turned else (picture.width, picture.height)
    if stream.time_base is None:
        raise refusal(path, f"{printable(path.name)} has no clock", DamagedError)
    aspect = stream.sample_aspect_ratio or Fraction(1)
    return Clip(
        path=path,
        container=container.format.name,
        codec=stream.codec_context.codec.canonical_name,
        width=width,
        height=height,
        quarter_turns=turns,
        mirrored=mirrored,
        pixel_format=planar_format(picture.format, width, height, turned),
        time_base=TimeBase.of(stream.time_base),
        frames=_promised_frames(container, stream),
        duration=_promised_duration(container, stream),
        rate=stream.average_rate or stream.guessed_rate,
        sound=_sound(container),
        pixel_aspect=1 / aspect if turned else aspect,
        mastering=mastering(carried),
    )


def _promised_frames(container: InputContainer, stream: VideoStream) -> int | None:
    if stream.frames == 0:
        return None
    if "mp4" not in container.format.name:
        return stream.frames
    # An edit list hides frames which the header's count holds.
    return sum(not entry.is_discard for entry in stream.index_entries) or None


def _promised_duration(container: InputContainer, stream: VideoStream) -> Fraction | None:
    if stream.duration and stream.time_base:
        return stream.duration * stream.time_base
    return Fraction(container.duration, av.time_base) if container.duration else None


def _sound(container: InputContainer) -> Sound | None:
    for stream in container.streams.audio:
        codec = stream.codec_context
        if codec is not None:
            return Sound(stream.index, codec.codec.canonical_name, codec.sample_rate, codec.channels)
    return None
