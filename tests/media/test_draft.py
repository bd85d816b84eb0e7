from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from blur.errors import ExistsError, OutputError, UsageError
from blur.media.draft import CHANGED, Draft, same_file

REPO = Path(__file__).resolve().parents[2]


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_draft_is_hidden_private_and_tells_nothing(tmp_path: Path) -> None:
    with Draft(tmp_path / "march-blurred.mp4", force=False) as draft:
        assert draft.path.parent == tmp_path
        assert draft.path.suffix == ".mp4"
        assert draft.path.name.startswith(".")
        assert "march" not in draft.path.name
        assert draft.path.stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == []


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_draft_is_gone_however_the_work_ends(tmp_path: Path, error: type[BaseException]) -> None:
    def work() -> None:
        with Draft(tmp_path / "a.mp4", force=False) as draft:
            draft.path.write_bytes(b"half")
            raise error

    with pytest.raises(error):
        work()
    assert names(tmp_path) == []


def test_publishing_leaves_the_whole_file_alone_in_the_folder(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with Draft(tmp_path / "a.mp4", force=False) as draft:
            draft.path.write_bytes(b"whole")
            draft.publish()
    finally:
        os.umask(before)
    assert names(tmp_path) == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == b"whole"
    assert (tmp_path / "a.mp4").stat().st_mode & 0o777 == 0o640


def test_when_a_file_was_made_is_not_told(tmp_path: Path) -> None:
    with Draft(tmp_path / "a.mp4", force=False) as draft:
        draft.path.write_bytes(b"whole")
        draft.publish()
    assert (tmp_path / "a.mp4").stat().st_mtime_ns == CHANGED * 10**9


def test_an_existing_target_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"old")
    with pytest.raises(ExistsError):
        Draft(tmp_path / "a.mp4", force=False)
    (tmp_path / "b.mp4").symlink_to("nowhere")
    with pytest.raises(ExistsError):
        Draft(tmp_path / "b.mp4", force=False)
    assert names(tmp_path) == ["a.mp4", "b.mp4"]


def test_force_replaces(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"old")
    with Draft(tmp_path / "a.mp4", force=True) as draft:
        draft.path.write_bytes(b"new")
        draft.publish()
    assert (tmp_path / "a.mp4").read_bytes() == b"new"


def no_links(*_: object) -> None:
    raise OSError(errno.EPERM, "no links on this memory card")


def old(monkeypatch: pytest.MonkeyPatch, *, links: bool) -> None:
    """A kernel that cannot rename without replacing, and a file system with or without links."""
    monkeypatch.setattr("blur.media.draft.rename_to_free", no_links)
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", no_links)


def test_a_target_that_appears_meanwhile_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Draft, "_check_target", lambda _: None)  # as if it appeared after the check
    for kernel in ("new", "old", "old and a memory card"):
        if kernel != "new":
            old(monkeypatch, links=kernel == "old")
        with Draft(tmp_path / "a.mp4", force=False) as draft:
            draft.path.write_bytes(b"new")
            (tmp_path / "a.mp4").write_bytes(b"theirs")
            with pytest.raises(ExistsError):
                draft.publish()
        assert names(tmp_path) == ["a.mp4"]
        assert (tmp_path / "a.mp4").read_bytes() == b"theirs"


@pytest.mark.parametrize("links", [True, False])
def test_old_kernels_and_memory_cards_without_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    old(monkeypatch, links=links)
    with Draft(tmp_path / "a.mp4", force=False) as draft:
        draft.path.write_bytes(b"whole")
        draft.publish()
    assert names(tmp_path) == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == b"whole"


def test_a_failed_rename_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    old(monkeypatch, links=False)
    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OutputError, match="No space"), Draft(tmp_path / "a.mp4", force=False) as draft:
        draft.publish()
    assert names(tmp_path) == []


def test_a_folder_that_cannot_hold_the_output_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError), Draft(tmp_path / "no" / "a.mp4", force=False):
        pass
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(OutputError, match="folder"):
        Draft(tmp_path / "folder.mp4", force=True)
    with pytest.raises(UsageError):
        Draft(tmp_path / "a", force=False)


def test_the_draft_of_a_dead_run_is_swept_and_that_of_a_living_one_is_not(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from blur.media.draft import Draft\n"
        "with Draft(Path(sys.argv[1]), force=False) as d: print(d.path.name, flush=True); time.sleep(60)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "theirs.mp4")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPO,
    )
    try:
        assert child.stdout is not None
        theirs = child.stdout.readline().strip()
        (tmp_path / ".blur-draft-mine.mp4").touch()  # no name of ours
        with Draft(tmp_path / "a.mp4", force=False):
            assert theirs in names(tmp_path)
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate()
    assert theirs in names(tmp_path)
    with Draft(tmp_path / "a.mp4", force=False):
        assert theirs not in names(tmp_path)
    assert names(tmp_path) == [".blur-draft-mine.mp4"]


def test_two_drafts_of_one_run_leave_each_other_alone(tmp_path: Path) -> None:
    with Draft(tmp_path / "a.mp4", force=False) as one, Draft(tmp_path / "a.mp4", force=False) as two:
        assert one.path.exists()
        assert two.path.exists()
        assert one.path != two.path


def test_same_file_sees_through_links(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "b").touch()
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "hard").hardlink_to(tmp_path / "a")
    assert same_file(tmp_path / "a", tmp_path / "link")
    assert same_file(tmp_path / "a", tmp_path / "hard")
    assert not same_file(tmp_path / "a", tmp_path / "b")
    assert not same_file(tmp_path / "a", tmp_path / "absent")
