"""Flash, whose clock has 31 bits of milliseconds: times before nought come as the latest of all."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

CONTAINER = "flv"
ROUND = Fraction(1 << 31, 1000)
"""Seconds in which the clock comes round. Some writers count with 32 bits, which is the same twice."""


class FlashClock:
    """Tells each time by the one before: the nearest that the clock can mean."""

    def __init__(self) -> None:
        self._last = 0

    def unwound(self, time: int) -> int:
        """The time that a number on the clock stands for; both in milliseconds."""
        ticks = int(ROUND * 1000)
        self._last += (time - self._last + ticks // 2) % ticks - ticks // 2
        return self._last


def demuxed(container: InputContainer, *streams: Stream) -> Iterator[Packet[Any]]:
    """The streams' packets in order, with their own times in Flash too; errors as of ``demux``."""
    clock = FlashClock()
    for packet in container.demux(streams):
        if container.format.name == CONTAINER and packet.dts is not None:
            shift = clock.unwound(packet.dts) - packet.dts
            packet.dts += shift
            if packet.pts is not None:
                packet.pts += shift
        yield packet
