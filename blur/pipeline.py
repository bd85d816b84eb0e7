"""The way of one clip: probe, analyse, plan, render, check, publish.

Nothing appears under the output's name before every check has passed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blur.engine import Draft, Engine, engine_for
from blur.errors import EXIT_LOOK, EXIT_OK, UnreadableError, UsageError
from blur.events import Finished, Notice, Started, Steps
from blur.making import Made, Making, Rendered, written
from blur.outputs import drafts_for, named_errors, private_draft, publish_all, refuse_overwriting
from blur.plan.watch import grave, spans, these_seconds, worth_watching
from blur.settings import Settings
from blur.text import printable

if TYPE_CHECKING:
    from blur.detect.kept import Kept
    from blur.media.clip import Clip
    from blur.plan.model import Plan


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
    until it is done. Raises the errors of blur.errors; whatever is raised, nothing was published.
    """
    began = time.monotonic()
    name = printable(source.name)
    with named_errors():
        refuse_overwriting(source, target, (plan_file, report_file))
    _check_report(report_file, settings)
    engine = engine or engine_for(source, target)
    with named_errors(), ExitStack() as stack:
        drafts = None if dry_run else stack.enter_context(drafts_for(engine, target, force))
        plan_draft = stack.enter_context(private_draft(plan_file, force))
        report_draft = stack.enter_context(private_draft(report_file, force))
        yield Started(name, "probe")
        clip = _probed(engine, source, settings)
        kept = _kept(stack, engine, clip, keep)
        observations, plan = yield from _planned(engine, clip, settings, kept)
        made = None
        if drafts is None:
            yield Notice(name, "dry-run", _summary(plan))
        else:
            made = yield from Making(engine, clip, settings, drafts).make(plan, observations)
            plan = made.plan
        if plan_file is not None and plan_draft is not None:
            _save_plan(engine, plan, plan_draft, clip, made, settings)
            shown = printable(plan_file.name)
            yield Notice(name, "plan", f"{shown} says where the faces are: do not publish it.")
        if made is None:
            publish_all([plan_draft])
        else:
            if report_draft is not None:
                _report(report_draft, target, made, settings)
            yield Started(name, "publish")
            publish_all([plan_draft, report_draft, made.draft])
    return (yield from _finish(name, plan, None if dry_run else target, began))


def render_plan(
    source: Path,
    target: Path,
    plan: Plan,
    settings: Settings,
    *,
    force: bool = False,
    plan_file: Path | None = None,
    earlier: Rendered | None = None,
    engine: Engine | None = None,
) -> Steps[Outcome]:
    """Cover in ``source`` what ``plan`` says, without looking for faces, and publish ``target``.

    ``plan_file`` gets the plan with what the second look doubts. ``earlier`` is a plan that was written
    with an output, and that output: only what is covered otherwise is rendered anew, if all of it fits.
    """
    began = time.monotonic()
    name = printable(source.name)
    with named_errors():
        refuse_overwriting(source, target, (plan_file,))
    engine = engine or engine_for(source, target)
    with (
        named_errors(),
        drafts_for(engine, target, force) as drafts,
        private_draft(plan_file, force) as plan_draft,
    ):
        yield Started(name, "probe")
        clip = _probed(engine, source, settings)
        before = None
        if earlier is not None:
            before = yield from _taken_over(clip, earlier, settings)
        made = yield from Making(engine, clip, settings, drafts).make(plan, None, before)
        if plan_draft is not None:
            _save_plan(engine, made.plan, plan_draft, clip, made, settings)
        yield Started(name, "publish")
        publish_all([plan_draft, made.draft])
    return (yield from _finish(name, made.plan, target, began))


def _taken_over(clip: Clip, earlier: Rendered, settings: Settings) -> Steps[Rendered | None]:
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
    engine: Engine, plan: Plan, draft: Draft, clip: Clip, made: Made | None, settings: Settings
) -> None:
    """Writes the plan into its draft, with a receipt for what was made by it."""
    from blur.plan.receipt import receipt

    told = None if made is None else receipt(plan, clip.path, made.draft.path, settings)
    with named_errors("the plan"):
        engine.save_plan(replace(plan, receipt=told), draft.path)


def _check_report(path: Path | None, settings: Settings) -> None:
    """Raises UsageError where a report cannot be as it was asked for: now, and not after the work."""
    if path is not None:
        from blur.report.store import check_name

        check_name(path)
    elif settings.private:
        raise UsageError("--private is for the report of a single clip", "Name its file with --report.")


def _probed(engine: Engine, source: Path, settings: Settings) -> Clip:
    before = written(source)
    clip = engine.probe(source)
    clip = engine.mend(clip) if settings.on_damage == "cover" else clip
    return replace(clip, written=before)


def _kept(stack: ExitStack, engine: Engine, clip: Clip, keep: Callable[[Path], Kept] | None) -> Kept | None:
    """Where what is seen of the clip is kept until it is done, if it is long enough to be worth it."""
    if keep is None or engine.analyse_long is None:
        return None
    from blur.detect.resuming import is_long

    if not is_long(clip):
        return None
    kept = keep(clip.path)
    stack.enter_context(kept.until_done())
    return kept


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


def _report(draft: Draft, target: Path, made: Made, settings: Settings) -> None:
    from blur.report.store import save
    from blur.report.summary import summarise

    plan = made.plan
    report = summarise(printable(target.name), plan, settings, _exit_code(plan), made.gone)
    with named_errors("the report"):
        save(report, draft.path, made.draft.path, plan)


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
