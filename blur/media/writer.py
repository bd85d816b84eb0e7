"""Writing a clip: frames in, a file out that holds a picture and nothing that tells of its maker."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.bitstream import BitStreamFilterContext
from av.codec.context import Flags as CodecFlags
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from blur.errors import MissingError, OutputError, UnsupportedError
from blur.media.clip import Clip, Frame
from blur.media.container import local_url
from blur.media.fields import deinterlace
from blur.media.hardware import Encoder, hardware_encoder
from blur.media.mastering import svt_parameters, x265_parameters
from blur.media.muxing import MUXERS, blank_muxer_name, muxer_options
from blur.settings import Codec

# Measured on three 1280x720 crowds at crf 18: 4 to 8 ms of processor time a frame for 43.1 to 47.7 dB of
# luma (worst frame 41.9). Plain superfast takes 7 to 14 ms for 43.4 to 47.2 dB, in files of the same size,
# and what it writes takes twice as long to decode. Quantisers that adapt, weighted prediction and blocks
# of 4x4 cost more than they give at this quality, and Huffman codes cost a tenth of the size. Up to crf 20
# no blocks can be seen that would have to be smoothed away.
# A quantiser that does not follow a scene's difficulty (qcomp of 1) keeps noise of the night at 43 dB, 42
# in HEVC, where it would fall to 35 and 32. Hard clips grow by up to half for it, calm ones shrink.
# For 10 bits at 1080x1920, x265 needs 73 ms at ultrafast for 45.2 dB, 111 ms at superfast for 45.9 dB.
# Without B-frames and look-ahead an encoder holds next to no frames: 8K takes half of the memory.
_PRESETS = {"libx264": "superfast", "libx265": "ultrafast"}
_QUICK = {"qcomp": "1", "aq-mode": "0", "weightp": "0", "coder": "vlc"}
_PLAIN = {"x264-params": "analyse=i8x8"}
_UNSMOOTHED = {"x264-params": "analyse=i8x8:no-deblock=1"}
_FINE = 20
_NO_DELAY = {"bf": "0", "rc-lookahead": "0"}

KEY_FRAMES = 75
"""Frames from one key frame to the next, always: what differs in a later rendering is encoded anew from one
to another. Files of five seconds grow by up to 3 % for it (`python benchmarks/stretches.py`)."""

# Threads leave marks: x264 cuts a picture into as many slices as it has threads, VP9 codes otherwise
# with one than with more. A fixed number says nothing of this machine's processors.
_THREADS = 4

_ENCODERS = {"h264": "libx264", "hevc": "libx265", "av1": "libsvtav1"}
os.environ.setdefault("SVT_LOG", "0")  # it would write on stderr, which belongs to Blur's messages

# NAL units that carry supplemental information: the encoder's name and settings among it.
_STAMPS = {"h264": "6", "hevc": "39|40"}


class Writer:
    """Encodes frames into a new file at ``path``, as a context manager.

    8-bit pictures become H.264, deeper ones HEVC Main 10, both VP9 in WebM, unless ``codec`` names
    another. Size, pixel format,
    colour tags, pixel aspect and the distances between frames stay exactly as they are; the first
    frame comes at 0. Interlaced pictures stay so in H.264, and are deinterlaced for other codecs. The
    file is complete once the ``with`` block has ended without an error.

    Args:
        path: ends in .mp4, .mkv or .webm; replaced where it exists.
        clip: whose frames will be written.
        crf: constant rate factor, 0 (largest) to 51 (worst).
        codec: which one, or ``auto``.
        hardware: whether an encoder in hardware is tried first; ``in_hardware`` says if one was found.

    Raises:
        UnsupportedError: at once, for any other suffix, or where the codec does not go with the
            container, the depth or the colour's resolution.
        MissingError: at once, where this machine has no such encoder.
        OutputError: where the file cannot be written.
    """

    def __init__(
        self, path: Path, clip: Clip, crf: int, codec: Codec = "auto", *, hardware: bool = False
    ) -> None:
        hint = f"Choose a name that ends in {', '.join(MUXERS)}."
        if path.suffix.lower() not in MUXERS:
            raise UnsupportedError(f"cannot write {path.suffix or 'a file without a suffix'}", hint)
        self._muxer = MUXERS[path.suffix.lower()]
        self._encoder = _encoder(self._muxer, clip.pixel_format, codec)
        try:
            formats = av.Codec(self._encoder, "w").video_formats or []
        except av.codec.codec.UnknownCodecError as error:
            raise MissingError(f"this machine's PyAV has no {self._encoder}") from error
        if clip.pixel_format not in {known.name for known in formats}:
            named = "" if codec == "auto" else f" with {codec}"
            raise UnsupportedError(f"cannot write {clip.pixel_format} pictures as {path.suffix}{named}", hint)
        self._path = path
        self._clip = clip
        self._crf = crf
        self._hardware = hardware
        self.in_hardware = False
        self._keeps_fields = False
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._filter: BitStreamFilterContext | None = None
        self._first = 0

    def __enter__(self) -> Self:
        try:
            self._container = av.open(
                local_url(self._path), "w", format=self._muxer, container_options=muxer_options(self._muxer)
            )
        except (av.FFmpegError, OSError, ValueError) as error:
            raise _refused(error) from error
        return self

    def write(self, frame: Frame) -> None:
        """Encodes one frame. Frames must come in the order of their times.

        The picture's own time is changed. Raises OutputError where the file cannot be written, and
        UnsupportedError where the encoder takes no picture of this size.
        """
        picture = frame.picture
        try:
            if self._stream is None:
                self._first = frame.pts
                self._stream = self._add_stream(picture)
            if picture.interlaced_frame and not self._keeps_fields:
                deinterlace(picture)
            picture.pts = frame.pts - self._first
            picture.time_base = self._clip.time_base.fraction
            picture.pict_type = 0  # the encoder chooses, not the source's encoder
            self._mux(self._stream.encode(picture))
        except (av.FFmpegError, OSError, ValueError) as error:
            raise _refused(error) from error

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._container is not None
        try:
            if kind is None and self._stream is not None:
                self._mux(self._stream.encode(None))
                if self._filter is not None:
                    self._write(self._filter.filter(None))
            self._container.close()
            blank_muxer_name(self._path)
        except (av.FFmpegError, OSError, ValueError) as error:
            if kind is None:
                raise _refused(error) from error

    def _mux(self, packets: Iterable[Packet[VideoStream]]) -> None:
        for packet in packets:
            if self._filter is None:
                self._write([packet])
            else:
                self._write(self._filter.filter(packet))

    def _write(self, packets: Iterable[Packet[VideoStream]]) -> None:
        assert self._container is not None
        assert self._stream is not None
        for packet in packets:
            packet.stream = self._stream
            self._container.mux_one(packet)

    def _add_stream(self, picture: av.VideoFrame) -> VideoStream:
        assert self._container is not None
        clip = self._clip
        chosen = self._chosen(picture)
        name = chosen.name
        stream = self._container.add_stream(name, rate=clip.rate)
        assert isinstance(stream, VideoStream)
        codec = stream.codec_context
        codec.width, codec.height = clip.width, clip.height
        codec.pix_fmt = chosen.pixel_format
        codec.time_base = stream.time_base = clip.time_base.fraction
        codec.sample_aspect_ratio = clip.pixel_aspect
        codec.color_range = picture.color_range
        codec.color_primaries = picture.color_primaries
        codec.color_trc = picture.color_trc
        codec.colorspace = picture.colorspace
        codec.thread_type, codec.thread_count = "SLICE", _THREADS
        codec.flags |= CodecFlags.bitexact
        if picture.interlaced_frame and name == "libx264":
            codec.flags |= CodecFlags.interlaced_dct
            self._keeps_fields = True
        codec.gop_size = KEY_FRAMES
        codec.options = chosen.options
        coded = codec.codec.canonical_name
        if coded == "hevc" and self._muxer == "mp4":
            codec.codec_tag = "hvc1"  # Apple's players take no other
        try:
            codec.open()
        except av.FFmpegError as error:
            size = f"{clip.width}×{clip.height}"
            raise UnsupportedError(f"a picture of {size} pixels cannot be encoded by {name}") from error
        if coded in _STAMPS:
            # x265 signs nowhere with these options, and puts the mastering data into units of kind 39.
            unwanted = "40" if coded == "hevc" and clip.mastering else _STAMPS[coded]
            self._filter = BitStreamFilterContext(f"filter_units=remove_types={unwanted}", stream)
        return stream

    def _chosen(self, picture: av.VideoFrame) -> Encoder:
        clip = self._clip
        if self._hardware and not picture.interlaced_frame:
            found = hardware_encoder(self._encoder, clip, self._crf)
            if found is not None:
                self.in_hardware = True
                return found
        return Encoder(self._encoder, clip.pixel_format, _encoder_options(self._encoder, self._crf, clip))


def _encoder(muxer: str, pixel_format: str, codec: Codec) -> str:
    deep = pixel_format.endswith("10le")
    if codec == "auto":
        return "libvpx-vp9" if muxer == "webm" else "libx265" if deep else "libx264"
    if (muxer == "webm" and codec != "av1") or (deep and codec == "h264"):
        lacking = "WebM holds no" if muxer == "webm" else "few machines play 10 bits in"
        raise UnsupportedError(f"{lacking} {codec}", "Choose --codec av1, or leave it to Blur.")
    return _ENCODERS[codec]


def _encoder_options(name: str, crf: int, clip: Clip) -> dict[str, str]:
    if name == "libvpx-vp9":
        # VP9 counts from 0 to 63, in steps that mean ever more. One for all frames keeps noise, as above.
        quality = str(min(round(crf**2 / 36), 63))
        fixed = {"crf": quality, "qmin": quality, "qmax": quality, "b": "0"}
        return {**fixed, "deadline": "realtime", "cpu-used": "6", "row-mt": "1"}
    if name == "libsvtav1":
        # Counted from 0 to 63, too: so much it takes to come to 42 dB over all frames of hard clips.
        # Without frames that are only referred to, players show each as it comes.
        parameters = f"pred-struct=1{svt_parameters(clip.mastering)}"
        return {"crf": str(round(crf * 42 / 51)), "preset": "10", "svtav1-params": parameters}
    # Captions and user data ride on decoded pictures; neither may pass.
    options = {"preset": _PRESETS[name], "crf": str(crf), "a53cc": "0", "udu_sei": "0"}
    if name == "libx265":
        quiet, quick = "info=0:log-level=none", "qcomp=1:bframes=0:rc-lookahead=0:lookahead-slices=0"
        closed = f"scenecut=0:open-gop=0:min-keyint={KEY_FRAMES}"
        shown = x265_parameters(clip.mastering)
        options["crf"] = str(max(crf - 1, 0))  # so much it takes to keep the night's noise at 42 dB, too
        options["x265-params"] = f"{shown}{quiet}:{quick}:{closed}:pools={_THREADS}:frame-threads=2"
        return options
    if clip.pixel_format == "yuv444p":
        options["chromaoffset"] = "-6"  # x264 makes colour that much coarser when it has all its samples
    options["sc_threshold"] = "0"
    return options | _QUICK | (_UNSMOOTHED if crf <= _FINE else _PLAIN) | _NO_DELAY


def _refused(error: Exception) -> OutputError:
    reason = getattr(error, "strerror", None) or str(error)
    return OutputError(f"the output cannot be written: {reason}")
