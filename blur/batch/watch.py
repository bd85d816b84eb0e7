"""Takes what appears in a folder, once it is completely written, for as long as it is let run."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import TypeAlias

from blur.batch.commands import anonymise_all
from blur.batch.discover import Found, discover
from blur.batch.naming import Names
from blur.batch.pool import patient
from blur.batch.run import overall
from blur.errors import EXIT_OK, Interrupted, UnreadableError, UsageError
from blur.events import Event, Notice, Steps, tapped
from blur.sandbox.sandbox import Sandbox
from blur.settings import Settings
from blur.text import printable

EVERY = 1.0
"""Seconds between two looks at the folder."""
SETTLED = 5.0
"""Seconds for which size and time of a file stay the same before it counts as completely written."""
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp")
"""Endings under which programs write what they rename once it is whole."""

Stamp: TypeAlias = tuple[int, int]
"""Bytes of a file, and when it was changed, in nanoseconds."""


class Arrivals:
    """Which files of a folder are completely written and were not taken yet."""

    def __init__(self) -> None:
        self._since: dict[Path, tuple[Stamp, float]] = {}
        self._taken: dict[Path, Stamp] = {}

    def ready(self, there: Mapping[Path, Stamp], now: float) -> frozenset[Path]:
        """Takes what is ready, once. What is gone is forgotten, so that a card may be put in again.

        Args:
            there: the files that are there.
            now: seconds of a clock that is never set.
        """
        before = self._since
        self._since = {
            path: before[path] if path in before and before[path][0] == stamp else (stamp, now)
            for path, stamp in there.items()
        }
        self._taken = {path: stamp for path, stamp in self._taken.items() if path in there}
        found = frozenset(
            path
            for path, (stamp, since) in self._since.items()
            if stamp[0] > 0 and now - since >= SETTLED and self._taken.get(path) != stamp
        )
        self._taken |= {path: there[path] for path in found}
        return found


def watch(
    folder: Path,
    output: Path,
    settings: Settings,
    *,
    name: Names = "neutral",
    sandbox: Sandbox | None = None,
    journal: Path | None = None,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> Generator[Event, None, int]:
    """The events of all that appears in a folder, until Ctrl-C; then the exit code of all.

    A file that could not be read is tried again when it changes or comes back. By the journal nothing is
    done twice, also after a restart.

    Raises:
        UsageError: ``folder`` is none, or both are one.
    """
    if not folder.is_dir():
        raise UsageError(f"{printable(folder.name)} is no folder", "Name the folder to watch.")
    if output.exists() and output.samefile(folder):
        raise UsageError("results would appear in the watched folder", "Name another one with -o.")
    arrivals, codes, there = Arrivals(), {EXIT_OK}, True
    yield Notice("", "watching", f"Watching {printable(folder.name)}. Press Ctrl-C to end.")
    with patient() as asked_to_end:  # also between two clips
        while not asked_to_end():
            found = _found(folder, output, name)
            if there != (found is not None):
                there = found is not None
                said = "is back" if there else "is gone or cannot be read; waiting for it"
                yield Notice("", "watching", f"{printable(folder.name)} {said}.")
            ready = arrivals.ready(_stamps(found), now())
            jobs = tuple(job for job in found.jobs if job.source in ready) if found else ()
            if jobs:
                events = anonymise_all(
                    Found(jobs, many=True), settings, force=False, sandbox=sandbox, journal=journal
                )
                code, stopped = yield from _heard(events)
                if stopped:
                    return code
                codes.add(code)
            try:
                sleep(EVERY)
            except KeyboardInterrupt:
                break
    return overall(sorted(codes - {EXIT_OK}))


def _heard(events: Steps[int]) -> Steps[tuple[int, bool]]:
    """The same events; their exit code, and whether they were asked to stop."""
    asked = []

    def tap(event: Event) -> Event:
        if isinstance(event, Notice) and event.code == "stopping":
            asked.append(event)
        return event

    code = yield from tapped(events, tap)
    return code, bool(asked) or code == Interrupted.exit_code


def _found(folder: Path, output: Path, name: Names) -> Found | None:
    """What lies in the folder and is no unfinished download; None where it cannot be read."""
    if not folder.is_dir():
        return None
    try:
        found = discover([folder], f"{output}/", name)
    except UnreadableError:
        return None
    except UsageError:
        return Found(())
    return Found(
        tuple(job for job in found.jobs if job.source.suffix.lower() not in _UNFINISHED), found.skipped
    )


def _stamps(found: Found | None) -> dict[Path, Stamp]:
    stamps = {}
    for job in found.jobs if found else ():
        try:
            told = job.source.stat()
        except OSError:
            continue  # gone in between
        stamps[job.source] = told.st_size, told.st_mtime_ns
    return stamps
