"""The way of one clip: probe, analyse, plan, render, check, publish.

Nothing appears under the output's name before every check has passed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blur.engine import Draft, Engine, engine_for
from blur.errors import EXIT_LOOK, EXIT_OK, AuditError, UnreadableError, UsageError
from blur.events import Finished, Notice, Started, Steps, named
from blur.outputs import Drafts, drafts_for, named_errors, refuse_overwriting
from blur.plan.watch import grave, spans, these_seconds, worth_watching
from blur.settings import Settings
from blur.text import printable

if TYPE_CHECKING:
    from blur.audit.finding import Finding
    from blur.detect.kept import Kept
    from blur.media.clip import Clip
    from blur.plan.model import Doubt, Plan

_SOUND = {  # a notice's code and words
    "remove": ("sound-removed", "The sound was removed; --audio keep keeps it."),
    "keep": ("sound-kept", "The sound was kept: voices identify people, and so do names that are called."),
    "mute": ("sound-muted", "The sound was kept but for the muted spans: voices identify people."),
    "disguise": (
        "voice-disguised",
        "The voices were disguised. That misleads listeners, not an expert; --audio remove protects them.",
    ),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a clip ended: ``output`` is None for a dry run."""

    output: Path | None
    frames: int
    tracks: int
    exit_code: int


def anonymise(
    source: Path,
    target: Path,
    settings: Settings,
    *,
    force: bool = False,
    plan_file: Path | None = None,
    report_file: Path | None = None,
    dry_run: bool = False,
    keep: Callable[[Path], Kept] | None = None,
    engine: Engine | None = None,
) -> Steps[Outcome]:
    """Find and cover the faces of ``source`` and publish the result as ``target``.

    A dry run publishes nothing and says what would be covered. ``plan_file`` is written in both cases,
    ``report_file`` where something is published. ``keep`` gives where what was seen of a long clip is kept
    until it is done.
    Raises the errors of blur.errors; whatever is raised, nothing was published.
    """
    began = time.monotonic()
    name = printable(source.name)
    with named_errors():
        refuse_overwriting(source, target, (plan_file, report_file), force)
    _check_report(report_file, settings)
    engine = engine or engine_for(source, target)
    with named_errors(), ExitStack() as stack:
        drafts = None if dry_run else stack.enter_context(drafts_for(engine, target, force))
        yield Started(name, "probe")
        clip = _probed(engine, source, settings)
        kept = _kept(engine, clip, keep)
        if kept is not None:
            stack.enter_context(kept.until_done())
        observations, plan = yield from _planned(engine, clip, settings, kept)
        made = None
        gone: tuple[str, ...] = ()
        if drafts is None:
            yield Notice(name, "dry-run", _summary(plan))
        else:
            made, plan, gone = yield from _make(engine, clip, plan, observations, settings, drafts)
        if plan_file is not None:
            _save_plan(engine, plan, plan_file, force, clip, made, settings)
            shown = printable(plan_file.name)
            yield Notice(name, "plan", f"{shown} says where the faces are: do not publish it.")
        if made is not None:
            if report_file is not None:
                _report(report_file, target, made, plan, settings, gone)
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
    plan_file: Path | None = None,
    earlier: tuple[Plan, Path] | None = None,
    engine: Engine | None = None,
) -> Steps[Outcome]:
    """Cover in ``source`` what ``plan`` says, without looking for faces, and publish ``target``.

    ``plan_file`` gets the plan with what the second look doubts. ``earlier`` is a plan that was written
    with an output, and that output: only what is covered otherwise is rendered anew, if all of it fits.
    """
    began = time.monotonic()
    name = printable(source.name)
    with named_errors():
        refuse_overwriting(source, target, (plan_file,), force)
    engine = engine or engine_for(source, target)
    with named_errors(), drafts_for(engine, target, force) as drafts:
        yield Started(name, "probe")
        clip = _probed(engine, source, settings)
        before = None
        if earlier is not None:
            before = yield from _taken_over(clip, earlier, settings)
        made, plan, _ = yield from _make(engine, clip, plan, None, settings, drafts, before)
        if plan_file is not None:
            _save_plan(engine, plan, plan_file, force, clip, made, settings)
        yield Started(name, "publish")
        made.publish()
    return (yield from _finish(name, plan, target, began))


def _taken_over(
    clip: Clip, earlier: tuple[Plan, Path], settings: Settings
) -> Steps[tuple[Plan, Path] | None]:
    """The earlier rendering, None with a word where it is not what its plan says, or of another look."""
    from blur.plan.receipt import fits

    plan, path = earlier
    if settings.camera_trace == "keep" and fits(plan, clip.path, path, settings):
        return earlier
    name = printable(path.name)
    unfit = f"{name} is not what its plan made of this clip with these choices: all is rendered again."
    yield Notice(clip.name, "all-again", unfit)
    return None


def _save_plan(
    engine: Engine, plan: Plan, path: Path, force: bool, clip: Clip, made: Draft | None, settings: Settings
) -> None:
    """Writes the plan, with a receipt for what was made by it."""
    from blur.plan.receipt import receipt

    told = None if made is None else receipt(plan, clip.path, made.path, settings)
    engine.save_plan(replace(plan, receipt=told), path, force)


def _check_report(path: Path | None, settings: Settings) -> None:
    """Raises UsageError where a report cannot be as it was asked for: now, and not after the work."""
    if path is not None:
        from blur.report.store import check_name

        check_name(path)
    elif settings.private:
        raise UsageError("--private is for the report of a single clip", "Name its file with --report.")


def _probed(engine: Engine, source: Path, settings: Settings) -> Clip:
    clip = engine.probe(source)
    return engine.mend(clip) if settings.on_damage == "cover" else clip


def _kept(engine: Engine, clip: Clip, keep: Callable[[Path], Kept] | None) -> Kept | None:
    """Where what is seen of the clip is to be kept, if it is long enough to be worth it."""
    if keep is None or engine.analyse_long is None:
        return None
    from blur.detect.resuming import is_long

    return keep(clip.path) if is_long(clip) else None


def _planned(engine: Engine, clip: Clip, settings: Settings, kept: Kept | None) -> Steps[tuple[Any, Plan]]:
    """What was seen in the clip, and the plan for it."""
    if kept is None or engine.analyse_long is None:
        observations = yield from engine.analyse(clip, settings)
    else:
        observations = yield from engine.analyse_long(clip, settings, kept)
    yield Started(clip.name, "plan")
    plan = engine.build_plan(observations, settings)
    if len(plan.pts) == 0:
        raise UnreadableError("there is no frame in it")
    if clip.damage:
        plan = yield from _damage(clip, plan)
    return observations, plan


def _damage(clip: Clip, plan: Plan) -> Steps[Plan]:
    """Says which seconds are black since they could not be decoded; a person should look at them."""
    from blur.plan.model import Doubt

    doubts = [Doubt(first, last, "damaged, and black as a whole", 1000) for first, last in clip.damage]
    missing = max((clip.frames or 0) - len(plan.pts), 0)
    ends = f" The last {missing} frames are missing." if missing else ""
    yield Notice(clip.name, "damaged", f"Damaged, and black as a whole, at {spans(plan, doubts)}.{ends}")
    return replace(plan, doubts=(*doubts, *plan.doubts))


def _make(
    engine: Engine,
    clip: Clip,
    plan: Plan,
    observations: Any,
    settings: Settings,
    drafts: Drafts,
    before: tuple[Plan, Path] | None = None,
) -> Steps[tuple[Draft, Plan, tuple[str, ...]]]:
    """Makes the output, and mends it where a second look finds faces: only what changes is rendered anew.

    Returns the draft, which passed every check, the plan that it was made by, and what is gone. ``before``
    is an earlier rendering and its plan.

    Without observations, the plan is a person's and stays as it is: what is found, they are told.
    """
    from blur.audit.doubts import LEFT, with_doubts

    still = replace(settings, camera_trace="keep")
    for turn in range(settings.rounds + 1):
        picture = drafts.of(f"picture {turn % 2}")
        made = yield from _film(engine, clip, plan, still, drafts, picture, before)
        audit = engine.audit(made.path, plan, observations, settings, turn)
        findings = yield from named(audit, clip.name)
        if not findings:
            break
        if observations is None or (turn == settings.rounds and settings.accept_unverified):
            plan = with_doubts(plan, findings, LEFT)
            break
        if turn == settings.rounds:
            raise _unmended(plan, findings)
        places = "1 place" if len(findings) == 1 else f"{len(findings)} places"
        yield Notice(clip.name, "repair", f"A face may still be seen in {places}; covering more.")
        before = plan, picture.path
        plan = yield from engine.repair(clip, observations, plan, findings, settings)
    if clip.sound is not None:
        yield Notice(clip.name, *_SOUND[settings.audio])
    if settings.camera_trace == "reduce":
        made = yield from _moved(engine, clip, plan, settings, drafts)
    gone = yield from _traces(engine, clip, made.path)
    return made, plan, gone


def _moved(engine: Engine, clip: Clip, plan: Plan, settings: Settings, drafts: Drafts) -> Steps[Draft]:
    """Renders once more, with the movement that reduces the camera's trace.

    Only now, since the plan and what the second look found are places in the picture as it stood.
    Masks move with what they cover, so that what was covered stays so.
    """
    from blur.render.ticks import ticks_for

    made = yield from _film(engine, clip, plan, settings, drafts, drafts.of("picture 0"), None)
    ticks = ticks_for(plan, settings)
    check = engine.check_playback(made.path, ticks.pts, ticks.time_base, plan.width, plan.height)
    yield from named(check, clip.name)
    yield Notice(clip.name, "camera-trace-reduced", "The camera's own noise was reduced, not removed.")
    return made


def _film(
    engine: Engine,
    clip: Clip,
    plan: Plan,
    settings: Settings,
    drafts: Drafts,
    picture: Draft,
    before: tuple[Plan, Path] | None,
) -> Steps[Draft]:
    """Renders into ``picture``, adds the sound in another draft, and returns the one that holds all.

    ``before`` is an earlier rendering with these settings, whose frames are taken over where the plans agree.
    """
    earlier = None
    if before is not None:
        from blur.render.stretches import Earlier

        earlier = Earlier(*before, drafts.of("aside").path)
    frames = yield from engine.render(clip, plan, settings, picture.path, earlier)
    if settings.encoder == "hardware" and engine.check_traces(picture.path):
        yield Notice(
            clip.name, "software", "What hardware made could trace this machine: encoded in software."
        )
        software = replace(settings, encoder="software")
        frames = yield from engine.render(clip, plan, software, picture.path, None)
    if frames != len(plan.pts):
        raise AuditError(f"{frames} of {len(plan.pts)} frames were written")
    if clip.sound is None or settings.audio == "remove":
        return picture
    with_sound = drafts.of("sound")
    engine.add_sound(picture.path, clip, with_sound.path, settings)
    return with_sound


def _unmended(plan: Plan, findings: Sequence[Finding]) -> AuditError:
    from blur.audit.doubts import LEFT, found

    return AuditError(
        f"faces may still be seen{_at(plan, list(found(plan, findings, LEFT)))}",
        "Nothing was published. Try --preset thorough, or publish it all the same with --accept-unverified.",
    )


def _traces(engine: Engine, clip: Clip, output: Path) -> Steps[tuple[str, ...]]:
    """Refuses an output that could trace anyone; says what is gone, once reading it back has shown so."""
    left = [*engine.check_traces(output), *(f"{t.where}: {t.value}" for t in engine.find_traces(output))]
    if left:
        raise AuditError(f"the output holds what could trace the filmer: {', '.join(left)}")
    gone = dict.fromkeys(trace.meaning for trace in engine.find_traces(clip.path))
    if gone:
        yield Notice(clip.name, "traces-removed", f"Gone, as the output shows: {', '.join(gone)}.")
    return tuple(gone)


def _report(
    path: Path,
    target: Path,
    made: Draft,
    plan: Plan,
    settings: Settings,
    gone: tuple[str, ...],
) -> None:
    from blur.report.store import save
    from blur.report.summary import summarise

    report = summarise(printable(target.name), plan, settings, _exit_code(plan), gone)
    save(report, path, made.path, plan)


def _exit_code(plan: Plan) -> int:
    return EXIT_LOOK if grave(plan) else EXIT_OK


def _finish(name: str, plan: Plan, target: Path | None, began: float) -> Steps[Outcome]:
    if target is not None:
        yield from _watch(name, plan)
    outcome = Outcome(target, len(plan.pts), len(plan.tracks), _exit_code(plan))
    yield Finished(
        clip=name,
        output=None if target is None else printable(target.name),
        frames=outcome.frames,
        tracks=outcome.tracks,
        seconds=round(time.monotonic() - began, 3),
        exit_code=outcome.exit_code,
    )
    return outcome


def _watch(name: str, plan: Plan) -> Steps[None]:
    """Says which seconds a person should watch: all grave ones, else those that are worth it first."""
    look = grave(plan)
    if len(plan.pts) == 1:
        if look:  # a photo has no times
            yield Notice(name, "look", "Look at the output.")
    elif look:
        yield Notice(name, "look", f"Watch {these_seconds(plan, look)}.")
    elif plan.doubts:
        first = these_seconds(plan, worth_watching(plan))
        yield Notice(name, "watch", f"Nothing grave stands out. Watch first {first}.")


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


def _at(plan: Plan, doubts: list[Doubt]) -> str:
    return f" at {spans(plan, doubts)}" if len(plan.pts) > 1 else ""  # a photo has no times
