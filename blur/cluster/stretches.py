"""A long clip in stretches: several workers look for faces in it and cover them, and one makes it whole.

It is cut at key frames, so that nobody decodes what another looks at. Each stretch ends with the frame with
which the next begins, which both look at. Tracks are linked by the one who plans, over all of the clip. What
is rendered of a stretch begins with a key frame of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from blur.errors import EXIT_OK, UnreadableError
from blur.events import Progress, Started, Steps
from blur.pipeline import Outcome, anonymise
from blur.settings import Settings

if TYPE_CHECKING:
    from blur.media.clip import Clip
    from blur.plan.model import Plan
    from blur.render.stretches import Earlier
    from blur.track.observe import Observations

Stretch: TypeAlias = tuple[int | None, int | None]
"""The pts of its first frame and of the next one's; None for the clip's first and last."""

LENGTH = 60
"""Seconds of a stretch, at least."""


def cuts(keys: Sequence[int], length: int) -> list[int]:
    """The key frames at which to cut, so that no stretch is shorter than ``length``; all in ticks."""
    chosen = list(keys[:1])
    for key in keys:
        if key - chosen[-1] >= length and keys[-1] - key >= length:
            chosen.append(key)
    return chosen[1:]


def stretches(cut_at: Sequence[int]) -> list[Stretch]:
    """The stretches between cuts, in order; together they are the clip."""
    return list(pairwise([None, *cut_at, None]))


def probed(source: Path, target: Path, length: int) -> Steps[Outcome]:
    """Writes where to cut a clip as a list in JSON, an empty one where it is not long. Raises InputError."""
    from blur.engine import video_engine
    from blur.media.keys import key_times

    clip = video_engine().probe(source)
    yield Started(clip.name, "probe")
    ticks = clip.time_base.ticks(Fraction(length))
    target.write_text(json.dumps(cuts(key_times(source), ticks)))
    return Outcome(target, 0, 0, EXIT_OK)


def looked(source: Path, target: Path, settings: Settings, stretch: Stretch) -> Steps[Outcome]:
    """Writes what is seen in a stretch of a clip. Raises InputError and WeightsError."""
    from blur.detect.analyse import AHEAD, Scan
    from blur.detect.finder import finder
    from blur.engine import video_engine
    from blur.media.reader import ahead, read, read_from
    from blur.track.store import packed

    clip = video_engine().probe(source)
    first, end = stretch
    frames = read(clip) if first is None else read_from(clip, first)
    yield Started(clip.name, "analyse")
    with ThreadPoolExecutor(1, "blur-look") as pool, closing(ahead(frames, AHEAD)) as each:
        scan = Scan(clip, settings, pool.submit(finder, settings.preset), pool)
        for frame in each:
            scan.add(frame)
            if end is not None and frame.pts >= end:
                break
            yield Progress(clip.name, "analyse", len(scan.pts))
        target.write_bytes(packed(scan.finish()))
    return Outcome(target, len(scan.pts), 0, EXIT_OK)


def planned(target: Path, settings: Settings, seen: Sequence[Path]) -> Steps[Outcome]:
    """Writes the plan for all that was seen. Raises UnreadableError as ``put_together``."""
    from blur.plan.build import build_plan
    from blur.plan.store import save

    yield Started("", "plan")
    plan = build_plan(put_together([path.read_bytes() for path in seen]), settings)
    save(plan, target)
    return Outcome(target, len(plan.pts), len(plan.tracks), EXIT_OK)


def covered(
    source: Path, target: Path, settings: Settings, plan_file: Path, stretch: Stretch
) -> Steps[Outcome]:
    """Renders a stretch of a clip by its plan, but for the frame with which the next stretch begins."""
    from blur.engine import video_engine
    from blur.plan.store import load
    from blur.render.film import render

    clip, plan = video_engine().probe(source), load(plan_file)
    first, end = stretch
    chosen = np.ones(len(plan.pts), np.bool_)
    if first is not None:
        chosen &= plan.pts >= first
    if end is not None:
        chosen &= plan.pts < end
    frames = yield from render(clip, plan, replace(settings, camera_trace="keep"), target, chosen)
    return Outcome(target, frames, len(plan.tracks), EXIT_OK)


def whole(
    source: Path,
    target: Path,
    settings: Settings,
    seen: Sequence[Path],
    plan_file: Path,
    made: Sequence[Path],
) -> Steps[Outcome]:
    """Makes a clip of its stretches: of what was ``seen`` of them, the plan, and what was ``made`` of them.

    They are joined by the plan's exact times and then go the way of every clip: what is joined is checked,
    looked at once more, and rendered anew where that finds a face.
    """
    from blur.engine import video_engine
    from blur.media.splice import UnlikeError, join
    from blur.plan.store import load

    plan, engine = load(plan_file), video_engine()

    def analyse(_clip: Clip, _settings: Settings) -> Steps[Observations]:
        yield from ()
        return put_together([path.read_bytes() for path in seen])

    def render(clip: Clip, by: Plan, choices: Settings, path: Path, earlier: Earlier | None) -> Steps[int]:
        if earlier is None and choices.camera_trace == "keep":
            with suppress(UnlikeError):
                join(made, by.pts, by.time_base, path)
                return len(by.pts)
        return (yield from engine.render(clip, by, choices, path, earlier))

    joining = replace(engine, analyse=analyse, build_plan=lambda _seen, _settings: plan, render=render)
    return anonymise(source, target, settings, engine=joining)


def put_together(parts: Sequence[bytes]) -> Observations:
    """What was seen of a whole clip, of what was seen of its stretches in order.

    Raises UnreadableError where one does not begin with the frame with which the last one ended.
    """
    from blur.track.store import joined, unpacked

    seen = [unpacked(part) for part in parts]
    if any(before.pts[-1] != after.pts[0] for before, after in pairwise(seen)):
        raise UnreadableError("it has other frames each time that it is read")
    return joined(seen)
