"""Runs jobs one after another; what breaks one never stops the rest."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from blur.batch.discover import MARK, Found, Job
from blur.errors import EXIT_BATCH, EXIT_LOOK, EXIT_OK, BlurError, CrashedError
from blur.events import Event, Failed, Finished, Notice, Steps
from blur.media.workplace import PRIVATE, private_folder, sweep
from blur.pipeline import Outcome, anonymise, made_folder, render_plan
from blur.sandbox.confine import NOTHING, Reach
from blur.sandbox.sandbox import Sandbox
from blur.settings import Settings
from blur.text import printable

DEMO = "blur-demo.mov"

log = logging.getLogger(__name__)


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
    dry_run: bool = False,
    sandbox: Sandbox | None = None,
) -> Generator[Event, None, int]:
    """The events of all jobs, see run_all; files that were left alone are told of first."""
    for path in found.skipped:
        yield Notice(printable(path.name), "skipped", "Left alone, since it is the output for another clip.")
    reach = Reach.to(
        [job.source for job in found.jobs],
        [] if dry_run else [job.target for job in found.jobs],
        [] if plan_file is None else [plan_file],
        replaces=force,
    )
    return (
        yield from run_all(
            [
                Task(
                    printable(job.source.name),
                    partial(
                        anonymise,
                        job.source,
                        job.target,
                        settings,
                        force=force,
                        plan_file=plan_file,
                        dry_run=dry_run,
                    ),
                )
                for job in found.jobs
            ],
            sandbox,
            reach,
        )
    )


def render_one(
    job: Job, plan_file: Path, settings: Settings, *, force: bool, sandbox: Sandbox | None = None
) -> Generator[Event, None, int]:
    """The events of rendering a clip by a plan that lies in a file, see run_all."""

    def steps() -> Steps[Outcome]:
        from blur.plan.store import load

        plan = load(plan_file)
        return (yield from render_plan(job.source, job.target, plan, settings, force=force))

    reach = Reach.to([job.source, plan_file], [job.target], replaces=force)
    return run_all([Task(printable(job.source.name), steps)], sandbox, reach)


def follow_one(
    clip: Path, plan_file: Path, track: int, at: int, output: Path, *, sandbox: Sandbox | None = None
) -> Generator[Event, None, int]:
    """The events of letting a region of a plan follow what is under it; ``output`` is the new plan."""

    def steps() -> Steps[Outcome]:
        from blur.detect.following import follow_region
        from blur.media.probe import probe
        from blur.plan.store import load, save

        plan = yield from follow_region(probe(clip), load(plan_file), track, at)
        save(plan, output, force=True)
        name, frames = printable(clip.name), len(plan.tracks[track].pts)
        yield Finished(name, printable(output.name), frames, 1, 0.0, EXIT_OK)
        return Outcome(output, frames, 1, EXIT_OK)

    reach = Reach.to([clip, plan_file], written=[output])
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

    return run_all([Task(DEMO, steps)], sandbox, Reach.to([], written=[clip]))


def run_all(
    tasks: Sequence[Task], sandbox: Sandbox | None = None, reach: Reach = NOTHING
) -> Generator[Event, None, int]:
    """Yields the events of all tasks, a Failed for each that broke, and returns the exit code.

    The code is the highest of all, and EXIT_BATCH where some clips ended well and some did not.
    Without a sandbox the tasks run in this process, unconfined; else they can touch only ``reach``.
    """
    pieces = [partial(_run_one, task) for task in tasks]
    codes = []
    with ExitStack() as stack:
        run: Callable[[int], Steps[int]] = lambda index: pieces[index]()  # noqa: E731
        if sandbox is not None:
            private = {}
            for folder in reach.folders:
                with suppress(OSError):  # said when it is written to
                    stack.enter_context(made_folder(folder))
                    if sandbox.narrow and folder in reach.publishes:
                        private[folder] = stack.enter_context(private_folder(folder))
            stack.callback(PRIVATE.clear)
            PRIVATE.update(private)
            run = stack.enter_context(sandbox.hold(pieces, reach, private))
        for index, task in enumerate(tasks):
            try:
                codes.append((yield from run(index)))
            except CrashedError as error:
                for folder in (*reach.folders, *PRIVATE.values()):
                    sweep(folder)
                codes.append((yield from _tell_failure(task, error)))
    return overall(codes)


def _run_one(task: Task) -> Steps[int]:
    try:
        outcome = yield from task.steps()
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
