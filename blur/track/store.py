"""What was seen of a clip as bytes and back, and stretches of it joined to one whole."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blur.timing import TimeBase
from blur.track.observe import Hints, Look, Observations

LARGEST = 1 << 28
"""Bytes that a stretch of a clip may take, packed or not: ten times what half a minute of a crowd does."""


def packed(seen: Observations) -> bytes:
    """The observations as a compressed archive of arrays: numbers, and nothing of a picture."""
    looks = seen.looks
    arrays = {
        "about": np.array([seen.width, seen.height, seen.time_base.numerator, seen.time_base.denominator]),
        "pts": seen.pts,
        "moves": seen.moves,
        "trusts": seen.trusts,
        "lights": seen.lights,
        "scenes": seen.scenes,
        "looks": np.array(
            [
                (
                    each.frame,
                    len(each.boxes),
                    each.ahead.shape[1],
                    each.behind.shape[1],
                    len(each.hints.boxes),
                )
                for each in looks
            ],
            np.int64,
        ).reshape(-1, 5),
        "boxes": _end_to_end([each.boxes for each in looks]),
        "scores": _end_to_end([each.scores for each in looks]),
        "ahead": _end_to_end([each.ahead for each in looks]),
        "behind": _end_to_end([each.behind for each in looks]),
        "hint_boxes": _end_to_end([each.hints.boxes for each in looks]),
        "hint_scores": _end_to_end([each.hints.scores for each in looks]),
    }
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return hashlib.sha256(file.getbuffer()).digest() + file.getbuffer()


def unpacked(data: bytes) -> Observations:
    """The observations that were packed. Raises ValueError where the bytes are no such observations."""
    digest, archive = data[:32], data[32:]
    if hashlib.sha256(archive).digest() != digest:
        raise ValueError("these are no observations, or damaged")
    try:
        return _checked(_loaded(archive))
    except Exception as error:  # what a hostile archive raises is without end; nothing of it is of use
        raise ValueError("these are no observations") from error


def _loaded(archive: bytes) -> Observations:
    with zipfile.ZipFile(io.BytesIO(archive)) as parts:
        if sum(part.file_size for part in parts.infolist()) > LARGEST:
            raise ValueError("it unfolds to more than any stretch of a clip")
    with np.load(io.BytesIO(archive), allow_pickle=False) as file:
        arrays = dict(file)
    if (arrays["looks"] < 0).any():  # minus one would be taken for any length
        raise ValueError("less than nothing was seen")
    width, height, *terms = arrays["about"].tolist()
    return Observations(
        width=width,
        height=height,
        time_base=TimeBase(*terms),
        pts=arrays["pts"],
        moves=arrays["moves"],
        trusts=arrays["trusts"],
        scenes=arrays["scenes"],
        looks=tuple(_looks(arrays)),
        lights=arrays["lights"],
    )


def _checked(seen: Observations) -> Observations:
    """The same. Raises ValueError where parts do not fit each other, as those of no clip would."""
    frames, looks, scenes = len(seen.pts), seen.looks, seen.scenes
    at = [look.frame for look in looks]
    numbers: list[NDArray[Any]] = [
        seen.moves,
        seen.trusts,
        seen.lights,
        *(part for each in looks for part in _parts(each)),
    ]
    fits = (
        min(seen.width, seen.height) > 0
        and seen.pts.dtype == scenes.dtype == np.dtype(np.int64)
        and (seen.pts.shape, seen.trusts.shape, seen.moves.shape) == ((frames,), (frames,), (frames, 3, 3))
        and seen.lights.shape in ((frames,), (0,))
        and bool(np.all(seen.pts[1:] > seen.pts[:-1]))
        and (scenes.shape[1:], scenes[0, 0], scenes[-1, 1]) == ((2,), 0, frames - 1)
        and bool(np.all(scenes[:, 0] <= scenes[:, 1]) and np.all(scenes[1:, 0] == scenes[:-1, 1] + 1))
        and at == sorted(at)
        and {*scenes.ravel().tolist()} <= {*at} <= {*range(frames)}
        and all(part.dtype.kind == "f" and bool(np.all(np.isfinite(part))) for part in numbers)
    )
    if not fits:
        raise ValueError("parts of it do not fit each other")
    return seen


def _parts(look: Look) -> tuple[NDArray[np.float32], ...]:
    return look.boxes, look.scores, look.ahead, look.behind, look.hints.boxes, look.hints.scores


def joined(stretches: Sequence[Observations]) -> Observations:
    """One clip's observations from those of its stretches, each beginning with the last one's last frame.

    No scene ends where stretches meet. The frame in which they do has two looks.
    """
    first, *others = stretches
    moves, trusts, lights, pts = [first.moves], [first.trusts], [first.lights], [first.pts]
    scenes, looks = first.scenes.copy(), list(first.looks)
    frames = len(first.pts)
    for each in others:
        shift = frames - 1
        moves.append(each.moves[1:])
        trusts.append(each.trusts[1:])
        lights.append(each.lights[1:])
        pts.append(each.pts[1:])
        later = each.scenes + shift
        scenes[-1, 1] = later[0, 1]
        scenes = np.concatenate([scenes, later[1:]])
        looks += [replace(look, frame=look.frame + shift) for look in each.looks]
        frames += len(each.pts) - 1
    return replace(
        first,
        pts=np.concatenate(pts),
        moves=np.concatenate(moves),
        trusts=np.concatenate(trusts),
        scenes=scenes,
        looks=tuple(looks),
        lights=np.concatenate(lights),
    )


def _end_to_end(parts: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate([np.empty(0, np.float32), *(part.ravel() for part in parts)])


def _looks(arrays: dict[str, NDArray[Any]]) -> Iterator[Look]:
    at = dict.fromkeys(("boxes", "scores", "ahead", "behind", "hint_boxes", "hint_scores"), 0)

    def take(name: str, *shape: int) -> NDArray[np.float32]:
        start = at[name]
        at[name] += int(np.prod(shape))
        return np.asarray(arrays[name][start : at[name]].reshape(shape), np.float32)

    for frame, count, ahead, behind, hints in arrays["looks"].tolist():
        yield Look(
            frame,
            take("boxes", count, 4),
            take("scores", count),
            take("ahead", count, ahead, 4),
            take("behind", count, behind, 4),
            Hints(take("hint_boxes", hints, 4), take("hint_scores", hints)),
        )
