"""Whether a finished output holds anything but what Blur writes, whatever its container."""

from __future__ import annotations

from pathlib import Path

from blur.traces.boxes import check_boxes
from blur.traces.matroska import check_elements
from blur.traces.stills import STILL_SUFFIXES, check_still

CHECKS = {
    ".mp4": check_boxes,
    ".mkv": check_elements,
    ".webm": check_elements,
    **dict.fromkeys(STILL_SUFFIXES, check_still),
}
"""How each kind of output is checked, by its name's ending."""


def check_traces(path: Path) -> list[str]:
    """Everything in an output that Blur's writers would not have made, in plain words.

    Returns:
        Findings; an empty list for a file without a trace. A kind of file for which there is no
        check is a finding, so that it is never published.

    Raises:
        OSError: the file cannot be read.
    """
    check = CHECKS.get(path.suffix.lower())
    return check(path) if check else [f"nothing can check a file that ends in {path.suffix or 'nothing'}"]
