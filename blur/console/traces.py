"""What `blur traces` says of a file: as data and in plain words."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import click

from blur.batch.naming import telling
from blur.batch.run import Task, overall, run_all
from blur.console.present import Json, Plain, present
from blur.errors import EXIT_OK
from blur.events import Event, Notice, Steps
from blur.media.container import check_regular
from blur.pipeline import Outcome
from blur.sandbox.confine import Reach
from blur.sandbox.limits import fit
from blur.sandbox.sandbox import Sandbox
from blur.text import printable
from blur.traces.allowlist import CHECKS, check_traces
from blur.traces.source import KINDS, Trace, find_traces

SCHEMA = "blur-traces/1"
FOUND = "traces"
"""Code of the notice that bears a report."""
_FOREIGN_SHOWN = 12


def look(files: Sequence[Path], sandbox: Sandbox | None = None) -> Generator[Event, None, int]:
    """The events of looking through files: of each a notice FOUND, its report as JSON, or a failure.

    They come in order, and in a sandbox each is read by a child that reaches nothing else.
    """
    codes = []
    for file in files:
        task = Task(printable(file.name), partial(_steps, file))
        codes.append((yield from run_all([task], sandbox, Reach.to([file]))))
    return overall(codes)


def _steps(file: Path) -> Steps[Outcome]:
    check_regular(file)
    fit(file, 0)
    said = report(file)
    yield Notice(said["file"], FOUND, json.dumps(said))
    return Outcome(None, 0, 0, EXIT_OK)


class InWords(Plain):
    """Reports in plain words on stdout, all else on stderr."""

    def show(self, event: Event) -> None:
        if isinstance(event, Notice) and event.code == FOUND:
            click.echo(as_text(json.loads(event.message)))
        else:
            super().show(event)


class InJson(Json):
    """Reports as they are, a line for each."""

    def show(self, event: Event) -> None:
        if isinstance(event, Notice) and event.code == FOUND:
            self.write(json.dumps(json.loads(event.message)))
        else:
            super().show(event)


def tell(files: Sequence[Path], sandbox: Sandbox | None, *, as_json: bool) -> int:
    """Tells of all files, and returns the exit code."""
    return present(look(files, sandbox), InJson() if as_json else InWords())


def report(path: Path) -> dict[str, Any]:
    """What a video carries, as JSON: no folder, nothing of its pictures.

    ``traces`` is what is known to lead to people, places or devices; ``foreign`` what is not on the
    list of what Blur writes, or None for a kind of file that Blur never writes; ``clean`` whether
    there is neither.

    Raises:
        InputError: the file cannot be opened as a video.
    """
    found = find_traces(path)
    if telling(path.stem):
        found += (Trace("name", "the file's own", printable(path.name)),)
    traces = [asdict(trace) for trace in found]
    foreign = check_traces(path) if path.suffix.lower() in CHECKS else None
    return {
        "schema": SCHEMA,
        "file": printable(path.name),
        "clean": not traces and foreign == [],
        "traces": traces,
        "foreign": foreign,
    }


def as_text(said: dict[str, Any]) -> str:
    """The report in plain words, a line for each trace."""
    name = printable(said["file"])
    if said["clean"]:
        return f"{name}: no trace. Every byte is of a kind that Blur writes."
    lines = [f"{name} carries:"] if said["traces"] else [f"{name}: no trace that Blur knows."]
    lines += [
        f"  {KINDS[trace['kind']]}: {printable(trace['value'])}  ({printable(trace['where'])})"
        for trace in said["traces"]
    ]
    foreign = [printable(finding) for finding in said["foreign"] or ()]
    if foreign:
        lines.append("  What Blur would not have written:")
        lines += [f"    {finding}" for finding in foreign[:_FOREIGN_SHOWN]]
        if len(foreign) > _FOREIGN_SHOWN:
            lines.append(f"    and {len(foreign) - _FOREIGN_SHOWN} more")
    return "\n".join(lines)
