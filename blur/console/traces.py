"""What `blur traces` says of a file: as data and in plain words."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from blur.batch.naming import telling
from blur.text import printable
from blur.traces.allowlist import CHECKS, check_traces
from blur.traces.source import KINDS, Trace, find_traces

SCHEMA = "blur-traces/1"
_FOREIGN_SHOWN = 12


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
    if said["clean"]:
        return f"{said['file']}: no trace. Every byte is of a kind that Blur writes."
    lines = [f"{said['file']} carries:"] if said["traces"] else [f"{said['file']}: no trace that Blur knows."]
    lines += [f"  {KINDS[trace['kind']]}: {trace['value']}  ({trace['where']})" for trace in said["traces"]]
    foreign = [printable(finding) for finding in said["foreign"] or ()]
    if foreign:
        lines.append("  What Blur would not have written:")
        lines += [f"    {finding}" for finding in foreign[:_FOREIGN_SHOWN]]
        if len(foreign) > _FOREIGN_SHOWN:
            lines.append(f"    and {len(foreign) - _FOREIGN_SHOWN} more")
    return "\n".join(lines)
