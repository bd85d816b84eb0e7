"""Runs jobs, several at once where that pays; what breaks one never stops the rest."""

from __future__ import annotations

import logging
import os
import signal
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from blur.batch.discover import MARK, Found, Job
from blur.batch.pool import patient, side_by_side, work
from blur.batch.report import counted, labels
from blur.errors import EXIT_BATCH, EXIT_LOOK, EXIT_OK, BlurError, CrashedError, Interrupted, OutputError
from blur.events import Event, Failed, Finished, Notice, Steps, named
from blur.media.draft import Draft
from blur.media.workplace import PRIVATE, private_folder, sweep
from blur.outputs import made_folder, named_errors
from blur.pipeline import Outcome, anonymise, render_plan
from blur.sandbox.confine import NOTHING, Reach
from blur.sandbox.sandbox import Here, Lane, Sandbox
from blur.sandbox.worker import Piece
from blur.settings import Settings
from blur.text import printable

if TYPE_CHECKING:
    from blur.batch.resume import Run
    from blur.detect.kept import Kept

DEMO = "blur-demo.mov"
STOPPING = "Stopping after the clips in hand. Press Ctrl-C again to stop at once."

log = logging.getLogger(__name__)


Named: TypeAlias = tuple[str, Job]
"""A job and what its clip is called."""
Told: TypeAlias = Iterator[tuple[int, Event | int]]
"""What is told of pieces, with their numbers; of each its exit code last."""
Elsewhere: TypeAlias = Callable[[Sequence[Named], Iterator[int], Callable[[], bool]], Told]
"""Works on a batch's clips in another place than this machine, in order, until it is stopped."""


@dataclass(frozen=True, slots=True)
class Task:
    """The work on one clip, begun by calling ``steps``."""

    clip: str
    steps: Callable[[], Steps[Outcome]]


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
        run, jobs = None, found.jobs
        if journal is not None and found.many and not dry_run:
            try:
                run = _begun(stack, journal, found.jobs, settings, force)
                jobs = tuple(run.jobs)
            except OutputError as error:
                without = f"{error.message}: nothing is remembered of this batch. {error.hint}"
                yield Notice("", "no-journal", without)
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


def _begun(stack: ExitStack, journal: Path, jobs: Sequence[Job], settings: Settings, force: bool) -> Run:
    from blur.batch.journal import opened
    from blur.batch.resume import Run

    return Run.begun(stack.enter_context(opened(journal)), jobs, settings, force=force)


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


def run_all(
    tasks: Sequence[Task],
    sandbox: Sandbox | None = None,
    reach: Reach = NOTHING,
    run: Run | None = None,
    *,
    patiently: bool = False,
    elsewhere: Callable[[Iterator[int], Callable[[], bool]], Told] | None = None,
) -> Generator[Event, None, int]:
    """Yields the events of all tasks, a Failed for each that broke, and returns the exit code.

    The code is the highest of all, and EXIT_BATCH where some clips ended well and some did not.
    Without a sandbox the tasks run in this process, unconfined; else they can touch only ``reach``, and
    several run at once. ``run`` says which are done already and keeps how each ends. ``patiently``, a
    first Ctrl-C begins no further clip but ends none either. ``elsewhere`` works in place of this machine.
    """
    # Ctrl-C is heard until every lane is closed, so that none is lost.
    with patient() if patiently else nullcontext(lambda: False) as stopped:
        left = _Left(tasks, run, stopped)
        with ExitStack() as stack:
            if elsewhere is None:
                all_told = _here(stack, tasks, left.order(), sandbox, reach, patiently)
            else:
                all_told = elsewhere(left.order(), stopped)
            for index, told in all_told:
                yield from left.unsaid()
                left.take(index, told)
                if not isinstance(told, int):
                    yield told
        yield from left.unsaid()
        if rest := len(tasks) - len(left.codes):
            yield Notice("", "stopped", f"Stopped with {rest} of {len(tasks)} clips left.")
            return Interrupted.exit_code
    return overall(left.codes)


def _here(
    stack: ExitStack,
    tasks: Sequence[Task],
    order: Iterator[int],
    sandbox: Sandbox | None,
    reach: Reach,
    patiently: bool,
) -> Told:
    lanes, folders = _lanes(stack, [partial(_run_one, task) for task in tasks], sandbox, reach, patiently)

    def crashed(lane: int, index: int, error: CrashedError) -> list[Event | int]:
        for folder in folders[lane]:
            sweep(folder)
        failed = failure(tasks[index].clip, error)
        return [failed, failed.exit_code]

    return work(lanes, order, crashed)


class _Left:
    """Which pieces are still to do, in order, and how those ended that are not."""

    def __init__(self, tasks: Sequence[Task], run: Run | None, stopped: Callable[[], bool]) -> None:
        self.codes: list[int] = []
        self._tasks, self._run, self._stopped = tasks, run, stopped
        self._skipped: list[Event] = []
        self._asked = False

    def order(self) -> Iterator[int]:
        for index, task in enumerate(self._tasks):
            if self._stopped():
                return
            done = self._run.done(index) if self._run else None
            if done is None:
                yield index
            else:
                self._skipped.append(replace(done[0], clip=task.clip))
                self.codes.append(done[1])

    def unsaid(self) -> Iterator[Event]:
        """What is to be told since it was last asked for: those that were passed over, a wish to stop."""
        while self._skipped:
            yield self._skipped.pop(0)
        if self._stopped() and not self._asked:
            self._asked = True
            yield Notice("", "stopping", STOPPING)

    def take(self, index: int, told: Event | int) -> None:
        if isinstance(told, int):
            self.codes.append(told)
            if self._run:
                self._run.end(index, told)
        elif self._run:
            self._run.tell(index, told)


def _lanes(
    stack: ExitStack, pieces: Sequence[Piece], sandbox: Sandbox | None, reach: Reach, patiently: bool
) -> tuple[list[Lane], list[tuple[Path, ...]]]:
    """What runs the pieces, and for each the folders in which its drafts lie."""
    if sandbox is None:
        return [stack.enter_context(closing(Here(pieces)))], [()]
    stack.callback(PRIVATE.clear)
    for folder in reach.folders:
        with suppress(OSError):  # said when it is written to
            stack.enter_context(made_folder(folder))
            # What a killed run was still holding when this one began is free by its end.
            stack.callback(sweep, folder)
    lanes: list[Lane] = []
    drafts = []
    for _ in range(side_by_side(len(pieces)) if sandbox.divides else 1):
        private = {}
        for folder in reach.publishes if sandbox.narrow else ():
            with suppress(OSError):
                private[folder] = stack.enter_context(private_folder(folder))
        prepare = partial(_prepare, private, os.getpid() if patiently else 0)
        lanes.append(stack.enter_context(sandbox.hold(pieces, reach, private, prepare, told=bool(lanes))))
        drafts.append((*reach.folders, *private.values()))
    return lanes, drafts


def _prepare(private: dict[Path, Path], patient_parent: int) -> None:
    PRIVATE.update(private)
    if patient_parent and os.getpid() != patient_parent:
        # Ctrl-C in a terminal goes to all; here it must not end what the parent lets go on.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run_one(task: Task) -> Steps[int]:
    try:
        outcome = yield from named(task.steps(), task.clip)
    except Exception as error:  # noqa: BLE001 - one broken clip must not stop the rest
        return (yield from _tell_failure(task, error))
    return outcome.exit_code


def _tell_failure(task: Task, error: Exception) -> Steps[int]:
    failed = failure(task.clip, error)
    yield failed
    return failed.exit_code


def failure(clip: str, error: Exception) -> Failed:
    """What an exception means to the user; where in the code it arose goes to the log alone."""
    if not isinstance(error, BlurError):
        log.debug("%s, which Blur does not name, at %s", type(error).__name__, _where(error))
        error = BlurError(f"unexpected {type(error).__name__}")
    return Failed(clip, error.name, printable(error.message), printable(error.hint), error.exit_code)


def _where(error: Exception) -> str:
    """The places in the code, innermost first, without folders: these tell who uses this machine."""
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))


def overall(codes: Sequence[int]) -> int:
    """One exit code for many clips."""
    good = [code in (EXIT_OK, EXIT_LOOK) for code in codes]
    if any(good) and not all(good):
        return EXIT_BATCH
    return max(codes, default=EXIT_OK)
