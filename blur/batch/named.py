"""What the user named: paths, patterns that no shell expanded, and a list on standard input."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from blur.errors import UsageError
from blur.text import printable

LIST = Path("-")


def expanded(named: Sequence[Path], stdin: BinaryIO) -> list[Path]:
    """The paths that are meant, in the order in which they were named.

    ``-`` stands for those that stand on standard input, one a line, or with a null byte after each, as
    ``find -print0`` writes them. A name with ``*``, ``?`` or ``[`` that no file has is a pattern, in
    which ``**`` stands for any folders.

    Raises UsageError where a pattern fits nothing.
    """
    return [path for name in named for path in (_listed(stdin) if name == LIST else _fitting(name))]


def _listed(stdin: BinaryIO) -> Iterator[Path]:
    content = stdin.read()
    for line in content.split(b"\0") if b"\0" in content else content.splitlines():
        if line:
            yield Path(os.fsdecode(line))


def _fitting(name: Path) -> list[Path]:
    if not glob.has_magic(str(name)) or os.path.lexists(name):
        return [name]
    found = sorted(glob.glob(str(name), recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
    if not found:
        raise UsageError(f"nothing is called like {printable(name.name)}", "Check the pattern.")
    return [Path(path) for path in found]
