"""Runs jobs one after another; what breaks one never stops the rest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from blur.batch.discover import MARK, Found, Job
from blur.errors import EXIT_BATCH, EXIT_LOOK, EXIT_OK, BlurError
from blur.events import Event, Failed, Notice, Steps
from blur.pipeline import Outcome, anonymise, render_plan
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
    found: Found, settings: Settings, *, force: bool, plan_file: Path | None = None, dry_run: bool = False
) -> Generator[Event, None, int]:
    """The events of all jobs, see run_all; files that were left alone are told of first."""
    for path in found.skipped:
        yield Notice(printable(path.name), "skipped", "Left alone, since it is the output for another clip.")
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
            ]
        )
    )


def render_one(job: Job, plan_file: Path, settings: Settings, *, force: bool) -> Generator[Event, None, int]:
    """The events of rendering a clip by a plan that lies in a file, see run_all."""

    def steps() -> Steps[Outcome]:
        from blur.plan.store import load

        plan = load(plan_file)
        return (yield from render_plan(job.source, job.target, plan, settings, force=force))

    return run_all([Task(printable(job.source.name), steps)])


def demonstrate(folder: Path, *, force: bool = False) -> Generator[Event, None, int]:
    """Makes the demonstration clip in a folder and the events of its way; ``force`` makes both anew."""
    clip = folder / DEMO

    def steps() -> Steps[Outcome]:
        from blur.media.demo import make_demo

        if force or not clip.exists():
            make_demo(clip)
        return (yield from anonymise(clip, clip.with_name(f"{clip.stem}{MARK}.mp4"), Settings(), force=force))

    return run_all([Task(DEMO, steps)])


def run_all(tasks: Sequence[Task]) -> Generator[Event, None, int]:
    """Yields the events of all tasks, a Failed for each that broke, and returns the exit code.

    The code is the highest of all, and EXIT_BATCH where some clips ended well and some did not.
    """
    codes = []
    for task in tasks:
        try:
            outcome = yield from task.steps()
            codes.append(outcome.exit_code)
        except Exception as error:  # noqa: BLE001 - one broken clip must not stop the rest
            failed = failure(task.clip, error)
            codes.append(failed.exit_code)
            yield failed
    return overall(codes)


def failure(clip: str, error: Exception) -> Failed:
    """What an exception means to the user; its details go to the log alone."""
    if not isinstance(error, BlurError):
        log.debug("an error that Blur does not name", exc_info=error)
        error = BlurError(f"unexpected {type(error).__name__}")
    return Failed(clip, error.name, printable(error.message), printable(error.hint), error.exit_code)


def overall(codes: Sequence[int]) -> int:
    """One exit code for many clips."""
    good = [code in (EXIT_OK, EXIT_LOOK) for code in codes]
    if any(good) and not all(good):
        return EXIT_BATCH
    return max(codes, default=EXIT_OK)
