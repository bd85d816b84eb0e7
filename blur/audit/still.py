"""Does a finished photo open, whole and at its size?"""

from __future__ import annotations

from pathlib import Path

from blur.errors import AuditError, InputError
from blur.events import Started, Steps
from blur.media.stills import probe_still, read_still
from blur.plan.model import Pts
from blur.text import printable
from blur.timing import TimeBase


def check_still_opens(path: Path, _pts: Pts, _time_base: TimeBase, width: int, height: int) -> Steps[None]:
    """Decodes the finished photo as `check_playback` does a clip.

    Raises:
        AuditError: it cannot be decoded, holds several pictures or has another size.
    """
    yield Started(printable(path.name), "check")
    try:
        photo = probe_still(path)
        read_still(photo)
    except InputError as error:
        raise AuditError(f"the output cannot be opened: {error.message}") from error
    if (photo.width, photo.height) != (width, height):
        raise AuditError(f"the output measures {photo.width}x{photo.height}, not {width}x{height}")
