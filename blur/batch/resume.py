"""Going on where an earlier run stopped: which clips are done, and under which names the rest appear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from blur.batch.discover import Job
from blur.batch.journal import Journal, Left, choice
from blur.batch.naming import NEUTRAL, free_number, is_neutral
from blur.errors import EXIT_LOOK, EXIT_OK
from blur.events import Event, Failed, Notice, Started
from blur.media.draft import CHANGED
from blur.settings import Settings
from blur.text import printable


@dataclass(slots=True)
class Run:
    """A batch with its journal: asked before each clip, told after each event.

    ``jobs`` carry the names under which their results appear, those that an earlier run gave where it
    left some.
    """

    jobs: Sequence[Job]
    _journal: Journal
    _batch: int
    _choice: bytes
    _force: bool
    _left: Mapping[Path, Left]
    _before: Mapping[Path, frozenset[bytes]]
    _contents: dict[int, bytes] = field(default_factory=dict)
    _began: set[int] = field(default_factory=set)

    @classmethod
    def begun(cls, journal: Journal, jobs: Sequence[Job], settings: Settings, *, force: bool) -> Run:
        """Opens a batch in the journal."""
        jobs = [Job(job.source.absolute(), job.target.absolute()) for job in jobs]
        left = journal.left(settings)
        jobs = jobs if force else _renamed(jobs, left)
        before = {
            folder: frozenset(map(journal.name, _listed(folder)))
            for folder in {job.target.parent for job in jobs}
        }
        batch = journal.begin(jobs, settings, force=force)
        return cls(jobs, journal, batch, choice(settings), force, left, before)

    def done(self, index: int) -> tuple[Notice, int] | None:
        """Why a clip need not be worked on, and its exit code; None where it must be.

        To be asked just before the work on it begins, which it takes down.
        """
        done = self._done(index)
        job = self.jobs[index]
        if done is None and not job.target.exists():
            # Taken down before it begins: whatever lies there after a kill was then published by this run.
            self._began.add(index)
            self._journal.note(self._batch, job.source, "probe")
        return done

    def _done(self, index: int) -> tuple[Notice, int] | None:
        job = self.jobs[index]
        content = self._content(index)
        if self._force:
            return None
        left = self._left.get(job.source)
        outputs = {} if content is None else self._journal.outputs(content, self._choice)
        # The clip of an earlier run's own has its own output, even where it is a copy of another.
        there = frozenset[bytes]() if left else self._before[job.target.parent]
        if job.target.exists():
            there |= {self._journal.name(job.target)}
        name, output = printable(job.source.name), printable(job.target.name)
        if made := outputs.keys() & there:
            self._journal.finish(self._batch, job, None, self._choice, EXIT_OK)
            code = max(outputs[each] for each in made)
            return Notice(name, "done-before", "Left alone: done before, with the same settings."), code
        if left and left.stage and not left.error and _is_output(job.target):
            if content is not None:
                self._journal.finish(self._batch, job, content, self._choice, EXIT_LOOK)
            lost = f"{output} was published just as the earlier run ended, and what was said of it is lost."
            return Notice(name, "done-unsaid", lost), EXIT_LOOK
        return None

    def _content(self, index: int) -> bytes | None:
        """The hash of a clip, None where it cannot be read: the work itself says better what is wrong."""
        if index not in self._contents:
            with suppress(OSError):
                self._contents[index] = self._journal.content(self.jobs[index].source)
        return self._contents.get(index)

    def tell(self, index: int, event: Event) -> None:
        """Takes down what an event means for a clip."""
        if isinstance(event, Started) and index in self._began:
            self._journal.note(self._batch, self.jobs[index].source, event.stage)
        elif isinstance(event, Failed):
            self._journal.fail(self._batch, self.jobs[index].source, event.error)

    def end(self, index: int, code: int) -> None:
        """Takes down how a clip ended. What failed stays, to be tried again.

        So does a published one that cannot be read any more: by its begin its output is known as its own.
        """
        if code in (EXIT_OK, EXIT_LOOK) and (content := self._content(index)) is not None:
            self._journal.finish(self._batch, self.jobs[index], content, self._choice, code)


def _renamed(jobs: Sequence[Job], left: Mapping[Path, Left]) -> list[Job]:
    """The jobs with the names that an earlier run gave, and with free numbers where theirs are taken."""
    given = [Job(job.source, left[job.source].job.target) if job.source in left else job for job in jobs]
    taken = {job.target for job in given if job.source in left}
    highest: dict[Path, int] = {}
    for job in given:
        folder = job.target.parent
        if is_neutral(job.target.stem):
            number = int(job.target.stem.removeprefix(NEUTRAL))
            highest[folder] = max(highest.get(folder, free_number(folder) - 1), number)
    renamed = []
    for job in given:
        path = job.target
        if job.source not in left and is_neutral(path.stem) and (path.exists() or path in taken):
            highest[path.parent] += 1
            path = path.with_name(f"{NEUTRAL}{highest[path.parent]}{path.suffix}")
        renamed.append(Job(job.source, path))
    return renamed


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []  # it will be made, or told of when it is written to


def _is_output(path: Path) -> bool:
    """Whether a file carries the time that Blur gives its outputs."""
    try:
        return int(path.stat().st_mtime) == CHANGED
    except OSError:
        return False
