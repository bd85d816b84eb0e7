"""Names for outputs that tell nothing of the camera, the day or the owner of a phone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias, get_args

Names: TypeAlias = Literal["keep", "neutral"]
NAMES: tuple[Names, ...] = get_args(Names)
Order: TypeAlias = Literal["given", "newest", "smallest"]
"""What is worked on first."""
ORDERS: tuple[Order, ...] = get_args(Order)

NEUTRAL = "blurred-"

# Four figures in a row are a camera's number, a date or a time; the rest is how phones, cameras and
# messengers begin the names that they give.
_TELLING = re.compile(
    r"\d{4}|\d\d[-_. ]\d\d[-_. ]\d\d"
    r"|^(img|vid|mvi|mov|dsc|dji|pxl|gopr|gx|gh|mah|screen|trim|whatsapp|signal|telegram|tg)[-_ 0-9]",
    re.IGNORECASE,
)


def telling(stem: str) -> bool:
    """Whether a name looks as if a camera, a phone or a messenger had given it."""
    return _TELLING.search(stem) is not None


def is_neutral(stem: str) -> bool:
    """Whether an output of an earlier run may have this name."""
    return re.fullmatch(rf"{NEUTRAL}\d+", stem) is not None


def numbered(targets: Sequence[Path], first: int = 1) -> list[Path]:
    """The targets with numbers for names, each in its folder and with its suffix."""
    width = len(str(first + len(targets) - 1))
    return [
        target.with_name(f"{NEUTRAL}{number:0{width}}{target.suffix}")
        for number, target in enumerate(targets, first)
    ]


def free_number(folder: Path) -> int:
    """One more than the largest number of a neutral name in a folder; 1 where there is none."""
    try:
        stems = [path.stem for path in folder.iterdir()]
    except OSError:
        return 1  # it will be made, or told of when it is written to
    return max((int(stem.removeprefix(NEUTRAL)) for stem in stems if is_neutral(stem)), default=0) + 1
