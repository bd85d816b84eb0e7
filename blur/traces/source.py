"""What a file carries that leads to people, places or devices: in plain words, for sources and outputs.

This is a list of what is known to trace, for telling; it is never complete. What may stand in an
output is another matter, and the one that counts: see blur/traces/allowlist.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from blur.media.contents import Contents, contents
from blur.media.photo_kind import is_animated_webp, photo_kind
from blur.text import printable
from blur.traces.foreign import foreign_boxes

KINDS = {
    "place": "a place",
    "date": "a date or time",
    "device": "a make or model",
    "serial": "a number of this device or file alone",
    "person": "a person's name or words",
    "software": "a program's name",
    "track": "a name of a track",
    "picture": "a further picture",
    "sound": "further sound tracks",
    "telemetry": "a track of measurements",
    "text": "subtitles",
    "chapters": "chapters",
    "attachment": "an attached file",
    "record": "a hidden record",
    "name": "a name that a camera, a phone or a messenger gave",
}
"""The kinds of trace, and what each is in plain words."""

# By what a tag's name holds; the first that fits counts.
_TAGS = (
    ("place", r"location|gps|iso6709|geo|\bcity|country"),
    ("serial", r"serial|identifier|uuid|guid|umid|\bcontent.?id|unique"),
    ("device", r"make|model|camera|lens|device|firmware|manufacturer|vendor|\bandroid\.version"),
    ("date", r"date|creation|\btime|_time|year"),
    ("track", r"handler|language|\btitle"),
    ("software", r"software|encoder|encoded|tool|\bswr|writer"),
    ("person", r"artist|author|copyright|comment|description|synopsis|director|keyword|owner|performer"),
)
_HARMLESS = {"major_brand", "minor_version", "compatible_brands", "duration", "bps", "number_of_frames"}
_HARMLESS |= {"number_of_bytes", "rotate", "alpha_mode", "stereo_mode"}
_BLANK = {("language", "und"), ("vendor_id", "[0][0][0][0]")}

# Long enough that no coded picture of a long video holds one by chance: three letters come once in 16 MB.
_STAMPS = (
    (
        "software",
        re.compile(rb"x26[45] [-(][\x20-\x7e]{4,200}|Lav[cf][0-9.]{4,16}( lib\w+)?|LAME[0-9.]{3,8}"),
    ),
    ("software", re.compile(rb"(?:libfaac|Nero AAC|FhG[ -]|Mainconcept|libvpx)[\x20-\x7e]{6,40}")),
    ("record", re.compile(rb"(?<=\x8c\xd6\x08\x00\x20\x0c\x9a\x66)MDPM")),
    ("text", re.compile(rb"(?:(?<=\xb5\x00\x31)|(?<=\x00\x00\x01\xb2))GA94")),
)


@dataclass(frozen=True, slots=True)
class Trace:
    """Something in a file that leads to people, places or devices.

    Attributes:
        kind: one of `KINDS`.
        where: the tag, track or box that holds it.
        value: what it says, cleaned for the screen and cut short.
    """

    kind: str
    where: str
    value: str

    @property
    def meaning(self) -> str:
        """The kind in plain words."""
        return KINDS[self.kind]


def find_traces(path: Path) -> tuple[Trace, ...]:
    """What is known to trace in a video or a photo, each once, in the order of `KINDS`.

    Raises:
        InputError: the file cannot be opened as one.
    """
    held = _contents(path)
    found = [*_from_tags(held), *_from_streams(held), *(Trace(*box) for box in foreign_boxes(path))]
    single = {(trace.kind, trace.value): trace for trace in reversed(found)}
    order = list(KINDS)
    return tuple(sorted(single.values(), key=lambda trace: (order.index(trace.kind), trace.where)))


def _contents(path: Path) -> Contents:
    moving = is_animated_webp(path)
    if photo_kind(path) is None and not moving:
        return contents(path)
    from blur.media.still_contents import moving_contents, still_contents  # whose library videos do not need

    return moving_contents(path) if moving else still_contents(path)


def _from_tags(held: Contents) -> Iterator[Trace]:
    tagged = [("file", held.tags)]
    tagged += [(f"track {number}", stream.tags) for number, stream in enumerate(held.streams, 1)]
    for place, tags in tagged:
        for key, value in tags:
            shown = _shown(value)
            if shown and key.lower() not in _HARMLESS and (key, value) not in _BLANK:
                yield Trace(_kind(key), f"{place}, {printable(key)}", shown)
    if held.chapters:
        titles = ", ".join(title for title in map(_shown, held.chapters) if title)
        yield Trace(
            "chapters", "file", f"{len(held.chapters)}: {titles}" if titles else str(len(held.chapters))
        )


def _kind(key: str) -> str:
    for kind, pattern in _TAGS:
        if re.search(pattern, key, re.IGNORECASE):
            return kind
    return "record"


def _from_streams(held: Contents) -> Iterator[Trace]:
    videos = sounds = 0
    for number, stream in enumerate(held.streams, 1):
        place = f"track {number}"
        videos += stream.kind == "video" and not stream.still
        sounds += stream.kind == "audio"
        if stream.kind == "video" and (stream.still or videos > 1):
            yield Trace(
                "picture", place, "a cover or thumbnail" if stream.still else "a second picture track"
            )
        elif stream.kind == "audio" and sounds > 1:
            yield Trace("sound", place, f"sound track {sounds}")
        elif stream.kind == "data":
            yield Trace("telemetry", place, "measurements")
        elif stream.kind == "subtitle":
            yield Trace("text", place, "subtitles")
        elif stream.kind == "attachment":
            yield Trace("attachment", place, "a file")
        for kind, pattern in _STAMPS:
            stamp = pattern.search(stream.head)
            if stamp and not stream.still:
                yield Trace(kind, f"{place}, coded data", _shown(stamp[0].decode("latin-1")))


def _shown(value: str) -> str:
    text = printable(value.strip(" \0\t\n"))
    return text if len(text) <= 300 else f"{text[:297]}..."
