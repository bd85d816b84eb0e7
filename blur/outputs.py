"""Where a run writes: what it may not overwrite, its private files, and what the system says against them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from itertools import combinations
from pathlib import Path

from blur.engine import Draft, Engine
from blur.errors import OutputError, UsageError
from blur.media import draft


class Drafts:
    """The private files that one output takes, by what for; each is made when it is first asked for."""

    def __init__(self, stack: ExitStack, make: Callable[[], AbstractContextManager[Draft]]) -> None:
        self._stack = stack
        self._make = make
        self._made: dict[str, Draft] = {}
        # At once, so that a taken name or a locked folder shows before the long work.
        self.of("picture 0")

    def of(self, purpose: str) -> Draft:
        if purpose not in self._made:
            self._made[purpose] = self._stack.enter_context(self._make())
        return self._made[purpose]


@contextmanager
def drafts_for(engine: Engine, target: Path, force: bool) -> Iterator[Drafts]:
    with made_folder(target.parent), ExitStack() as stack:
        yield Drafts(stack, lambda: engine.draft(target, force))


@contextmanager
def private_draft(path: Path | None, force: bool) -> Iterator[Draft | None]:
    """The draft of a plan or a report, which stays the user's alone; None where none was asked for."""
    if path is None:
        yield None
    else:
        with draft.Draft(path, force, private=True) as made:
            yield made


def publish_all(drafts: Sequence[Draft | None]) -> None:
    """Gives finished drafts their names, in this order; none of them where the disk has no room for all."""
    made = [each for each in drafts if each is not None]
    for each in made:
        each.secure()
    for each in made:
        each.publish()


def refuse_overwriting(source: Path, target: Path, further: Sequence[Path | None]) -> None:
    """Raises UsageError where a file to be written is the original, or two of them are one."""
    also = [path for path in further if path is not None]
    if any(_same(source, path) for path in (target, *also)):
        raise UsageError("the output is the original", "Name another file; Blur never changes an original.")
    if any(_same(a, b) for a, b in combinations((target, *also), 2)):
        raise UsageError("the plan, the report and the output are one file", "Name another file for each.")


def _same(a: Path, b: Path) -> bool:
    """Whether two names lead, or would lead, to one file; also through links."""
    if a.exists() and b.exists():
        return a.samefile(b)
    return os.path.realpath(a) == os.path.realpath(b)  # resolve() fails for links that go in circles


@contextmanager
def made_folder(path: Path, mode: int = 0o777) -> Iterator[None]:
    """Makes a folder and the ones above it; those that it made and that stay empty are gone afterwards."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        path.mkdir(mode, parents=True, exist_ok=True)
        yield
    finally:
        for folder in missing:
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def named_errors(what: str = "the output") -> Iterator[None]:
    """Turns what the system says about space and permission for ``what`` into named errors."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise OutputError(f"there is no space left for {what}") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise OutputError(f"there is no permission to write {what}") from error
        if error.errno in (errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG):
            raise OutputError(f"{what} cannot be made under this name") from error
        raise
