"""One clip on a worker: an order on standard input, the work in a process that is sealed and confined."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from blur.batch.discover import Found, Job
from blur.batch.journal import as_settings
from blur.batch.run import anonymise_all
from blur.errors import UsageError
from blur.events import Event
from blur.sandbox.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is asked for.

    Attributes:
        index: of the clip in the batch.
        name: what the clip's file is called.
        below: where it lies below the batch's folder, for workers that see that folder too.
        content: the sha256 of its bytes, in hexadecimal.
        size: in bytes.
        kind: the ending of what is to be made of it.
        settings: as text of the journal.
    """

    index: int
    name: str
    below: str
    content: str
    size: int
    kind: str
    settings: str


def told(source: Path, target: Path, settings: str) -> bytes:
    """The order for the child, as it reads it."""
    return json.dumps({"source": str(source), "target": str(target), "settings": settings}).encode()


def events(stdin: BinaryIO, sandbox: Sandbox | None) -> Generator[Event, None, int]:
    """The events of the clip that stands on standard input, and its exit code.

    Raises UsageError where no order stands there.
    """
    try:
        order = json.loads(stdin.read())
        job = Job(Path(order["source"]), Path(order["target"]))
        settings, _ = as_settings(order["settings"])
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError("this is for workers of a cluster", "See: blur cluster --help") from error
    return anonymise_all(Found((job,)), settings, force=False, sandbox=sandbox)
