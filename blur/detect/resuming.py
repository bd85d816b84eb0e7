"""Analysing a long clip stretch by stretch, going on where an earlier run stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from fractions import Fraction

from blur.detect.analyse import AHEAD, TICK, Scan
from blur.detect.detector import Detector
from blur.detect.finder import finder
from blur.detect.kept import Kept
from blur.events import Notice, Progress, Started, Steps
from blur.media.clip import Clip, Frame
from blur.media.reader import ahead, read, read_from
from blur.settings import Preset, Settings
from blur.timing import clock
from blur.track.observe import Observations
from blur.track.store import joined

LONG = Fraction(60)
"""Seconds from which a clip is analysed in stretches; shorter ones are begun anew as quickly."""
STRETCH = Fraction(30)
"""Seconds after which what was seen is put away. Each stretch costs one more look."""


def is_long(clip: Clip) -> bool:
    """Whether a clip is worth keeping what was seen of it."""
    return not clip.damage and clip.duration is not None and clip.duration >= LONG


def analyse_long(
    clip: Clip, settings: Settings, kept: Kept, detectors: Callable[[Preset], Detector] = finder
) -> Steps[Observations]:
    """As `analyse`, but what was seen is kept after every stretch, and what is kept is not looked at again.

    Raises:
        InputError: the clip cannot be read to its end.
        WeightsError: the detector's weights are absent or altered.
    """
    yield Started(clip.name, "analyse", clip.frames)
    done, ended = kept.load()
    if done:
        seconds = clip.time_base.seconds(int(done[-1].pts[-1] - done[0].pts[0]))
        yield Notice(clip.name, "going-on", f"Goes on at {clock(seconds)}, where an earlier run stopped.")
    if ended:
        return joined(done)
    shown = time.monotonic()
    with ThreadPoolExecutor(1, "blur-look") as pool, closing(ahead(_rest(clip, done), AHEAD)) as frames:
        detector = pool.submit(detectors, settings.preset)
        before = sum(len(each.pts) - 1 for each in done)
        scan = Scan(clip, settings, detector, pool)
        for frame in frames:
            scan.add(frame)
            if frame.pts - scan.pts[0] >= clip.time_base.ticks(STRETCH):
                before += len(scan.pts) - 1
                done.append(scan.finish())
                kept.add(len(done) - 1, done[-1])
                # It begins with the frame with which the last one ended, so that nothing is lost between.
                scan = Scan(clip, settings, detector, pool)
                scan.add(frame)
            if time.monotonic() - shown >= TICK:
                shown = time.monotonic()
                yield Progress(clip.name, "analyse", before + len(scan.pts), clip.frames)
        done.append(scan.finish())
        kept.add(len(done) - 1, done[-1], last=True)
    return joined(done)


def _rest(clip: Clip, done: list[Observations]) -> Iterator[Frame]:
    """The frames from the last one that was looked at on."""
    return read_from(clip, int(done[-1].pts[-1])) if done else read(clip)
