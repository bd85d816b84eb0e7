"""What is kept of a clip that is not done: private, whole or not at all, gone when it is done."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from blur.detect.kept import Kept, wipe_all
from blur.errors import AuditError, DamagedError, OutputError
from blur.track.observe import Observations
from blur.track.store import packed
from tests.track.seeing import observed


def stretch(first: int) -> Observations:
    return observed({}, range(first, first + 11))


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"clip")
    (tmp_path / "stretches").mkdir()
    return Kept.of(tmp_path / "stretches", clip, b"choice")


def firsts(kept: Kept) -> tuple[list[int], bool]:
    found, ended = kept.load()
    return [int(each.pts[0]) for each in found], ended


def test_stretches_come_back_in_order_and_say_whether_they_are_all(kept: Kept) -> None:
    assert firsts(kept) == ([], False)
    for number in range(12):
        kept.add(number, stretch(10 * number))
    assert firsts(kept) == (list(range(0, 120, 10)), False)
    kept.add(12, stretch(120), last=True)
    assert firsts(kept) == (list(range(0, 130, 10)), True)


def test_files_are_for_their_owner_alone(kept: Kept) -> None:
    kept.add(0, stretch(0))
    assert [stat.S_IMODE(path.stat().st_mode) for path in kept.folder.iterdir()] == [0o600]


def test_what_is_damaged_or_missing_ends_what_is_taken(kept: Kept) -> None:
    for number in range(4):
        kept.add(number, stretch(10 * number), last=number == 3)
    damaged = kept.folder / f"{kept.key}.1"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert firsts(kept) == ([0], False)
    damaged.unlink()
    assert firsts(kept) == ([0], False)
    kept.add(1, stretch(11))  # another's, which does not begin where the first ends
    assert firsts(kept) == ([0], False)
    (kept.folder / f"{kept.key}.0").unlink()
    assert firsts(kept) == ([], False)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def link(path: Path) -> None:
    other = path.with_name("other")
    path.rename(other)
    path.symlink_to(other)


def huge(path: Path) -> None:
    os.truncate(path, 1 << 40)


@pytest.mark.skipif(os.name == "nt", reason="pipes and devices of POSIX systems")
@pytest.mark.parametrize("make", [fifo, endless, link, huge])
def test_what_is_no_kept_stretch_is_neither_waited_for_nor_taken(
    kept: Kept, make: Callable[[Path], None]
) -> None:
    kept.add(0, stretch(0))
    path = kept.folder / f"{kept.key}.0"
    if make in (fifo, endless):
        path.unlink()
    make(path)
    assert firsts(kept) == ([], False)


def test_other_content_or_another_choice_is_kept_elsewhere(kept: Kept, tmp_path: Path) -> None:
    stretches, clip = tmp_path / "stretches", tmp_path / "clip.mp4"
    assert Kept.of(stretches, clip, b"choice") == kept
    assert Kept.of(stretches, clip, b"another") != kept
    clip.write_bytes(b"other")
    assert Kept.of(stretches, clip, b"choice") != kept


def test_where_nothing_can_be_written_the_work_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    Kept(tmp_path / "file", "key").add(0, stretch(0))
    assert firsts(Kept(tmp_path / "file", "key")) == ([], False)


@pytest.mark.parametrize(
    ("error", "stays"),
    [
        (None, False),
        (AuditError("a face is left"), False),
        (DamagedError("torn"), False),
        (OutputError("no space"), True),
        (KeyboardInterrupt(), True),
    ],
)
def test_it_goes_with_the_work_unless_that_is_to_be_taken_up_again(
    kept: Kept, error: BaseException | None, stays: bool
) -> None:
    kept.add(0, stretch(0))
    replace(kept, key="another").add(0, stretch(0))
    with pytest.raises(type(error)) if error else kept.until_done():
        if error:
            with kept.until_done():
                raise error
    assert len(list(kept.folder.iterdir())) == 1 + stays


def test_wiping_overwrites_before_it_removes(kept: Kept, tmp_path: Path) -> None:
    kept.add(0, stretch(0))
    (tmp_path / "link").hardlink_to(kept.folder / f"{kept.key}.0")
    assert wipe_all(kept.folder)
    assert set((tmp_path / "link").read_bytes()) == {0}
    assert len((tmp_path / "link").read_bytes()) == len(packed(stretch(0)))
    assert not kept.folder.exists()
    assert not wipe_all(kept.folder)
