"""Rendering a clip: frames in, the plan's regions covered, frames out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from blur.errors import AuditError
from blur.events import Notice, Progress, Started, Steps
from blur.media.clip import Clip, Frame
from blur.media.picture import planes
from blur.media.reader import ahead, read, read_chosen
from blur.media.writer import Writer
from blur.plan.model import Plan, Pts, Regions
from blur.render.cover import cover
from blur.render.jitter import Jitter
from blur.render.ticks import Ticks, ticks_for
from blur.settings import Settings
from blur.timing import clock

_AHEAD = 3  # frames that are decoded before they are needed
_BEHIND = 2  # frames that wait for the encoder
_NO_REGIONS = np.empty((0, 4), np.int32)
_INTERVAL = 0.1  # seconds between two reports of progress


def render(
    clip: Clip, plan: Plan, settings: Settings, path: Path, chosen: NDArray[np.bool_] | None = None
) -> Steps[int]:
    """Write the clip to a new file with every region of the plan covered.

    Decoding, covering and encoding overlap; no more than a handful of frames is held at a time.

    Args:
        settings: how to cover and encode.
        path: of the file to write; replaced where it exists. What is left after an error is whole
            in no sense, and the caller's to remove.
        chosen: shape (F,), the frames to write, at least one; None for all.

    Returns:
        The number of frames written.

    Raises:
        AuditError: the clip's frames are not exactly those of the plan.
        InputError, OutputError: as `read` and `Writer`.
    """
    if (clip.width, clip.height, clip.time_base) != (plan.width, plan.height, plan.time_base):
        raise _mismatch(clip, "its size or time base differs")
    planned = plan.pts if chosen is None else plan.pts[chosen]
    total = len(planned)
    yield Started(clip.name, "render", total)
    waiting: deque[Future[None]] = deque()
    reported = monotonic()
    source = read(clip) if chosen is None else read_chosen(clip, plan.pts, chosen)
    ticks = ticks_for(plan, settings)
    # Closed in turn: what waits is encoded or dropped, then the file, then the decoder.
    with (
        closing(ahead(source, _AHEAD)) as frames,
        _writer(path, clip, ticks, settings) as writer,
        ThreadPoolExecutor(1, "blur-encode") as encoder,
    ):
        try:
            for count, frame in enumerate(_covered(clip, plan, planned, frames, settings), 1):
                waiting.append(encoder.submit(writer.write, _timed(frame, plan, ticks)))
                if len(waiting) > _BEHIND:
                    waiting.popleft().result()
                if monotonic() - reported >= _INTERVAL:
                    reported = monotonic()
                    yield Progress(clip.name, "render", count - len(waiting), total)
            while waiting:
                waiting.popleft().result()
        finally:
            encoder.shutdown(cancel_futures=True)
    yield Progress(clip.name, "render", total, total)
    yield from _told(clip, settings, writer)
    return total


def _writer(path: Path, clip: Clip, ticks: Ticks, settings: Settings) -> Writer:
    made = replace(clip, time_base=ticks.time_base, rate=ticks.rate or clip.rate)
    return Writer(path, made, settings.crf, settings.codec, hardware=settings.encoder == "hardware")


def _timed(frame: Frame, plan: Plan, ticks: Ticks) -> Frame:
    """The frame as the output counts time."""
    scale = plan.time_base.fraction / ticks.time_base.fraction
    frame.picture.duration = 1 if ticks.rate else round(frame.picture.duration * scale)
    return Frame(int(ticks.pts[np.searchsorted(plan.pts, frame.pts)]), frame.picture)


def _told(clip: Clip, settings: Settings, writer: Writer) -> Steps[None]:
    """Says what became of the wish for hardware."""
    if writer.in_hardware:
        said = "Encoded in hardware, so the file may tell what kind this machine has."
        yield Notice(clip.name, "hardware", said)
    elif settings.encoder == "hardware":
        yield Notice(clip.name, "software", "No encoder in hardware fits here: encoded in software, as ever.")


def _covered(
    clip: Clip, plan: Plan, planned: Pts, frames: Iterator[Frame], settings: Settings
) -> Iterator[Frame]:
    """The frames, covered in place, each checked to be the planned one at its position."""
    regions: Mapping[int, Regions] = plan.by_frame()
    rng = np.random.default_rng()  # from the operating system, and never kept
    jitter = Jitter(clip.width, clip.height) if settings.camera_trace == "reduce" else None
    expected = iter(planned.tolist())
    for frame in frames:
        if frame.pts != next(expected, None):
            raise _mismatch(clip, f"it has another frame near {_where(plan, frame.pts)}")
        if frame.pts in regions or jitter is not None:
            samples = planes(frame.picture)
            cover(samples, regions.get(frame.pts, _NO_REGIONS), settings.style, rng)
            if jitter is not None:  # after covering, so that what is covered moves along
                jitter.move(samples, float(clip.time_base.seconds(frame.pts - int(plan.pts[0]))))
            del samples
        yield frame
    missing = next(expected, None)
    if missing is not None:
        raise _mismatch(clip, f"its frames end before {_where(plan, missing)}")


def _where(plan: Plan, pts: int) -> str:
    first = int(plan.pts[0]) if len(plan.pts) else 0
    return clock(max(plan.time_base.seconds(pts - first), plan.time_base.seconds(0)))


def _mismatch(clip: Clip, what: str) -> AuditError:
    return AuditError(
        f"{clip.name} is not the clip that was planned for: {what}",
        "Nothing was published. The file has changed since, or the plan belongs to another; plan it again.",
    )
