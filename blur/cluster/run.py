"""A batch that is given out to workers, by the run that has the footage and publishes what they make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from blur.batch.commands import Named
from blur.cluster import quiet
from blur.cluster.address import Address
from blur.cluster.giving import NOBODY, Giving
from blur.cluster.keys import FILES
from blur.cluster.seal import narrow
from blur.events import Event, Notice
from blur.media.workplace import private_folder, sweep
from blur.outputs import made_folder, named_errors
from blur.settings import Settings


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where and how a batch is given out; called with its clips, it yields what workers tell of them.

    Attributes:
        place: this machine's own address.
        keys: the folder ``run`` of what ``blur cluster keys`` made.
        root: the folder that workers may see too.
        writes: folders that this run writes to beside those of the outputs.
    """

    place: Address
    keys: Path
    root: Path
    settings: Settings
    force: bool
    writes: tuple[Path, ...]

    def __call__(
        self, jobs: Sequence[Named], order: Iterator[int], stopped: Callable[[], bool]
    ) -> Iterator[tuple[int, Event | int]]:
        """The events of clips, with their numbers, the exit code last; of none, with NOBODY.

        Clips are given out only as workers are free, so that a stop leaves the rest untouched, and a slow
        worker holds up no clip but its own. Raises UsageError where keys do not hold or nothing can listen
        at the address, MissingError and OutputError.
        """
        with ExitStack() as stack:
            folders = list(dict.fromkeys(job.target.parent for _, job in jobs))
            tops = [_there(folder) for folder in folders]
            with named_errors():
                for folder in folders:
                    stack.enter_context(made_folder(folder))
                    stack.callback(sweep, folder)
                own = stack.enter_context(private_folder(folders[0]))
            reads = [job.source for _, job in jobs] + [self.keys.absolute() / name for name in FILES]
            said = narrow(self.place, "answer", own, reads, [*folders, *self.writes], tops)
            quiet.load()
            giving = stack.enter_context(Giving(self, jobs, own))
            yield NOBODY, Notice("", "cluster", f"{said} Waiting for workers.")
            yield from giving.all(order, stopped)


def _there(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())
