"""A plan as text: versioned JSON of whole numbers, readable by people and checked like any input."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn, cast, get_args

import numpy as np
from numpy.typing import NDArray

from blur.errors import OutputError, UnreadableError, UnsupportedError
from blur.plan.model import SCHEMA, Doubt, Plan, Reason, Region, Track
from blur.timing import TimeBase

MAX_BYTES = 1 << 29
"""Of a plan's text, to be written and to be read: 75 people in every frame of two hours (33 bytes each)."""
_MAX_SIDE = 1 << 15
_MAX_PLACE = 1 << 20
_MAX_TIME = 1 << 61
_MAX_TERM = (1 << 31) - 1
_MAX_REASON = 200


def track_text(track: Track) -> str:
    """A track as it stands in a plan's text."""
    rows = np.column_stack([track.pts, track.regions]).tolist()
    return (
        f'{{"reason": {json.dumps(track.reason)}, "certainty": {track.certainty}, '
        f'"regions": {_block(map(str, rows))}}}'
    )


class TrackTexts:
    """Makes the text of each track once: of a plan under edit, all tracks but one are as they were."""

    def __init__(self, text_of: Callable[[Track], str] = track_text) -> None:
        self._text_of = text_of
        self._texts: dict[Track, str] = {}

    def __call__(self, track: Track) -> str:
        if track not in self._texts:
            self._texts[track] = self._text_of(track)
        return self._texts[track]

    def keep(self, tracks: Iterable[Track]) -> None:
        """Forgets all others."""
        self._texts = {track: self._texts[track] for track in tracks if track in self._texts}


def dumps(plan: Plan, text_of: Callable[[Track], str] = track_text) -> str:
    """The plan as JSON, one line for every region of a track in a frame."""
    return "".join(_pieces(plan, text_of))


def _pieces(plan: Plan, text_of: Callable[[Track], str]) -> Iterator[str]:
    """The text in pieces, so that a large one need not be held as a whole to be written."""
    head: dict[str, object] = {
        "schema": SCHEMA,
        "width": plan.width,
        "height": plan.height,
        "time_base": [plan.time_base.numerator, plan.time_base.denominator],
    }
    if plan.receipt is not None:
        head["receipt"] = plan.receipt
    yield "{\n"
    for key, value in head.items():
        yield f"{json.dumps(key)}: {json.dumps(value)},\n"
    times = plan.pts.tolist()
    lines = (", ".join(map(str, times[at : at + 16])) for at in range(0, len(times), 16))
    yield from _named_block("pts", lines)
    yield ",\n"
    yield from _named_block("tracks", map(text_of, plan.tracks))
    yield ",\n"
    yield from _named_block("doubts", map(_doubt_text, plan.doubts))
    yield "\n}\n"


def loads(untrusted_text: str) -> Plan:
    """The plan that a text holds.

    Raises:
        UnsupportedError: a newer Blur wrote it.
        UnreadableError: it is no plan: not JSON, unknown or missing keys, values that are not whole
            numbers or out of range, times that do not rise, regions without area, or a track that
            covers a time at which the clip has no frame.
    """
    if len(untrusted_text) > MAX_BYTES:
        raise _refusal("the plan is too large")
    try:
        untrusted = json.loads(
            untrusted_text,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError):
        raise _refusal("the plan is not JSON of whole numbers") from None
    except MemoryError:  # the sandbox's limit: a few bytes of text can be many of lists
        raise _refusal("the plan takes more memory than any should") from None
    if not isinstance(untrusted, dict):
        raise _refusal("the plan is not a JSON object")
    _check_schema(untrusted.pop("schema", None))
    receipt = _receipt(untrusted.pop("receipt", None))
    width, height, base, times, tracks, doubts = _values(
        untrusted, "plan", ("width", "height", "time_base", "pts", "tracks", "doubts")
    )
    terms = _row(base, 2, "time_base")
    pts = _times(_integers(times, "pts"))
    return Plan(
        _whole(width, 1, _MAX_SIDE, "width"),
        _whole(height, 1, _MAX_SIDE, "height"),
        TimeBase(*(_whole(term, 1, _MAX_TERM, "time_base") for term in terms)),
        pts,
        tuple(_track(each, pts) for each in _list(tracks, "tracks")),
        tuple(sorted(map(_doubt, _list(doubts, "doubts")), key=lambda doubt: -doubt.weight)),
        receipt,
    )


def write(plan: Plan, path: Path, text_of: Callable[[Track], str] = track_text) -> None:
    """Write a plan into a file, such as a draft. Raises OSError, and OutputError where none would read it."""
    room = MAX_BYTES
    with path.open("wb") as file:
        for piece in _pieces(plan, text_of):
            room -= file.write(piece.encode("utf-8"))
            if room < 0:
                raise OutputError(
                    f"the plan would be larger than the {MAX_BYTES >> 20} MiB that Blur reads",
                    "Cut the clip into parts, or do without a plan.",
                )
        file.flush()
        os.fsync(file.fileno())


def save(plan: Plan, path: Path, text_of: Callable[[Track], str] = track_text) -> None:
    """Write a plan that only its owner can read, in the place of what is there; whole, or not at all.

    Raises OutputError where it cannot be written.
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=".blur-", dir=path.parent)
        temporary = Path(name)
        os.close(handle)
        write(plan, temporary, text_of)
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            if temporary is not None:
                temporary.unlink()
        if isinstance(error, OSError):
            raise OutputError(f"the plan {path.name} cannot be written: {error.strerror}") from None
        raise


def load(path: Path) -> Plan:
    """Read a plan.

    Raises:
        UnreadableError, UnsupportedError: as `loads`, and where the file cannot be read.
    """
    try:
        if not path.is_file() or not path.stat().st_size:  # some endless files of the system look empty
            raise _refusal(f"the plan {path.name} is empty or not a file")
        with path.open("rb") as file:
            untrusted_bytes = file.read(MAX_BYTES + 1)
        return loads(untrusted_bytes.decode("utf-8"))
    except OSError as error:
        raise _refusal(f"the plan {path.name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _refusal(f"the plan {path.name} is not text") from None


def _block(items: Iterable[str]) -> str:
    inside = ",\n".join(items)
    return f"[\n{inside}\n]" if inside else "[]"


def _named_block(name: str, items: Iterable[str]) -> Iterator[str]:
    """As ``_block``, piece by piece."""
    before = f'"{name}": [\n'
    for item in items:
        yield before + item
        before = ",\n"
    yield "\n]" if before == ",\n" else f'"{name}": []'


def _doubt_text(doubt: Doubt) -> str:
    place = {} if doubt.region is None else {"region": doubt.region}
    return json.dumps(
        {"first": doubt.first, "last": doubt.last, "reason": doubt.reason, "weight": doubt.weight} | place
    )


def _track(untrusted: object, frames: NDArray[np.int64]) -> Track:
    reason, certainty, regions = _values(untrusted, "track", ("reason", "certainty", "regions"))
    if reason not in get_args(Reason):
        raise _refusal("a track has an unknown reason")
    if not isinstance(regions, np.ndarray):
        raise _refusal("a track has no regions")
    pts, places = _times(regions[:, 0].copy()), regions[:, 1:]
    if not _among(pts, frames):
        raise _refusal("a track covers a time at which the clip has no frame")
    if _outside(places, _MAX_PLACE) or np.any(places[:, 2:] <= places[:, :2]):
        raise _refusal("a region has no area or lies too far out")
    return Track(
        cast("Reason", reason), _whole(certainty, 0, 1000, "certainty"), pts, places.astype(np.int32)
    )


def _doubt(untrusted: object) -> Doubt:
    place = untrusted.pop("region", None) if isinstance(untrusted, dict) else None
    first, last, reason, weight = _values(untrusted, "doubt", ("first", "last", "reason", "weight"))
    if not isinstance(reason, str) or len(reason) > _MAX_REASON or not reason.isprintable():
        raise _refusal("a doubt's reason is no short line of text")
    start = _whole(first, -_MAX_TIME, _MAX_TIME, "first")
    return Doubt(
        start,
        _whole(last, start, _MAX_TIME, "last"),
        reason,
        _whole(weight, 0, _MAX_TERM, "weight"),
        None if place is None else _place(place),
    )


def _place(untrusted: object) -> Region:
    x0, y0, x1, y1 = (
        _whole(edge, -_MAX_PLACE, _MAX_PLACE, "region") for edge in _row(untrusted, 4, "region")
    )
    if x1 <= x0 or y1 <= y0:
        raise _refusal("a region has no area or lies too far out")
    return x0, y0, x1, y1


def _check_schema(untrusted: object) -> None:
    if untrusted == SCHEMA:
        return
    name, version = SCHEMA.rsplit("/", 1)
    match = re.fullmatch(rf"{re.escape(name)}/([1-9][0-9]{{0,8}})", str(untrusted)[:80])
    if match and int(match[1]) > int(version):
        raise UnsupportedError("the plan was written by a newer Blur", "Install the newest Blur.")
    raise _refusal("the file is not a plan of Blur's")


def _receipt(untrusted: object) -> str | None:
    if untrusted is None or (isinstance(untrusted, str) and re.fullmatch(r"[0-9a-f]{64}", untrusted)):
        return untrusted
    raise _refusal("the receipt is not a hash")


def _values(untrusted: object, what: str, keys: tuple[str, ...]) -> tuple[object, ...]:
    if not isinstance(untrusted, Mapping) or set(untrusted) != set(keys):
        raise _refusal(f"a {what} must have exactly these keys: {', '.join(keys)}")
    return tuple(untrusted[key] for key in keys)


def _list(untrusted: object, what: str) -> list[object]:
    if not isinstance(untrusted, list):
        raise _refusal(f"{what} is not a list")
    return untrusted


def _row(untrusted: object, length: int, what: str) -> list[object]:
    row = _list(untrusted, what)
    if len(row) != length:
        raise _refusal(f"{what} must have {length} numbers")
    return row


def _whole(untrusted: object, low: int, high: int, what: str) -> int:
    # A bool is an int to isinstance, and no number to a person.
    if type(untrusted) is not int or not low <= untrusted <= high:
        raise _refusal(f"{what} is not a whole number in its range")
    return untrusted


def _integers(untrusted: object, what: str) -> NDArray[np.int64]:
    values = _list(untrusted, what)
    if not all(type(value) is int for value in values):
        raise _refusal(f"{what} must be whole numbers")
    try:
        return np.array(values, np.int64)
    except OverflowError:
        raise _refusal(f"{what} holds a number that is far too large") from None


def _outside(values: NDArray[np.int64], limit: int) -> bool:
    # Not by np.abs: the smallest int64 has no absolute value.
    return bool(np.any((values < -limit) | (values > limit)))


def _among(pts: NDArray[np.int64], frames: NDArray[np.int64]) -> bool:
    """Whether all times are those of frames. Both rise; np.isin would sort all frames for every track."""
    at = np.searchsorted(frames, pts)
    return bool(np.all(at < len(frames))) and bool(np.all(frames[at] == pts))


def _times(pts: NDArray[np.int64]) -> NDArray[np.int64]:
    # Bounded first: the differences of larger ones could overflow and seem to rise.
    if _outside(pts, _MAX_TIME) or np.any(np.diff(pts) <= 0):
        raise _refusal("times must rise, and stay within reason")
    return pts


def _refusal(message: str) -> UnreadableError:
    return UnreadableError(
        message, "Take a plan that blur --plan wrote, and mind that every value in it is a whole number."
    )


def _refuse_number(untrusted: str) -> NoReturn:
    raise ValueError(untrusted)


def _object(untrusted: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of the text. Regions become arrays at once: all of them as lists take thrice the memory."""
    result = dict(untrusted)
    if len(result) != len(untrusted):
        raise ValueError("a key stands twice")
    if "regions" in result:
        rows = [_row(row, 5, "region") for row in _list(result["regions"], "regions")]
        result["regions"] = _integers([value for row in rows for value in row], "regions").reshape(-1, 5)
    return result
