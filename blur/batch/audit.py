"""Auditing a file that is there already, and telling what was found."""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from blur.batch.run import Task, run_all
from blur.errors import EXIT_LOOK, EXIT_OK, AuditError, UsageError
from blur.events import Event, Finished, Notice, Steps
from blur.media.draft import Draft, same_file
from blur.outputs import named_errors
from blur.pipeline import Outcome
from blur.plan.watch import grave, these_seconds
from blur.sandbox.confine import Reach
from blur.sandbox.sandbox import Sandbox
from blur.settings import Settings
from blur.text import printable

if TYPE_CHECKING:
    from blur.audit.examine import Examination

SHOWN = 6


def audit_one(
    path: Path,
    source: Path | None,
    plan_file: Path | None,
    settings: Settings,
    report_file: Path | None = None,
    *,
    sandbox: Sandbox | None = None,
) -> Generator[Event, None, int]:
    """The events of auditing a file.

    The exit code is 5 where it traces somebody or is not what was planned, 4 where faces may be
    seen, 0 where nothing was found. A report replaces an earlier one of that name.
    """
    name = printable(path.name)

    def steps() -> Steps[Outcome]:
        from blur.audit.examine import examine
        from blur.plan.store import load
        from blur.report.store import check_name, save
        from blur.report.summary import summarise_audit

        if report_file is not None:
            check_name(report_file)
        began = time.monotonic()
        plan = None if plan_file is None else load(plan_file)
        examined = yield from examine(path, source, plan, settings)
        yield from _told(name, examined)
        code = _exit_code(examined)
        if report_file is not None:
            problems = [*examined.faults, *examined.traces]
            report = summarise_audit(name, examined.plan, settings, code, problems)
            with named_errors("the report"), Draft(report_file, force=True, private=True) as draft:
                save(report, draft.path, path, examined.plan)
                draft.publish()
        seconds = round(time.monotonic() - began, 3)
        yield Finished(name, None, len(examined.plan.pts), len(examined.plan.tracks), seconds, code)
        return Outcome(None, len(examined.plan.pts), len(examined.plan.tracks), code)

    if settings.private and report_file is None:
        raise UsageError("--private is for a report", "Name its file with --report.")
    read = [file for file in (path, source, plan_file) if file is not None]
    if report_file is not None and any(same_file(report_file, file) for file in read):
        raise UsageError("the report would replace what it is about", "Name another file with --report.")
    written = [] if report_file is None else [report_file]
    return run_all([Task(name, steps)], sandbox, Reach.to(read, written, replaces=True))


def _exit_code(examined: Examination) -> int:
    if examined.traces or examined.faults:
        return AuditError.exit_code
    return EXIT_LOOK if examined.findings else EXIT_OK


def _told(name: str, examined: Examination) -> Steps[None]:
    for fault in examined.faults:
        yield Notice(name, "fault", f"Not as planned: {fault}.")
    if examined.traces:
        shown = [printable(trace) for trace in examined.traces[:SHOWN]]
        rest = len(examined.traces) - len(shown)
        more = f" and {rest} more; see blur traces" if rest else ""
        yield Notice(name, "traces", f"It holds what could trace the filmer: {', '.join(shown)}{more}.")
    if examined.sound:
        yield Notice(
            name, "sound", "It holds sound: voices identify people, and so do names that are called."
        )
    look = grave(examined.plan)
    photo = len(examined.plan.pts) == 1
    if examined.findings and photo:  # which has no times
        yield Notice(name, "faces", "Faces may be seen. Look at it closely.")
    elif examined.findings and look:
        yield Notice(name, "faces", f"Faces may be seen. Watch {these_seconds(examined.plan, look)}.")
    elif not examined.faults and not examined.traces:
        look_too = "look at it" if photo else "watch it"
        yield Notice(name, "clean", f"No face and no trace was found. That is no proof: {look_too} yourself.")
