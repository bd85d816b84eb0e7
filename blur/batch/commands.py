"""What the commands that make something ask for, as tasks that run_all runs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from blur.batch.discover import MARK, Found, Job
from blur.batch.report import counted, labels
from blur.batch.run import Task, Told, overall, run_all
from blur.errors import EXIT_OK, Interrupted, OutputError
from blur.events import Event, Finished, Notice, Steps
from blur.media.draft import Draft
from blur.outputs import made_folder, named_errors
from blur.pipeline import Outcome, anonymise, render_plan
from blur.sandbox.confine import Reach
from blur.sandbox.sandbox import Sandbox
from blur.settings import Settings
from blur.text import printable

if TYPE_CHECKING:
    from blur.batch.resume import Run
    from blur.detect.kept import Kept

DEMO = "blur-demo.mov"

Named: TypeAlias = tuple[str, Job]
"""A job and what its clip is called."""
Elsewhere: TypeAlias = Callable[[Sequence[Named], Iterator[int], Callable[[], bool]], Told]
"""Works on a batch's clips in another place than this machine, in order, until it is stopped."""


def anonymise_all(
    found: Found,
    settings: Settings,
    *,
    force: bool,
    plan_file: Path | None = None,
    report_file: Path | None = None,
    dry_run: bool = False,
    sandbox: Sandbox | None = None,
    journal: Path | None = None,
    elsewhere: Elsewhere | None = None,
) -> Generator[Event, None, int]:
    """The events of all jobs, see run_all; files that were left alone are told of first.

    Of several clips a Tally follows each, and a Summary ends them. ``journal`` is the folder of the journal
    by which a batch goes on, see resume.Run. ``elsewhere`` works on the clips in place of this machine.
    """
    for path in found.skipped:
        yield Notice(printable(path.name), "skipped", "Left alone, since it is the output for another clip.")
    with ExitStack() as stack:
        run = None
        if journal is not None and found.many and not dry_run:
            run = yield from _begun(stack, journal, found.jobs, settings, force)
        jobs = found.jobs if run is None else run.jobs
        stretches = None if dry_run or elsewhere is not None else _stretches(stack, journal)
        kept = None if stretches is None else stretches / "clip"
        reach = Reach.to(
            [job.source for job in jobs],
            [
                *(() if dry_run else (job.target for job in jobs)),
                *(path for path in (plan_file, report_file) if path is not None),
            ],
            [] if kept is None else [kept],
            replaces=force,
            starts=settings.audio != "remove",
        )
        way = partial(
            anonymise,
            settings=settings,
            force=force,
            plan_file=plan_file,
            report_file=report_file,
            dry_run=dry_run,
            keep=None if stretches is None else partial(_kept, stretches, settings),
        )
        named_jobs = list(zip(labels([job.source for job in jobs]), jobs, strict=True))
        tasks = [Task(label, partial(way, job.source, job.target)) for label, job in named_jobs]
        given = None if elsewhere is None else partial(elsewhere, named_jobs)
        events = run_all(tasks, sandbox, reach, run, patiently=found.many, elsewhere=given)
        return (yield from (counted(events, len(tasks)) if found.many else events))


def _begun(
    stack: ExitStack, journal: Path, jobs: Sequence[Job], settings: Settings, force: bool
) -> Steps[Run | None]:
    """The batch in its journal; None with a word where that cannot be opened."""
    from blur.batch.journal import opened
    from blur.batch.resume import Run

    try:
        return Run.begun(stack.enter_context(opened(journal)), jobs, settings, force=force)
    except OutputError as error:
        without = f"{error.message}: nothing is remembered of this batch. {error.hint}"
        yield Notice("", "no-journal", without)
        return None


def _stretches(stack: ExitStack, state: Path | None) -> Path | None:
    """The folder for what is seen of long clips, gone at the end if it is empty; None where there is none."""
    if state is None:
        return None
    from blur.batch.journal import STRETCHES

    try:
        for folder in (state, state / STRETCHES):
            stack.enter_context(made_folder(folder, 0o700))
    except OSError:
        return None
    return state / STRETCHES


def _kept(stretches: Path, settings: Settings, clip: Path) -> Kept:
    from blur.batch.journal import choice
    from blur.detect.kept import Kept

    return Kept.of(stretches, clip, choice(settings))


def retry_all(journal: Path, sandbox: Sandbox | None = None) -> Generator[Event, None, int]:
    """Takes up what open batches left, failed or not begun, each with its own settings; see anonymise_all."""
    from blur.batch.journal import batches_in

    codes = []
    for batch in batches_in(journal):
        jobs = tuple(left.job for left in batch.left)
        events = anonymise_all(
            Found(jobs, many=True), batch.settings, force=batch.force, sandbox=sandbox, journal=journal
        )
        codes.append((yield from events))
        if codes[-1] == Interrupted.exit_code:
            return Interrupted.exit_code
    return overall(codes)


def render_one(
    job: Job,
    plan_file: Path,
    settings: Settings,
    *,
    force: bool,
    new_plan: Path | None = None,
    earlier: tuple[Path, Path] | None = None,
    sandbox: Sandbox | None = None,
) -> Generator[Event, None, int]:
    """The events of rendering a clip by a plan that lies in a file, see run_all.

    ``new_plan`` gets the plan with the doubts of the second look. ``earlier`` is the plan that was written
    with an output, and that output, from which what did not change is taken.
    """

    def steps() -> Steps[Outcome]:
        from blur.plan.store import load

        before = None if earlier is None else (load(earlier[0]), earlier[1])
        return (
            yield from render_plan(
                job.source,
                job.target,
                load(plan_file),
                settings,
                force=force,
                plan_file=new_plan,
                earlier=before,
            )
        )

    made = [job.target] if new_plan is None else [job.target, new_plan]
    read, starts = [job.source, plan_file, *(earlier or ())], settings.audio != "remove"
    reach = Reach.to(read, made, replaces=force, starts=starts)
    return run_all([Task(printable(job.source.name), steps)], sandbox, reach)


def follow_one(
    clip: Path, plan_file: Path, track: int, at: int, output: Path, *, sandbox: Sandbox | None = None
) -> Generator[Event, None, int]:
    """The events of letting a region of a plan follow what is under it; ``output`` is the new plan."""

    def steps() -> Steps[Outcome]:
        from blur.detect.following import follow_region
        from blur.media.probe import probe
        from blur.plan.store import load, write

        plan = yield from follow_region(probe(clip), load(plan_file), track, at)
        with named_errors("the plan"), Draft(output, force=True, private=True) as draft:
            write(plan, draft.path)
            draft.publish()
        name, frames = printable(clip.name), len(plan.tracks[track].pts)
        yield Finished(name, printable(output.name), frames, 1, 0.0, EXIT_OK)
        return Outcome(output, frames, 1, EXIT_OK)

    reach = Reach.to([clip, plan_file], [output], replaces=True)
    return run_all([Task(printable(clip.name), steps)], sandbox, reach)


def demonstrate(
    folder: Path, *, force: bool = False, sandbox: Sandbox | None = None
) -> Generator[Event, None, int]:
    """Makes the demonstration clip in a folder and the events of its way; ``force`` makes both anew."""
    clip = folder / DEMO

    def steps() -> Steps[Outcome]:
        from blur.media.demo import make_demo

        if force or not clip.exists():
            make_demo(clip)
        return (yield from anonymise(clip, clip.with_name(f"{clip.stem}{MARK}.mp4"), Settings(), force=force))

    return run_all([Task(DEMO, steps)], sandbox, Reach.to([], written=[clip], starts=True))
