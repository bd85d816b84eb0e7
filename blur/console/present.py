"""Events as people and programs read them."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from fractions import Fraction
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from blur.batch.report import as_text
from blur.errors import Interrupted
from blur.events import Event, Failed, Finished, Notice, Progress, Stage, Started, Summary, Tally, as_json
from blur.timing import clock

if TYPE_CHECKING:
    from rich import progress

STAGES: dict[Stage, str] = {
    "probe": "reading the file",
    "analyse": "looking for faces",
    "plan": "planning",
    "render": "covering",
    "check": "checking the output",
    "publish": "publishing",
}
PLAIN_EVERY = 5.0
"""Seconds between two lines of progress where there is no terminal."""


class Presenter(Protocol):
    """Shows events until it is left."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, event: Event) -> None: ...


def present(events: Generator[Event, None, int], presenter: Presenter) -> int:
    """Shows all events and returns the exit code; an interruption ends the work and is shown too."""
    clip = ""
    with presenter, closing(events):
        try:
            while True:
                event = next(events)
                clip = event.clip
                presenter.show(event)
        except StopIteration as stop:
            return int(stop.value)
        except KeyboardInterrupt:
            events.close()
            stopped = Interrupted("stopped", "This clip was not published.")
            presenter.show(Failed(clip, stopped.name, stopped.message, stopped.hint, stopped.exit_code))
            return stopped.exit_code


def presenter(*, as_lines_of_json: bool, quiet: bool) -> Presenter:
    """What fits the call and the terminal."""
    if as_lines_of_json:
        return Json()
    if quiet:
        return Quiet()
    return Bars() if sys.stderr.isatty() else Plain()


def sentence(event: Notice | Failed | Finished | Tally | Summary) -> str:
    """An event that stays on the screen, in plain words; the second line of a failure is its hint."""
    match event:
        case Notice():
            return _of_clip(event.clip, event.message)
        case Failed():
            return f"{_of_clip(event.clip, event.message)}\n  {event.hint}"
        case Finished():
            became = f" → {event.output}" if event.output else ""
            tracks = "1 track" if event.tracks == 1 else f"{event.tracks} tracks"
            frames = "1 frame" if event.frames == 1 else f"{event.frames} frames"
            return f"{event.clip}{became} ({frames}, {tracks}, {event.seconds:.1f} s)"
        case Tally():
            return tally(event)
        case Summary():
            return as_text(event)


def tally(event: Tally) -> str:
    """How far a batch is."""
    failed = f", {event.failed} failed" if event.failed else ""
    look = f", {event.look} to look at" if event.look else ""
    return f"{event.done} of {event.total} clips done{failed}{look}"


def _of_clip(clip: str, message: str) -> str:
    """The message with the clip's name before it, unless it begins with it or is of no clip."""
    return message if message.startswith(clip) else f"{clip}: {message}"


@dataclass(slots=True)
class Pace:
    """How fast a stage goes, from when it began."""

    now: Callable[[], float] = time.monotonic
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.now()

    def text(self, done: int, total: int | None) -> str:
        """Frames, frames per second and time left, as far as they are known."""
        of = f"{done} frames" if total is None else f"{done} of {total} frames"
        elapsed = self.now() - self.began
        if done <= 0 or elapsed <= 0:
            return of
        rate = done / elapsed
        if total is None or total < done:
            return f"{of}, {rate:.0f} per second"
        return f"{of}, {rate:.0f} per second, {clock(Fraction((total - done) / rate))[:-2]} left"


class _Lines:
    """Writes lines to a stream and needs no end."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def write(self, line: str) -> None:
        # A stream that cannot show a letter, such as one in plain ASCII, gets a stand-in for it.
        encoding = self.stream.encoding or "utf-8"
        self.stream.write(line.encode(encoding, "replace").decode(encoding) + "\n")
        self.stream.flush()


class Json(_Lines):
    """Every event as one line of JSON on stdout; failures are told on stderr too."""

    def __init__(self) -> None:
        super().__init__(sys.stdout)
        self.errors = Quiet()

    def show(self, event: Event) -> None:
        self.errors.show(event)
        self.write(json.dumps(as_json(event)))


class Quiet(_Lines):
    """Only what failed."""

    def show(self, event: Event) -> None:
        if isinstance(event, Failed):
            self.write(sentence(event))


class Plain(_Lines):
    """A line for each stage and, while it lasts, one every few seconds."""

    def __init__(self, stream: TextIO | None = None, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream)
        self.now = now
        self.pace = Pace(now)
        self.told = now()

    def show(self, event: Event) -> None:
        match event:
            case Started():
                self.pace, self.told = Pace(self.now), self.now()
                self.write(f"{event.clip}: {STAGES[event.stage]}")
            case Progress():
                if self.now() - self.told >= PLAIN_EVERY:
                    self.told = self.now()
                    pace = self.pace.text(event.done, event.total)
                    self.write(f"{event.clip}: {STAGES[event.stage]}, {pace}")
            case _:
                self.write(sentence(event))


class Bars:
    """A bar for the stage at work, on a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        # Names hold whatever their owner liked, so nothing in them is taken as markup.
        self.bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[pace]}", markup=False),
            console=Console(stderr=True, highlight=False, markup=False),
            transient=True,
        )
        self.tasks: dict[str, progress.TaskID] = {}
        self.paces: dict[str, Pace] = {}
        self.stack = ExitStack()

    def __enter__(self) -> Self:
        self.stack.enter_context(self.bars)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()

    def show(self, event: Event) -> None:
        from rich.text import Text

        match event:
            case Started():
                self._clear(event.clip)
                self.paces[event.clip] = Pace()
                name = f"{event.clip}: {STAGES[event.stage]}"
                self.tasks[event.clip] = self.bars.add_task(name, total=event.total, pace="")
            case Progress():
                if event.clip in self.tasks:
                    pace = self.paces[event.clip].text(event.done, event.total)
                    self.bars.update(
                        self.tasks[event.clip], completed=event.done, total=event.total, pace=pace
                    )
            case Tally():
                # A name that no file can have, for the bar of the whole.
                whole = self.tasks.get("/")
                if whole is None:
                    whole = self.tasks["/"] = self.bars.add_task("", total=event.total, pace="")
                self.bars.update(whole, completed=event.done, description=tally(event))
            case _:
                self._clear("/" if isinstance(event, Summary) else event.clip)
                style = {Failed: "red", Notice: "yellow"}.get(type(event), "")
                self.bars.console.print(Text(sentence(event), style), soft_wrap=True)

    def _clear(self, clip: str) -> None:
        if clip in self.tasks:
            self.bars.remove_task(self.tasks.pop(clip))
            self.bars.refresh()
