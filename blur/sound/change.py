"""What is done to the samples of a sound track between decoding and encoding it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from blur.settings import Settings
from blur.sound.disguise import RATE as VOICE_RATE
from blur.sound.disguise import disguise
from blur.sound.mute import beep

Blocks: TypeAlias = Iterator[NDArray[np.float32]]
"""Runs of samples: shape (N, channels) each, -1 to 1."""

_RATE = 48_000


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the sound, and in which form it takes and gives the samples."""

    rate: int
    channels: int
    apply: Callable[[Blocks], Blocks]


def change(settings: Settings, channels: int) -> Change | None:
    """The change that the settings ask for; None where the sound is kept as it is.

    Args:
        channels: of the source; more than two are mixed down.
    """
    spans = settings.mute
    if settings.audio == "disguise":
        return Change(VOICE_RATE, 1, lambda blocks: _disguised(beep(blocks, VOICE_RATE, spans)))
    if settings.audio == "mute":
        return Change(_RATE, min(channels, 2), lambda blocks: beep(blocks, _RATE, spans))
    return None


def _disguised(blocks: Blocks) -> Blocks:
    return (made[:, None] for made in disguise(block[:, 0] for block in blocks))
