"""From names on the command line to sources and targets."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.batch.discover import PHOTO_OUTPUTS, VIDEO_SUFFIXES, Job, discover, discover_one
from blur.batch.named import expanded
from blur.batch.naming import Order
from blur.errors import UnreadableError, UsageError
from tests.media.making import make_clip
from tests.media.photos import FORMATS, make_photo


def touch(root: Path, *names: str) -> list[Path]:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return [root / name for name in names]


def pairs(root: Path, jobs: tuple[Job, ...]) -> list[tuple[str, str]]:
    return [(str(j.source.relative_to(root)), str(j.target.relative_to(root))) for j in jobs]


def test_the_result_lies_beside_its_source(tmp_path: Path) -> None:
    (clip,) = touch(tmp_path, "march.MOV")
    assert discover([clip]).jobs == (Job(clip, tmp_path / "march-blurred.mp4"),)


def test_a_clip_that_is_named_is_tried_whatever_it_is(tmp_path: Path) -> None:
    clips = [tmp_path / name for name in ("no_such.xyz", ".hidden.mp4", "a-blurred.mp4")]
    assert [job.source for job in discover(clips).jobs] == clips


def test_folders_give_their_videos_in_order_without_hidden_files_and_outputs(tmp_path: Path) -> None:
    touch(
        tmp_path,
        *("b.mp4", "a.mkv", "sub/z.MTS", "sub/deep/c.webm"),
        *("a.txt", "a.pdf", ".b.mp4", ".Trash/d.mp4", "b-blurred.mp4", "sub/z-blurred.MKV", "a-blurred.webm"),
    )
    sources = [str(job.source.relative_to(tmp_path)) for job in discover([tmp_path]).jobs]
    assert sources == ["a.mkv", "b.mp4", "sub/z.MTS", "sub/deep/c.webm"]


def test_what_a_run_wrote_is_not_taken_by_the_next(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "sub/b.mov")
    first = discover([tmp_path])
    touch(tmp_path, *(str(job.target.relative_to(tmp_path)) for job in first.jobs))
    assert discover([tmp_path]) == first


def test_a_second_run_over_a_shells_list_leaves_the_outputs_of_the_first_alone(tmp_path: Path) -> None:
    clip, output, other = touch(tmp_path, "a.mp4", "a-blurred.mp4", "b-blurred.mp4")
    found = discover([clip, output, other])
    assert [job.source for job in found.jobs] == [clip, other]
    assert found.skipped == (output,)


def test_an_output_folder_keeps_the_tree(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4", "in/sub/b.mov")
    out = tmp_path / "out"
    assert pairs(tmp_path, discover([tmp_path / "in"], f"{out}/").jobs) == [
        ("in/a.mp4", "out/a-blurred.mp4"),
        ("in/sub/b.mov", "out/sub/b-blurred.mp4"),
    ]
    assert not out.exists()


def test_folders_of_two_cameras_do_not_mix(tmp_path: Path) -> None:
    touch(tmp_path, "cam1/0001.mp4", "cam2/0001.mp4")
    jobs = discover([tmp_path / "cam1", tmp_path / "cam2"], str(tmp_path / "out")).jobs
    assert [target for _, target in pairs(tmp_path, jobs)] == [
        "out/cam1/0001-blurred.mp4",
        "out/cam2/0001-blurred.mp4",
    ]


def test_an_output_folder_inside_the_input_is_not_read(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "out/old.mp4")
    sources = [job.source for job in discover([tmp_path], str(tmp_path / "out")).jobs]
    assert sources == [tmp_path / "a.mp4"]


def test_the_input_folder_can_be_the_output_folder(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "sub/b.mp4")
    jobs = discover([tmp_path], str(tmp_path)).jobs
    assert [t for _, t in pairs(tmp_path, jobs)] == ["a-blurred.mp4", "sub/b-blurred.mp4"]


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.WEBM"])
def test_a_file_can_be_named_for_one_clip(tmp_path: Path, name: str) -> None:
    (clip,) = touch(tmp_path, "a.mov")
    assert discover([clip], str(tmp_path / name)).jobs == (Job(clip, tmp_path / name),)


@pytest.mark.parametrize("name", ["out.avi", "out", "out.mp4.txt"])
def test_a_kind_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    (clip,) = touch(tmp_path, "a.mov")
    with pytest.raises(UsageError, match="kind") as error:
        discover([clip], str(tmp_path / name))
    assert ".mp4" in error.value.hint


def test_a_folder_called_like_a_video_is_a_folder(tmp_path: Path) -> None:
    (clip,) = touch(tmp_path, "a.mov")
    (tmp_path / "out.mp4").mkdir()
    assert discover([clip], str(tmp_path / "out.mp4")).jobs[0].target == tmp_path / "out.mp4/a-blurred.mp4"


@pytest.mark.parametrize("output", ["out.mp4", "taken"])
def test_several_clips_need_a_folder(tmp_path: Path, output: str) -> None:
    touch(tmp_path, "in/a.mov", "in/b.mov", "taken")
    for named in ([tmp_path / "in"], [tmp_path / "in/a.mov", tmp_path / "in/b.mov"]):
        with pytest.raises(UsageError, match="no folder"):
            discover(named, str(tmp_path / output))


def test_clips_of_one_stem_are_told_apart(tmp_path: Path) -> None:
    touch(tmp_path, "a.mov", "a.mp4", "b.mp4")
    assert [t for _, t in pairs(tmp_path, discover([tmp_path]).jobs)] == [
        "a-mov-blurred.mp4",
        "a-mp4-blurred.mp4",
        "b-blurred.mp4",
    ]


@pytest.mark.parametrize(
    "names", [("x/a.mp4", "y/a.mp4"), ("x/a.mp4", "y/A.mp4"), ("x/é.mp4", "y/e\u0301.mp4")]
)
def test_two_clips_that_would_become_one_stop_before_anything_starts(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    with pytest.raises(UsageError, match="both become"):
        discover(touch(tmp_path, *names), str(tmp_path / "out"))


def test_a_clip_named_twice_is_taken_once(tmp_path: Path) -> None:
    (clip,) = touch(tmp_path, "sub/a.mp4")
    named = [clip, tmp_path, tmp_path / "sub" / ".." / "sub" / "a.mp4"]
    assert [job.source for job in discover(named).jobs] == [clip]


def test_nothing_to_do_is_said(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt")
    with pytest.raises(UsageError, match="no video"):
        discover([tmp_path])


def test_a_folder_that_cannot_be_listed_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "a.mp4", "locked/b.mp4")
    scandir = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "refused", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(UnreadableError, match="locked"):
        discover([tmp_path])


def test_a_plan_is_for_one_clip(tmp_path: Path) -> None:
    (clip,) = touch(tmp_path, "a.mp4")
    assert discover_one(clip).target == tmp_path / "a-blurred.mp4"
    with pytest.raises(UsageError, match="folder"):
        discover_one(tmp_path)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "x", "y", "x/y"]),
            st.sampled_from(["a", "A", "b", "a-mp4", "a-blurred", "é"]),
            st.sampled_from([".mp4", ".MP4", ".mov", ".webm"]),
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([None, "out/"]),
)
def test_no_two_outputs_are_one_file_and_none_is_an_input(
    clips: list[tuple[str, str, str]], output: str | None
) -> None:
    named = [Path("nowhere", folder, stem + suffix) for folder, stem, suffix in clips]
    try:
        found = discover(named, output)
    except UsageError:
        return
    targets = [str(job.target).casefold() for job in found.jobs]
    assert len(set(targets)) == len(targets)
    assert not {str(job.source).casefold() for job in found.jobs} & set(targets)
    assert {job.source for job in found.jobs} | set(found.skipped) == set(named)


def test_suffixes_are_compared_in_small_letters() -> None:
    assert all(
        suffix == suffix.lower() and suffix.startswith(".")
        for suffix in VIDEO_SUFFIXES | PHOTO_OUTPUTS.keys()
    )


def test_folders_mix_photos_and_videos_and_each_stays_what_it_is(tmp_path: Path) -> None:
    touch(tmp_path, "IMG_1.MOV", "b.mp4")
    for suffix in FORMATS:
        make_photo(tmp_path / f"photo_{suffix}.{suffix}")
    make_photo(tmp_path / "IMG_1.heic").rename(tmp_path / "IMG_1.HEIC")
    results = dict(pairs(tmp_path, discover([tmp_path]).jobs))
    assert results == {
        "IMG_1.HEIC": "IMG_1-blurred.jpg",
        "IMG_1.MOV": "IMG_1-blurred.mp4",
        "b.mp4": "b-blurred.mp4",
        "photo_heic.heic": "photo_heic-blurred.jpg",
    } | {f"photo_{kind}.{kind}": f"photo_{kind}-blurred.{kind}" for kind in FORMATS if kind != "heic"}
    touch(tmp_path, *results.values())
    assert dict(pairs(tmp_path, discover([tmp_path]).jobs)) == results


def test_a_photo_is_known_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "a.png").rename(tmp_path / "a.mp4")
    assert discover([photo]).jobs[0].target.name == "a-blurred.jpg"
    (video,) = touch(tmp_path, "b.jpg")
    assert discover([video]).jobs[0].target.name == "b-blurred.mp4"


def test_photos_of_one_stem_are_told_apart(tmp_path: Path) -> None:
    photos = [make_photo(tmp_path / name) for name in ("a.jpg", "a.heic")]
    names = [job.target.name for job in discover(photos).jobs]
    assert names == ["a-jpg-blurred.jpg", "a-heic-blurred.jpg"]


def test_what_lost_its_ending_is_taken_by_its_content(tmp_path: Path) -> None:
    make_clip(tmp_path / "a.mp4").rename(tmp_path / "a")
    make_clip(tmp_path / "b.mkv").rename(tmp_path / "b.part")
    make_photo(tmp_path / "c.jpg").rename(tmp_path / "c.bin")
    (tmp_path / "song").write_bytes(b"\0\0\0\x18ftypM4A " + bytes(40))
    (tmp_path / "notes").write_text("GATHER AT NOON" * 40)
    found = discover([tmp_path], str(tmp_path / "out"))
    assert pairs(tmp_path, found.jobs) == [
        *(("a", "out/a-blurred.mp4"), ("b.part", "out/b-blurred.mp4"), ("c.bin", "out/c-blurred.jpg"))
    ]


@pytest.mark.parametrize(("order", "expected"), [("given", "abc"), ("newest", "bca"), ("smallest", "cab")])
def test_the_order_is_chosen_and_names_do_not_follow_it(tmp_path: Path, order: Order, expected: str) -> None:
    for name, size, at in (("a", 2, 10), ("b", 3, 30), ("c", 1, 20)):
        (tmp_path / f"{name}.mp4").write_bytes(bytes(size))
        os.utime(tmp_path / f"{name}.mp4", (at, at))
    jobs = discover([tmp_path], name="neutral", order=order).jobs
    assert "".join(job.source.stem for job in jobs) == expected
    numbers = {job.source.stem: job.target.name for job in jobs}
    assert numbers == {"a": "blurred-1.mp4", "b": "blurred-2.mp4", "c": "blurred-3.mp4"}


def test_folders_of_folders_are_left_out_where_that_is_asked_for(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "sub/b.mp4")
    found = discover([tmp_path], str(tmp_path / "out"), recursive=False)
    assert pairs(tmp_path, found.jobs) == [("a.mp4", "out/a-blurred.mp4")]


@pytest.mark.parametrize("content", [b"%s\n%s\n", b"%s\0%s\0", b"\n%s\r\n%s"])
def test_a_list_on_standard_input(tmp_path: Path, content: bytes) -> None:
    paths = [tmp_path / "a b.mp4", tmp_path / "\udcff.mp4"]
    stdin = BytesIO(content % tuple(map(os.fsencode, paths)))
    assert expanded([Path("first"), Path("-"), Path("last")], stdin) == [Path("first"), *paths, Path("last")]


def test_patterns_that_no_shell_expanded(tmp_path: Path) -> None:
    a, b, odd = touch(tmp_path, "a.mp4", "sub/b.mp4", "[x].mp4")
    assert expanded([tmp_path / "*.mp4"], BytesIO()) == [odd, a]
    assert expanded([tmp_path / "**" / "?.mp4"], BytesIO()) == [a, b]
    assert expanded([odd], BytesIO()) == [odd]
    with pytest.raises(UsageError, match="nothing is called"):
        expanded([tmp_path / "*.xyz"], BytesIO())
