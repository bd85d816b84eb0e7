"""Runs tasks, several at once where that pays; what breaks one never stops the rest."""

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

from blur.batch.pool import patient, side_by_side, work
from blur.errors import EXIT_BATCH, EXIT_LOOK, EXIT_OK, BlurError, CrashedError, Interrupted
from blur.events import Event, Failed, Notice, Steps, named
from blur.media.workplace import PRIVATE, private_folder, sweep
from blur.outputs import made_folder
from blur.pipeline import Outcome
from blur.sandbox.confine import NOTHING, Reach
from blur.sandbox.sandbox import Here, Lane, Sandbox
from blur.sandbox.worker import Piece
from blur.text import printable

if TYPE_CHECKING:
    from blur.batch.resume import Run

STOPPING = "Stopping after the clips in hand. Press Ctrl-C again to stop at once."

log = logging.getLogger(__name__)

Told: TypeAlias = Iterator[tuple[int, Event | int]]
"""What is told of pieces, with their numbers; of each its exit code last."""


@dataclass(frozen=True, slots=True)
class Task:
    """The work on one clip, begun by calling ``steps``."""

    clip: str
    steps: Callable[[], Steps[Outcome]]


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
        failed = failure(task.clip, error)
        yield failed
        return failed.exit_code
    return outcome.exit_code


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
