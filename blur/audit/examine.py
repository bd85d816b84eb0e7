"""The audit of any file: faces that can be seen in it, traces, and whether it is what was planned."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from blur.audit.against import compare
from blur.audit.depth import DEPTHS, frames_to_look_at
from blur.audit.doubts import LEFT, with_doubts
from blur.audit.finding import Finding
from blur.audit.output import MAKERS
from blur.audit.playback import check_playback
from blur.audit.second_look import SecondLook
from blur.errors import AuditError, UnreadableError
from blur.events import Progress, Started, Steps
from blur.media.clip import Clip
from blur.media.photo_kind import photo_kind
from blur.media.probe import probe
from blur.media.reader import ahead, read
from blur.plan.model import Plan
from blur.settings import Settings
from blur.traces.allowlist import check_traces
from blur.traces.source import find_traces

EVERY = 16


@dataclass(frozen=True, slots=True)
class Examination:
    """What an audit found.

    Attributes:
        plan: what was to be covered, with what a person should watch among its doubts; without
            tracks where no plan was given.
        findings: what looks like a face and is not covered.
        traces: what could lead to people, places or devices, in plain words.
        faults: in what the file is not the source as planned, in plain words.
        sound: whether it holds any.
    """

    plan: Plan
    findings: tuple[Finding, ...]
    traces: tuple[str, ...]
    faults: tuple[str, ...]
    sound: bool


def examine(path: Path, source: Path | None, plan: Plan | None, settings: Settings) -> Steps[Examination]:
    """Look at a finished file; yields events of stage ``check``.

    Args:
        path: the file.
        source: the original, where it is there to compare with; opened for reading only.
        plan: what was to be covered. Without it everything that looks like a face counts.

    Raises:
        InputError: a file cannot be read to its end.
        WeightsError: a detector's weights are absent or altered.
    """
    if photo_kind(path) is not None:
        return (yield from _photo(path, source, plan, settings))
    clip = probe(path)
    original = None if source is None else probe(source)
    traces = _traces(path)
    expected = plan or (yield from _bare_plan(original or clip))
    faults: list[str] = []
    try:
        measure = expected.pts, expected.time_base, expected.width, expected.height
        yield from check_playback(path, *measure)
    except AuditError as error:
        faults.append(error.message)
    if original is not None and plan is not None:
        faults += yield from compare(original, clip, plan)
    findings = yield from _look(clip, plan, settings)
    known = replace(expected, doubts=plan.doubts if plan else ())
    inside = [finding for finding in findings if finding.frame < len(known.pts)]
    told = with_doubts(known, inside, LEFT) if inside else known
    return Examination(told, findings, traces, tuple(faults), clip.sound is not None)


def _photo(path: Path, source: Path | None, plan: Plan | None, settings: Settings) -> Steps[Examination]:
    from blur.audit.still import examine_still  # whose libraries videos do not need

    known, findings, faults = yield from examine_still(path, source, plan, settings)
    told = with_doubts(known, findings, LEFT) if findings else known
    return Examination(told, findings, _traces(path), tuple(faults), sound=False)


def _traces(path: Path) -> tuple[str, ...]:
    found = [*check_traces(path), *(f"{trace.where}: {trace.value}" for trace in find_traces(path))]
    return tuple(dict.fromkeys(found))


def _bare_plan(clip: Clip) -> Steps[Plan]:
    """A plan that covers nothing, for the frames that a clip has."""
    pts = []
    yield Started(clip.name, "check", clip.frames)
    with closing(ahead(read(clip))) as frames:
        for frame in frames:
            pts.append(frame.pts)
            if len(pts) % EVERY == 0:
                yield Progress(clip.name, "check", len(pts), clip.frames)
    if not pts:
        raise UnreadableError(f"there is no frame in {clip.name}")
    return Plan(clip.width, clip.height, clip.time_base, np.array(pts, np.int64), ())


def _look(clip: Clip, plan: Plan | None, settings: Settings) -> Steps[tuple[Finding, ...]]:
    """A second look at all of a file, at frames of its own, whatever was planned."""
    own = yield from _bare_plan(clip)
    depth = DEPTHS[settings.preset]
    frames = frames_to_look_at(own.pts, own.time_base, depth.alone).tolist()
    covered = {} if plan is None else plan.by_frame()
    planned = [] if plan is None else plan.pts.tolist()
    regions = {i: covered[planned[i]] for i in frames if i < len(planned) and planned[i] in covered}
    yield Started(clip.name, "check", len(own.pts))
    with ThreadPoolExecutor(1, "blur-second-look") as pool, closing(ahead(read(clip))) as pictures:
        second = SecondLook(frames, depth, regions, MAKERS, pool)
        for index, frame in enumerate(pictures):
            second.add(index, frame)
            if index % EVERY == 0:
                yield Progress(clip.name, "check", index, len(own.pts))
        return second.sightings()[0]
