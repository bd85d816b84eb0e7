"""Decodes frames for the window, in a process of their own: what a file could do to a decoder ends here."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from blur.errors import BlurError
from blur.sandbox.confine import Reach, confine
from blur.sandbox.limits import hold
from blur.text import printable

if TYPE_CHECKING:
    from blur.media.preview import Pixels

HEAD = struct.Struct("<qII")
"""Before each answer: a frame's position, width and height. Its pixels follow, see preview.Pixels."""
END, WRONG = -1, -2
"""Positions that are none: there is no frame left; something is wrong, in a text as long as the width."""


def show(orders: BinaryIO, answers: BinaryIO, *, locked: bool) -> None:
    """Answers orders until there are none.

    Args:
        orders: lines of JSON. The first: path and ``times`` of a film, see open_preview, which is answered
            by END. Each further one is answered by a frame: the first from a position on, of a size
            ``[position, [width, height]]``, or the next one: null.
        answers: what they are written to.
        locked: whether to give up all but that file, where the system can.
    """
    from blur.media.preview import open_preview  # the window reads this module, and loads no decoder

    if not (first := orders.readline()):
        return
    path, times = json.loads(first)
    if locked:
        hold(childless=True)
        confine(Reach.to([Path(path)]), {})
    try:
        with open_preview(Path(path), [Fraction(*time) for time in times]) as film:
            frames: Iterator[tuple[int, Pixels]] = iter(())
            _answer(answers, END)
            for order in map(json.loads, orders):
                frames = frames if order is None else film.frames(*order)
                found = next(frames, None)
                if found is None:
                    _answer(answers, END)
                else:
                    height, width = found[1].shape[:2]
                    _answer(answers, found[0], width, height, found[1].tobytes())
    except (BlurError, OSError) as error:
        said = printable(str(error)).encode(errors="replace")
        _answer(answers, WRONG, len(said), 0, said)


def _answer(answers: BinaryIO, position: int, width: int = 0, height: int = 0, body: bytes = b"") -> None:
    answers.write(HEAD.pack(position, width, height) + body)
    answers.flush()
