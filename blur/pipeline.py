"""The way of one clip: probe, analyse, plan, render, check, publish.

Nothing appears under the output's name before every check has passed.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from blur.errors import (
    EXIT_LOOK,
    EXIT_OK,
    AuditError,
    ExistsError,
    OutputError,
    UnreadableError,
    UnsupportedError,
    UsageError,
)
from blur.events import Finished, Notice, Started, Steps
from blur.media.muxing import MUXERS
from blur.media.photo_kind import PHOTO_KINDS, photo_kind
from blur.settings import Settings
from blur.text import printable
from blur.timing import TimeBase, clock

if TYPE_CHECKING:
    from blur.media.clip import Clip
    from blur.plan.model import Doubt, Plan, Pts
    from blur.traces.source import Trace

LOOK_WEIGHT = 900
"""Doubts that weigh this much, in thousandths, are for a person to look at."""
SPANS_SHOWN = 12

_SOUND = {  # a notice's code and words
    "remove": ("sound-removed", "The sound was removed; --audio keep keeps it."),
    "keep": ("sound-kept", "The sound was kept: voices identify people, and so do names that are called."),
    "mute": ("sound-muted", "The sound was kept but for the muted spans: voices identify people."),
    "disguise": (
        "voice-disguised",
        "The voices were disguised. That misleads listeners, not an expert; --audio remove protects them.",
    ),
}


class Draft(Protocol):
    """A private file beside its target, which is gone at the end unless it was published."""

    @property
    def path(self) -> Path: ...

    def publish(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Engine:
    """The steps that the pipeline is made of; tests put in others."""

    probe: Callable[[Path], Clip]
    analyse: Callable[[Clip, Settings], Steps[Any]]
    build_plan: Callable[[Any, Settings], Plan]
    render: Callable[[Clip, Plan, Settings, Path], Steps[int]]
    add_sound: Callable[[Path, Clip, Path, Settings], None]
    check_playback: Callable[[Path, Pts, TimeBase, int, int], Steps[None]]
    check_traces: Callable[[Path], list[str]]
    find_traces: Callable[[Path], Collection[Trace]]
    draft: Callable[[Path, bool], AbstractContextManager[Draft]]
    save_plan: Callable[[Plan, Path, bool], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a clip ended: ``output`` is None for a dry run."""

    output: Path | None
    frames: int
    tracks: int
    exit_code: int


def engine_for(source: Path, target: Path) -> Engine:
    """The engine for a photo or for a video, whatever the file is called.

    Raises UnsupportedError where one would have to become the other: now, and not after the work.
    """
    is_photo = photo_kind(source) is not None
    if target.suffix.lower() in (MUXERS if is_photo else PHOTO_KINDS):
        other, kinds = ("video", PHOTO_KINDS) if is_photo else ("photo", MUXERS)
        raise UnsupportedError(
            f"{printable(source.name)} cannot become a {target.suffix} file, since it is no {other}",
            f"Choose a name that ends in {', '.join(kinds)}.",
        )
    return photo_engine() if is_photo else video_engine()


def video_engine() -> Engine:
    """The engine that works on videos; imported here, since its libraries take long to load."""
    from blur.audit.playback import check_playback
    from blur.detect.analyse import analyse
    from blur.media.draft import Draft
    from blur.media.probe import probe
    from blur.plan.build import build_plan
    from blur.plan.store import save
    from blur.render.film import render
    from blur.sandbox.limits import fit
    from blur.sound.keep import add_sound
    from blur.traces.allowlist import check_traces
    from blur.traces.source import find_traces

    def fitted(path: Path) -> Clip:
        clip = probe(path)
        fit(path, clip.width * clip.height)
        return clip

    return Engine(
        probe=fitted,
        analyse=analyse,
        build_plan=build_plan,
        render=render,
        add_sound=add_sound,
        check_playback=check_playback,
        check_traces=check_traces,
        find_traces=find_traces,
        draft=lambda target, force: Draft(target, force=force),
        save_plan=lambda plan, path, force: save(plan, path, force=force),
    )


def photo_engine() -> Engine:
    """The engine that works on photos: clips of one frame."""
    from blur.audit.still import check_still_opens
    from blur.detect.photo import analyse_photo
    from blur.media.draft import Draft
    from blur.media.stills import probe_still
    from blur.plan.photo import build_photo_plan
    from blur.plan.store import save
    from blur.render.still import render_still
    from blur.sandbox.limits import fit
    from blur.traces.allowlist import check_traces
    from blur.traces.source import find_traces

    def fitted(path: Path) -> Clip:
        photo = probe_still(path)
        fit(path, photo.width * photo.height)
        return photo

    def no_sound(_silent: Path, photo: Clip, _output: Path, _settings: Settings) -> None:
        raise AuditError(f"{photo.name} is a photo with sound")

    return Engine(
        probe=fitted,
        analyse=analyse_photo,
        build_plan=build_photo_plan,
        render=render_still,
        add_sound=no_sound,
        check_playback=check_still_opens,
        check_traces=check_traces,
        find_traces=find_traces,
        draft=lambda target, force: Draft(target, force=force),
        save_plan=lambda plan, path, force: save(plan, path, force=force),
    )


def anonymise(
    source: Path,
    target: Path,
    settings: Settings,
    *,
    force: bool = False,
    plan_file: Path | None = None,
    dry_run: bool = False,
    engine: Engine | None = None,
) -> Steps[Outcome]:
    """Find and cover the faces of ``source`` and publish the result as ``target``.

    A dry run publishes nothing and says what would be covered. ``plan_file`` is written in both cases.
    Raises the errors of blur.errors; whatever is raised, nothing was published.
    """
    began = time.monotonic()
    name = printable(source.name)
    with _named_errors():
        _refuse_overwriting(source, target, plan_file, force)
    engine = engine or engine_for(source, target)
    with _named_errors(), ExitStack() as stack:
        # The drafts come first, so that a taken name or a locked folder shows before the long work.
        drafts = None if dry_run else stack.enter_context(_drafts(engine, target, settings, force))
        yield Started(name, "probe")
        clip = engine.probe(source)
        observations = yield from engine.analyse(clip, settings)
        yield Started(name, "plan")
        plan = engine.build_plan(observations, settings)
        if len(plan.pts) == 0:
            raise UnreadableError("there is no frame in it")
        made = None
        if drafts is None:
            yield Notice(name, "dry-run", _summary(plan))
        else:
            made = yield from _make(engine, clip, plan, settings, drafts)
        if plan_file is not None:
            engine.save_plan(plan, plan_file, force)
            shown = printable(plan_file.name)
            yield Notice(name, "plan", f"{shown} says where the faces are: do not publish it.")
        if made is not None:
            yield Started(name, "publish")
            made.publish()
    return (yield from _finish(name, plan, None if dry_run else target, began))


def render_plan(
    source: Path,
    target: Path,
    plan: Plan,
    settings: Settings,
    *,
    force: bool = False,
    engine: Engine | None = None,
) -> Steps[Outcome]:
    """Cover in ``source`` what ``plan`` says, without looking for faces, and publish ``target``."""
    began = time.monotonic()
    name = printable(source.name)
    with _named_errors():
        _refuse_overwriting(source, target, None, force)
    engine = engine or engine_for(source, target)
    with _named_errors(), _drafts(engine, target, settings, force) as drafts:
        yield Started(name, "probe")
        clip = engine.probe(source)
        made = yield from _make(engine, clip, plan, settings, drafts)
        yield Started(name, "publish")
        made.publish()
    return (yield from _finish(name, plan, target, began))


@contextmanager
def _drafts(engine: Engine, target: Path, settings: Settings, force: bool) -> Iterator[tuple[Draft, Draft]]:
    """Where to render to, and where to put the result with its sound: one draft where none is kept."""
    with made_folder(target.parent), engine.draft(target, force) as draft:
        if settings.audio == "remove":
            yield draft, draft
        else:
            with engine.draft(target, force) as with_sound:
                yield draft, with_sound


def _make(
    engine: Engine, clip: Clip, plan: Plan, settings: Settings, drafts: tuple[Draft, Draft]
) -> Steps[Draft]:
    """Renders into the first draft, adds the sound in the second, and returns what passed every check."""
    made, with_sound = drafts
    frames = yield from engine.render(clip, plan, settings, made.path)
    if frames != len(plan.pts):
        raise AuditError(f"{frames} of {len(plan.pts)} frames were written")
    if clip.sound is not None and settings.audio != "remove":
        engine.add_sound(made.path, clip, with_sound.path, settings)
        made = with_sound
    if clip.sound is not None:
        yield Notice(clip.name, *_SOUND[settings.audio])
    if settings.camera_trace == "reduce":
        yield Notice(clip.name, "camera-trace-reduced", "The camera's own noise was reduced, not removed.")
    check = engine.check_playback(made.path, plan.pts, plan.time_base, plan.width, plan.height)
    for event in check:
        yield replace(event, clip=clip.name)  # it knows the draft's name alone
    yield from _traces(engine, clip, made.path)
    return made


def _traces(engine: Engine, clip: Clip, output: Path) -> Steps[None]:
    """Refuses an output that could trace anyone; says what is gone, once reading it back has shown so."""
    left = [*engine.check_traces(output), *(f"{t.where}: {t.value}" for t in engine.find_traces(output))]
    if left:
        raise AuditError(f"the output holds what could trace the filmer: {', '.join(left)}")
    gone = dict.fromkeys(trace.meaning for trace in engine.find_traces(clip.path))
    if gone:
        yield Notice(clip.name, "traces-removed", f"Gone, as the output shows: {', '.join(gone)}.")


def _finish(name: str, plan: Plan, target: Path | None, began: float) -> Steps[Outcome]:
    look = [doubt for doubt in plan.doubts if doubt.weight >= LOOK_WEIGHT]
    if look:
        yield Notice(name, "look", f"Look at the output at {_spans(plan, look)}.")
    outcome = Outcome(target, len(plan.pts), len(plan.tracks), EXIT_LOOK if look else EXIT_OK)
    yield Finished(
        clip=name,
        output=None if target is None else printable(target.name),
        frames=outcome.frames,
        tracks=outcome.tracks,
        seconds=round(time.monotonic() - began, 3),
        exit_code=outcome.exit_code,
    )
    return outcome


def _summary(plan: Plan) -> str:
    """What a plan covers, in one sentence."""
    tracks = f"{len(plan.tracks)} track" + ("" if len(plan.tracks) == 1 else "s")
    pts = plan.pts.tolist()
    if len(pts) == 1:
        return f"Would cover {tracks}. Nothing was published."
    # The last frame has no successor; it lasts as long as the one before it.
    ends = [*pts[1:], 2 * pts[-1] - pts[-2]]
    covered = plan.by_frame()
    ticks = sum(end - first for first, end in zip(pts, ends, strict=True) if first in covered)
    seconds, total = (float(plan.time_base.seconds(t)) for t in (ticks, ends[-1] - pts[0]))
    return f"Would cover {tracks}, in {seconds:.1f} of {total:.1f} seconds. Nothing was published."


def _spans(plan: Plan, doubts: list[Doubt]) -> str:
    """The doubts' times as a player shows them, in order."""

    def at(pts: int) -> str:
        return clock(plan.time_base.seconds(max(pts - int(plan.pts[0]), 0)))

    spans = [(at(d.first), at(d.last)) for d in sorted(doubts, key=lambda d: (d.first, d.last))]
    shown = [first if first == last else f"{first} to {last}" for first, last in spans[:SPANS_SHOWN]]
    rest = len(spans) - len(shown)
    return ", ".join(shown) + (f" and at {rest} more places" if rest else "")


def _refuse_overwriting(source: Path, target: Path, plan_file: Path | None, force: bool) -> None:
    """Raises UsageError where a file to be written is the original, ExistsError where one is there."""
    for path in (target, plan_file):
        if path is None:
            continue
        if _same(source, path):
            raise UsageError(
                "the output is the original", "Name another file; Blur never changes an original."
            )
    if plan_file is not None:
        if _same(target, plan_file):
            raise UsageError("the plan and the output are one file", "Name another file with --plan.")
        if not force and plan_file.exists():
            raise ExistsError(
                f"{printable(plan_file.name)} is there already", "Use --force, or name another plan."
            )


def _same(a: Path, b: Path) -> bool:
    """Whether two names lead, or would lead, to one file; also through links."""
    if a.exists() and b.exists():
        return a.samefile(b)
    return os.path.realpath(a) == os.path.realpath(b)  # resolve() fails for links that go in circles


@contextmanager
def made_folder(path: Path) -> Iterator[None]:
    """Makes a folder and the ones above it; those that it made and that stay empty are gone afterwards."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for folder in missing:
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def _named_errors() -> Iterator[None]:
    """Turns what the system says about space and permission into named errors."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise OutputError("there is no space left for the output") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise OutputError("there is no permission to write the output") from error
        if error.errno in (errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG):
            raise OutputError("the output cannot be made under this name") from error
        raise
