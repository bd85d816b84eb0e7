"""Everything that a file holds besides its samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from blur.media.container import open_input


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a container declares.

    Attributes:
        kinds: of its streams in order: video, audio, subtitle, data, attachment.
        tags: of the container and all streams, as key and value.
        chapters: how many.
    """

    kinds: tuple[str, ...]
    tags: tuple[tuple[str, str], ...]
    chapters: int


def inventory(path: Path) -> Inventory:
    """What the file declares. Raises InputError as ``open_input`` does."""
    with open_input(path) as container:
        tagged: list[Mapping[str, str]] = [container.metadata]
        tagged += [stream.metadata for stream in container.streams]
        return Inventory(
            kinds=tuple(stream.type for stream in container.streams),
            tags=tuple((key, value) for tags in tagged for key, value in tags.items()),
            chapters=len(container.chapters()),
        )
