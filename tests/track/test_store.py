from __future__ import annotations

import hashlib
import io
import warnings
import zipfile
from dataclasses import replace
from operator import attrgetter
from time import process_time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.plan.build import build_plan
from blur.settings import Settings
from blur.track.observe import Observations
from blur.track.store import LARGEST, joined, packed, unpacked
from tests.track.seeing import observations, observed


def same(one: Observations, other: Observations) -> bool:
    arrays = ("pts", "moves", "trusts", "scenes", "lights")
    parts = ("boxes", "scores", "ahead", "behind", "hints.boxes", "hints.scores")
    return (
        (one.width, one.height, one.time_base) == (other.width, other.height, other.time_base)
        and all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)
        and all(getattr(one, name).dtype == getattr(other, name).dtype for name in arrays)
        and [look.frame for look in one.looks] == [look.frame for look in other.looks]
        and all(
            np.array_equal(attrgetter(name)(a), attrgetter(name)(b))
            for a, b in zip(one.looks, other.looks, strict=True)
            for name in parts
        )
    )


@given(observations())
def test_what_was_seen_survives_being_bytes(seen: Observations) -> None:
    assert same(unpacked(packed(seen)), seen)


@given(observations(most_frames=4), st.data())
def test_bytes_that_changed_are_refused(seen: Observations, data: st.DataObject) -> None:
    whole = bytearray(packed(seen))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    for damaged in (bytes(whole), packed(seen)[:-1], b""):
        with pytest.raises(ValueError, match="damaged"):
            unpacked(damaged)


def archived(**arrays: Any) -> bytes:
    """Bytes that look like packed observations, with whatever arrays."""
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=True, **arrays)
    return hashlib.sha256(file.getbuffer()).digest() + file.getbuffer()


def arrays_of(seen: Observations) -> dict[str, Any]:
    with np.load(io.BytesIO(packed(seen)[32:])) as file:
        return dict(file)


def test_arrays_that_are_put_together_again_are_taken() -> None:
    seen = observed({2: [(0, 0, 9, 9)]}, range(5))
    assert same(unpacked(archived(**arrays_of(seen))), seen)


@given(observations(most_frames=6), st.data())
def test_arrays_that_fit_no_clip_are_refused(seen: Observations, data: st.DataObject) -> None:
    arrays = arrays_of(seen)
    name = data.draw(st.sampled_from(sorted(arrays)))
    was = arrays[name]
    kinds = st.sampled_from(["i8", "f4", "f8", "u1", "U3", "O"])
    shapes = st.lists(st.integers(0, 4), max_size=4).map(tuple)
    arrays[name] = data.draw(
        st.just(None)
        | st.builds(lambda kind, shape: np.zeros(shape, kind), kinds, shapes)
        | st.just(was[::-1] if was.ndim else was)
        | st.just(was[1:] if was.ndim else was)
        | st.just(was * np.nan if was.dtype.kind == "f" else was - (1 << 40))
    )
    try:
        found = unpacked(archived(**arrays))
    except ValueError:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numbers that no detector gives
        assert len(build_plan(found, Settings()).pts) == len(found.pts)


@pytest.mark.parametrize("column", range(5))
def test_less_than_nothing_was_never_seen(column: int) -> None:
    arrays = arrays_of(observed({2: [(0, 0, 9, 9)]}, range(5)))
    arrays["looks"][1, column] = -1
    with pytest.raises(ValueError, match="no observations"):
        unpacked(archived(**arrays))


def test_a_few_bytes_that_unfold_to_gigabytes_are_refused_at_once() -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 40,)}
    )
    for content in (bytes(LARGEST + 1), header.getvalue()):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
            parts.writestr("pts.npy", content)
        began = process_time()
        with pytest.raises(ValueError, match="no observations"):
            unpacked(hashlib.sha256(file.getvalue()).digest() + file.getvalue())
        assert process_time() - began < 5


def cut(seen: Observations, at: int) -> tuple[Observations, Observations]:
    """A clip in two, as two passes see it that share the frame ``at``; it must be looked at."""
    earlier = [look for look in seen.looks if look.frame <= at]
    later = [replace(look, frame=look.frame - at) for look in seen.looks if look.frame >= at]
    earlier[-1] = replace(earlier[-1], ahead=earlier[-1].ahead[:, :0])
    later[0] = replace(later[0], behind=later[0].behind[:, :0])
    moves, trusts = seen.moves[at:].copy(), seen.trusts[at:].copy()
    moves[0], trusts[0] = np.eye(3), 1.0
    first, last = seen.scenes[seen.scenes[:, 0] <= at].copy(), seen.scenes[seen.scenes[:, 1] >= at] - at
    first[-1, 1], last[0, 0] = at, 0
    return (
        replace(
            seen,
            pts=seen.pts[: at + 1],
            moves=seen.moves[: at + 1],
            trusts=seen.trusts[: at + 1],
            lights=seen.lights[: at + 1],
            scenes=first,
            looks=tuple(earlier),
        ),
        replace(
            seen,
            pts=seen.pts[at:],
            moves=moves,
            trusts=trusts,
            lights=seen.lights[at:],
            scenes=last,
            looks=tuple(later),
        ),
    )


@given(observations(), st.data())
def test_stretches_make_the_whole_but_for_a_second_look_where_they_meet(
    seen: Observations, data: st.DataObject
) -> None:
    at = data.draw(st.sampled_from([look.frame for look in seen.looks]))
    whole = joined(cut(seen, at))
    for name in ("pts", "moves", "trusts", "lights", "scenes"):
        assert np.array_equal(getattr(whole, name), getattr(seen, name)), name
    frames = [look.frame for look in seen.looks]
    assert [look.frame for look in whole.looks] == sorted([*frames, at])
    assert same(joined([seen]), seen)


def test_a_face_goes_on_over_the_frame_in_which_stretches_meet() -> None:
    """As one track without a gap, covered as if it had been seen in one pass."""
    face = (100.0, 80.0, 140.0, 130.0)
    seen = observed({frame: [face] for frame in range(0, 61, 10)}, range(0, 61 * 40, 40))
    one, two = (build_plan(each, Settings()) for each in (seen, joined(cut(seen, 30))))
    assert [track.pts.tolist() for track in one.tracks] == [track.pts.tolist() for track in two.tracks]
    assert all(np.array_equal(a.regions, b.regions) for a, b in zip(one.tracks, two.tracks, strict=True))
