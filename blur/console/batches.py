"""What `blur batch status` says of batches that have clips left: as data and in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from blur.batch.journal import Left, Open
from blur.batch.report import labels

SCHEMA = "blur-batches/1"


def as_json(batches: Sequence[Open]) -> dict[str, Any]:
    """The open batches as JSON, without folders."""
    return {
        "schema": SCHEMA,
        "batches": [
            {
                "total": batch.total,
                "left": [
                    {"clip": name, "stage": left.stage or None, "error": left.error or None}
                    for name, left in _named(batch)
                ],
            }
            for batch in batches
        ],
    }


def as_text(batches: Sequence[Open]) -> str:
    """The open batches in plain words, a line for each clip that is left."""
    if not batches:
        return "No batch is open: everything that was begun is published, or forgotten."
    lines = []
    for batch in batches:
        lines.append(f"{batch.total - len(batch.left)} of {batch.total} clips done. Left:")
        lines += [f"  {name}: {_how(left)}" for name, left in _named(batch)]
    return "\n".join([*lines, "blur batch retry takes them up; blur batch forget forgets them."])


def _named(batch: Open) -> list[tuple[str, Left]]:
    names = labels([left.job.source for left in batch.left])
    return list(zip(names, batch.left, strict=True))


def _how(left: Left) -> str:
    if left.error:
        return f"failed ({left.error})"
    return f"stopped at {left.stage}" if left.stage else "not begun"
