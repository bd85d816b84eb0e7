from __future__ import annotations

from pathlib import Path

import pytest

from blur.batch.discover import discover
from blur.batch.naming import free_number, is_neutral, numbered, telling

CAMERA_NAMES = [
    *("IMG_1234", "IMG-20260511-WA0003", "VID_20260511_143000", "PXL_20260511", "GX010042", "DSC00017"),
    *("MVI_77", "WhatsApp Video 2026-05-11 at 14.30.00", "signal-2026-05-11-143000", "11.05.26 demo"),
    *("anna 20260511", "Screen Recording 11", "DJI_0001", "1715430000"),
]
OWN_NAMES = [
    "march",
    "protest",
    "clip 3",
    "the-square",
    "blur-demo",
    "2-rotest_2_441",
    "image",
    "movement",
    "interview 12",
]


def touch(root: Path, *names: str) -> list[Path]:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return [root / name for name in names]


@pytest.mark.parametrize("stem", CAMERA_NAMES)
def test_names_of_cameras_phones_and_messengers_are_known(stem: str) -> None:
    assert telling(stem)


@pytest.mark.parametrize("stem", OWN_NAMES)
def test_names_that_a_person_gave_are_left_alone(stem: str) -> None:
    assert not telling(stem)


def test_numbers_have_one_width_and_keep_folder_and_kind() -> None:
    made = numbered([Path("a", f"IMG_{n}.mp4") for n in range(12)])
    assert [str(path) for path in (made[0], made[11])] == ["a/blurred-01.mp4", "a/blurred-12.mp4"]
    assert all(is_neutral(path.stem) for path in made)
    assert numbered([Path("x.jpg")], 4) == [Path("blurred-4.jpg")]


def test_the_next_number_is_free_whatever_the_kind(tmp_path: Path) -> None:
    assert free_number(tmp_path) == free_number(tmp_path / "none") == 1
    touch(tmp_path, "blurred-07.mp4", "blurred-2.jpg", "blurred-x.mp4", "a-blurred.mp4")
    assert free_number(tmp_path) == 8


def names(found: list[Path]) -> list[str]:
    return [path.name for path in found]


@pytest.mark.parametrize(
    ("clips", "name", "expected"),
    [
        (["march.mov"], None, ["march-blurred.mp4"]),
        (["IMG_1234.mov"], None, ["blurred-1.mp4"]),
        (["IMG_1234.mov"], "keep", ["IMG_1234-blurred.mp4"]),
        (["march.mov"], "neutral", ["blurred-1.mp4"]),
        (["b.mov", "IMG_1234.mov"], None, ["blurred-1.mp4", "blurred-2.mp4"]),
        (["b.mov", "a.mov"], "keep", ["b-blurred.mp4", "a-blurred.mp4"]),
    ],
)
def test_what_a_result_is_called(
    tmp_path: Path, clips: list[str], name: str | None, expected: list[str]
) -> None:
    jobs = discover(touch(tmp_path, *clips), None, name).jobs  # type: ignore[arg-type]
    assert names([job.target for job in jobs]) == expected
    assert names([job.source for job in jobs]) == clips


def test_a_file_that_is_named_is_called_so(tmp_path: Path) -> None:
    (clip,) = touch(tmp_path, "IMG_1234.mov")
    for name in (None, "keep", "neutral"):
        (job,) = discover([clip], str(tmp_path / "IMG_1.mp4"), name).jobs  # type: ignore[arg-type]
        assert job.target.name == "IMG_1.mp4"


def test_a_second_single_clip_takes_the_next_number(tmp_path: Path) -> None:
    (clip, _) = touch(tmp_path, "IMG_1234.mov", "blurred-1.mp4")
    (job,) = discover([clip], None, None).jobs
    assert job.target.name == "blurred-2.mp4"


def test_numbered_outputs_are_not_taken_by_the_next_run(tmp_path: Path) -> None:
    touch(tmp_path, "IMG_1.mov", "sub/IMG_1.mov")
    first = discover([tmp_path], None, None)
    assert [str(job.target.relative_to(tmp_path)) for job in first.jobs] == [
        "blurred-1.mp4",
        "sub/blurred-2.mp4",
    ]
    touch(tmp_path, "blurred-1.mp4", "sub/blurred-2.mp4")
    assert discover([tmp_path], None, None) == first


def test_clips_of_one_name_from_two_folders_need_no_telling_apart(tmp_path: Path) -> None:
    clips = touch(tmp_path, "x/a.mp4", "y/a.mp4")
    jobs = discover(clips, f"{tmp_path}/out/", None).jobs
    assert names([job.target for job in jobs]) == ["blurred-1.mp4", "blurred-2.mp4"]
