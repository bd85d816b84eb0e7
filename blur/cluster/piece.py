"""One order on a worker: it stands on standard input, and is worked on by a sealed and confined process."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from blur.batch.commands import anonymise_all
from blur.batch.discover import Found, Job
from blur.batch.journal import as_settings
from blur.batch.run import Task, run_all
from blur.cluster.stretches import Stretch, covered, looked, planned, probed, whole
from blur.errors import UsageError
from blur.events import Event
from blur.sandbox.confine import Reach
from blur.sandbox.sandbox import Sandbox

Step: TypeAlias = Literal["whole", "probe", "look", "plan", "cover"]


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is asked for.

    Attributes:
        number: no two orders of a run have the same.
        step: to make the clip; or of a long one, to say where it may be cut, to look for faces in a stretch,
            to plan, or to cover a stretch.
        name: what the clip's file is called.
        below: where it lies below the batch's folder, for workers that see that folder too.
        content: the sha256 of its bytes, in hexadecimal.
        size: in bytes.
        kind: the ending of what is to be made of it.
        settings: as text of the journal.
        length: of a stretch, in seconds at least.
        stretch: to look at or to cover, and its ``place`` among the clip's.
        seen, plan, made: the sha256 of what was seen of each stretch, of the plan, and of what was made of
            each stretch, as far as the step needs them.
    """

    number: int
    step: Step
    name: str
    below: str
    content: str
    size: int
    kind: str
    settings: str
    length: int
    stretch: Stretch = (None, None)
    place: int = 0
    seen: tuple[str, ...] = ()
    plan: tuple[str, ...] = ()
    made: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """An order as the child reads it: with files that are there in place of hashes."""

    step: Step
    source: str
    target: str
    settings: str
    length: int
    stretch: Stretch
    seen: list[str]
    plan: list[str]
    made: list[str]

    def told(self) -> bytes:
        return json.dumps(asdict(self)).encode()


def events(stdin: BinaryIO, sandbox: Sandbox | None) -> Generator[Event, None, int]:
    """The events of the piece that stands on standard input, and its exit code.

    Raises UsageError where none stands there.
    """
    try:
        piece = Piece(**json.loads(stdin.read()))
        settings, _ = as_settings(piece.settings)
        source, target, (first, end) = Path(piece.source), Path(piece.target), piece.stretch
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError("this is for workers of a cluster", "See: blur cluster --help") from error
    if piece.step == "whole" and not piece.seen:
        return anonymise_all(Found((Job(source, target),)), settings, force=False, sandbox=sandbox)
    seen, plan, made = ([Path(path) for path in paths] for paths in (piece.seen, piece.plan, piece.made))
    match piece.step:
        case "whole":
            steps = partial(whole, source, target, settings, seen, plan[0], made)
        case "probe":
            steps = partial(probed, source, target, piece.length)
        case "look":
            steps = partial(looked, source, target, settings, (first, end))
        case "plan":
            steps = partial(planned, target, settings, seen)
        case "cover":
            steps = partial(covered, source, target, settings, plan[0], (first, end))
    published, written = ([target], []) if piece.step == "whole" else ([], [target])
    starts = piece.step == "whole" and settings.audio != "remove"
    reach = Reach.to([source, *seen, *plan, *made], published, written, starts=starts)
    return run_all([Task(source.name, steps)], sandbox, reach)
