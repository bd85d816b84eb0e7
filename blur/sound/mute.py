"""Beeps over spans of the sound, for names that are called and words that give someone away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from blur.timing import Span

_MARGIN = 0.05  # seconds to either side, since whoever marks a word is never exact
_PITCH, _LOUDNESS = 1000, 0.1  # the same everywhere: it must not tell how loud the word was


def beep(
    blocks: Iterable[NDArray[np.float32]], rate: int, spans: Sequence[Span]
) -> Iterator[NDArray[np.float32]]:
    """The sound with a tone in place of each span; nothing of what was said there is left.

    Args:
        blocks: shape (N, channels) each, -1 to 1, the first beginning at 0.
        rate: samples a second.
        spans: in seconds from the first frame.
    """
    begun = 0
    for block in blocks:
        time = np.arange(begun, begun + len(block)) / rate
        begun += len(block)
        muted = np.zeros(len(block), bool)
        for first, last in spans:
            muted |= (time >= float(first) - _MARGIN) & (time <= float(last) + _MARGIN)
        tone = (_LOUDNESS * np.sin(2 * np.pi * _PITCH * time)).astype(np.float32)
        yield np.where(muted[:, None], tone[:, None], block)
