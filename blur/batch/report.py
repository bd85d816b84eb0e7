"""What a person needs to know of many clips: how far they are, and at which to look first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from blur.errors import EXIT_LOOK, OutputError
from blur.events import Event, Failed, Finished, Notice, Row, Summary, Tally, Verdict, tapped
from blur.media.draft import Draft
from blur.outputs import named_errors
from blur.text import printable

SCHEMA = "blur-report/1"
ORDER: tuple[Verdict, ...] = ("failed", "look", "published", "skipped")
"""What to look at first."""


def labels(sources: Sequence[Path]) -> list[str]:
    """What clips are called: their names, with as much of their folders as tells them apart."""
    names = [printable(source.name) for source in sources]
    depth = 1
    while len(set(names)) < len(set(sources)) and depth < max(len(source.parts) for source in sources):
        depth += 1
        taken = Counter(names)
        names = [
            printable("/".join(source.parts[-depth:])) if taken[name] > 1 else name
            for source, name in zip(sources, names, strict=True)
        ]
    return names


def counted(events: Generator[Event, None, int], total: int) -> Generator[Event, None, int]:
    """The same events, with a Tally after each clip that ended and a Summary after the last."""
    rows: list[Row] = []
    looks: dict[str, str] = {}
    with closing(events):
        while True:
            try:
                event = next(events)
            except StopIteration as stop:
                rows.sort(key=lambda row: ORDER.index(row.verdict))
                yield Summary("", tuple(rows), total - len(rows))
                return int(stop.value)
            yield event
            if isinstance(event, Notice) and event.code == "look":
                looks[event.clip] = event.message
            if row := _row(event, looks):
                rows.append(row)
                taken = Counter(row.verdict for row in rows)
                yield Tally("", len(rows), total, taken["failed"], taken["look"])


def reported(events: Generator[Event, None, int], path: Path) -> Generator[Event, None, int]:
    """The same events; their Summary is written to a file too. Raises OutputError, at once if it is there."""
    if path.exists():
        raise OutputError(f"{printable(path.name)} is there already", "Name another file with --report.")

    def tap(event: Event) -> Event:
        if isinstance(event, Summary):
            write(event, path)
        return event

    return tapped(events, tap)


def write(summary: Summary, path: Path) -> None:
    """Writes a batch's report, readable by nobody else: JSON where the name ends so, else plain text.

    Raises OutputError where it cannot be written, or is there already.
    """
    rows = [asdict(row) for row in summary.rows]
    told = {"schema": SCHEMA, "left": summary.left, "clips": rows}
    text = json.dumps(told, indent=1) if path.suffix.lower() == ".json" else as_text(summary)
    with named_errors("the report"), Draft(path, force=False, private=True) as draft:
        draft.path.write_text(text + "\n", encoding="utf-8")
        draft.publish()


def as_text(summary: Summary) -> str:
    """The rows as lines, worst first, and what they come to."""
    lines = [
        f"  {row.verdict:<9}  {_became(row)}" + (f"\n             {row.why}" if row.why else "")
        for row in summary.rows
    ]
    taken = Counter(row.verdict for row in summary.rows)
    counts = [f"{taken[verdict]} {_WORDS[verdict]}" for verdict in ORDER if taken[verdict]]
    left = [f"{summary.left} left"] if summary.left else []
    return "\n".join([*lines, f"{len(summary.rows) + summary.left} clips: {', '.join([*counts, *left])}"])


_WORDS = {"failed": "failed", "look": "to look at", "published": "published", "skipped": "done before"}


def _became(row: Row) -> str:
    return row.clip + (f" → {row.output}" if row.output else "")


def _row(event: Event, looks: dict[str, str]) -> Row | None:
    """The row of a clip that an event ends, None for all other events."""
    match event:
        case Failed():
            return Row(event.clip, "failed", None, 0.0, f"{event.message}. {event.hint}")
        case Finished():
            verdict: Verdict = "look" if event.exit_code == EXIT_LOOK else "published"
            return Row(event.clip, verdict, event.output, event.seconds, looks.get(event.clip, ""))
        case Notice(code="done-before"):
            return Row(event.clip, "skipped", None, 0.0, "")
        case Notice(code="done-unsaid"):
            return Row(event.clip, "look", None, 0.0, event.message)
        case _:
            return None
