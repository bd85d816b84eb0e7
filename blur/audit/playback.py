"""Does the finished draft play: all frames, at their times, and nothing beside picture and sound?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blur.errors import AuditError, InputError
from blur.events import Progress, Started, Steps
from blur.media.clip import Clip, Frame
from blur.media.inventory import Inventory, inventory
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.side_data import side_data
from blur.text import printable
from blur.timing import TimeBase

# Tags that a muxer must write, and their values where these could tell something.
_ALLOWED_TAGS = {"major_brand", "minor_version", "compatible_brands", "DURATION"}
_ALLOWED_VALUES = {("language", "und")}

_EVERY = 16


def check_playback(
    path: Path,
    plan_pts: NDArray[np.int64],
    time_base: TimeBase,
    width: int,
    height: int,
    watch: Callable[[int, Frame], None] | None = None,
) -> Steps[None]:
    """Decodes the finished file with every tolerance turned off and compares it with the plan.

    Args:
        path: the finished draft.
        plan_pts: shape (F,), the planned frames' times in ticks of ``time_base``; only their
            distances from the first count.
        width, height: of the upright picture in pixels.
        watch: is shown every frame that passed, with its position.

    Raises:
        AuditError: a frame is missing, added or at another time, the size differs, the file
            cannot be decoded to its end, or holds streams, tags or chapters that do not belong.
    """
    name = printable(path.name)
    yield Started(name, "check", len(plan_pts))
    try:
        _check_inventory(inventory(path))
        clip = probe(path)
        if (clip.width, clip.height) != (width, height):
            raise AuditError(f"the output measures {clip.width}x{clip.height}, not {width}x{height}")
        yield from _check_frames(clip, name, plan_pts, time_base, watch)
    except InputError as error:
        raise AuditError(f"the output cannot be played: {error.message}") from error


def _check_inventory(held: Inventory) -> None:
    kinds = Counter(held.kinds)
    if kinds["video"] != 1 or kinds["audio"] > 1 or kinds.total() != kinds["video"] + kinds["audio"]:
        raise AuditError(f"the output holds the streams {', '.join(held.kinds)}")
    foreign = sorted({key for key, value in held.tags if not _belongs(key, value)})
    if foreign:
        raise AuditError(f"the output holds the tags {', '.join(printable(key) for key in foreign)}")
    if held.chapters:
        raise AuditError("the output holds chapters")


def _belongs(key: str, value: str) -> bool:
    return key in _ALLOWED_TAGS or not value.strip(" \0") or (key, value) in _ALLOWED_VALUES


def _check_frames(
    clip: Clip,
    name: str,
    plan_pts: NDArray[np.int64],
    time_base: TimeBase,
    watch: Callable[[int, Frame], None] | None,
) -> Steps[None]:
    planned = (plan_pts - plan_pts[:1]).tolist()
    # A muxer may count in coarser ticks than the source did.
    tolerance = max(time_base.fraction, clip.time_base.fraction)
    first = 0
    count = 0
    for frame in read(clip):
        if count == len(planned):
            raise AuditError(f"the output holds more than the {len(planned)} planned frames")
        if count == 0:
            first = frame.pts
        # The walk through the bytes (`traces`) misses none in the frames between.
        if count % _EVERY == 0 and side_data(frame.picture):
            raise AuditError("the output's picture carries data that is no picture")
        shift = clip.time_base.seconds(frame.pts - first) - time_base.seconds(planned[count])
        if abs(shift) > tolerance:
            raise AuditError(f"frame {count + 1} comes {float(shift):+.3f} s off its time")
        if watch is not None:
            watch(count, frame)
        count += 1
        if count % _EVERY == 0:
            yield Progress(name, "check", count, len(planned))
    if count != len(planned):
        raise AuditError(f"the output holds {count} of {len(planned)} planned frames")
    yield Progress(name, "check", count, len(planned))
