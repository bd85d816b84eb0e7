"""What a decoded picture carries besides its samples, whatever kinds of that libav knows."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import av
from av.sidedata.sidedata import SideDataContainer, Type


def side_data(picture: av.VideoFrame) -> Mapping[str, bytes]:
    """By libav's name of its kind; kinds that PyAV has no name for are called by their number."""
    # The picture's own `side_data` and itself would be tied in a knot, which keeps it for long after its use.
    return {data.type.name: bytes(data) for data in SideDataContainer(picture)}  # type: ignore[call-arg]


def _unnamed(kinds: type[Enum], value: object) -> Enum:
    kind = object.__new__(kinds)
    kind._name_, kind._value_ = str(value), value
    return kind


# PyAV's container raises ValueError for kinds that are newer than its list, such as Exif in Motion JPEG.
Type._missing_ = classmethod(_unnamed)  # type: ignore[assignment]
