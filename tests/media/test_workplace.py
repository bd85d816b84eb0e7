from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from blur.media.draft import Draft
from blur.media.workplace import PRIVATE, private_folder, sweep
from tests.conftest import REPO

pytestmark = pytest.mark.skipif(os.name == "nt", reason="locks and rights of POSIX systems")


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_private_folder_is_hidden_shut_to_others_and_gone_at_the_end(tmp_path: Path) -> None:
    with private_folder(tmp_path) as private:
        assert private.parent == tmp_path
        assert private.name.startswith(".")
        assert private.stat().st_mode & 0o777 == 0o700
        (private / "left").touch()
    assert names(tmp_path) == []


def test_drafts_grow_in_the_private_folder_and_are_published_out_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with private_folder(tmp_path) as private:
        monkeypatch.setitem(PRIVATE, tmp_path, private)
        with Draft(tmp_path / "a.mp4", force=False) as draft:
            assert draft.path.parent == private
            draft.path.write_bytes(b"whole")
            draft.publish()
        assert names(private) == []
    assert names(tmp_path) == ["a.mp4"]


def test_the_folder_of_a_dead_run_is_swept_and_that_of_a_living_one_is_not(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from blur.media.workplace import private_folder\n"
        "with private_folder(Path(sys.argv[1])) as p:\n"
        "    (p / 'x').touch(); print(p.name, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPO) as child:
        assert child.stdout is not None
        theirs = child.stdout.readline().strip()
        (tmp_path / ".blur-draft-mine").mkdir()  # no name of ours
        sweep(tmp_path)
        assert names(tmp_path) == sorted([theirs, ".blur-draft-mine"])
        child.send_signal(signal.SIGKILL)
    sweep(tmp_path)
    assert names(tmp_path) == [".blur-draft-mine"]


def test_what_a_link_leads_to_is_never_swept(tmp_path: Path) -> None:
    other, folder = tmp_path / "other", tmp_path / "folder"
    for place in (other, folder):
        place.mkdir()
    (other / "diary").touch()
    (folder / ".blur-draft-0123456789abcdef").symlink_to(other)
    sweep(folder)
    assert names(other) == ["diary"]


def test_a_folder_that_cannot_be_written_to_is_the_systems_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"), private_folder(tmp_path / "absent"):
        pass


def test_a_private_folder_is_gone_also_where_its_place_was_moved_and_a_link_put_there(tmp_path: Path) -> None:
    out, moved, other = (tmp_path / name for name in ("out", "moved", "other"))
    for folder in (out, other):
        folder.mkdir()
    with private_folder(out) as private:
        (private / "draft").write_bytes(b"covered")
        (other / private.name).mkdir()
        (other / private.name / "mine").touch()
        out.rename(moved)
        out.symlink_to(other)
    assert list(moved.iterdir()) == []
    assert (other / private.name / "mine").exists()
