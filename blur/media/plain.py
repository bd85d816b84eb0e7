"""What can be read to its end."""

from __future__ import annotations

import stat
from pathlib import Path


def has_an_end(path: Path) -> bool:
    """Whether the path leads to a regular file with bytes in it.

    Pipes and devices would be waited for, and so would some of /proc's files, which are regular,
    empty and endless. Raises OSError, or ValueError for what can be no name.
    """
    status = path.stat()
    return stat.S_ISREG(status.st_mode) and status.st_size > 0
