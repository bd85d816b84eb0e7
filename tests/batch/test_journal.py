"""What a batch remembers: enough to go on, nothing that is done, nothing after it was forgotten."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from time import process_time

import pytest

from blur.batch.discover import Job
from blur.batch.journal import FILE, STRETCHES, batches_in, choice, forget, opened, state_folder
from blur.errors import OutputError, UsageError
from blur.settings import Settings

SETTINGS = Settings(audio="mute", mute=((Fraction(1, 3), Fraction(2)),), threshold=0.3)


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    folder = tmp_path / "demo-of-anna"
    folder.mkdir()
    found = [Job(folder / f"{name}.mp4", folder / f"blurred-{name}.mp4") for name in "ab"]
    for job in found:
        job.source.write_bytes(job.source.name.encode())
    return found


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state" / "blur"


def test_only_its_owner_can_open_it(state: Path) -> None:
    with opened(state):
        assert (state / FILE).stat().st_mode & 0o777 == 0o600
        assert state.stat().st_mode & 0o777 == 0o700


def test_what_is_left_comes_back_with_its_settings(state: Path, jobs: list[Job]) -> None:
    with opened(state) as journal:
        batch = journal.begin(jobs, SETTINGS, force=True)
        journal.note(batch, jobs[0].source, "render")
        journal.fail(batch, jobs[1].source, "DamagedError")
    (found,) = batches_in(state)
    assert (found.total, found.settings, found.force) == (2, SETTINGS, True)
    assert [(left.job, left.stage, left.error) for left in found.left] == [
        (jobs[0], "render", ""),
        (jobs[1], "", "DamagedError"),
    ]


def test_a_name_is_gone_from_the_file_once_its_clip_is_published(state: Path, jobs: list[Job]) -> None:
    with opened(state) as journal:
        batch = journal.begin(jobs, SETTINGS, force=False)
        assert b"demo-of-anna" in (state / FILE).read_bytes()
        for job in jobs:
            content = journal.content(job.source)
            journal.finish(batch, job, content, choice(SETTINGS), 4)
        assert journal.outputs(content, choice(SETTINGS)) == {journal.name(jobs[1].target): 4}
        assert journal.batches() == []
    assert b"demo-of-anna" not in (state / FILE).read_bytes()


def test_a_clip_goes_over_to_the_batch_that_takes_it_up(state: Path, jobs: list[Job]) -> None:
    with opened(state) as journal:
        journal.begin(jobs, SETTINGS, force=False)
        journal.begin(jobs[:1], SETTINGS, force=False)
        assert [[left.job for left in batch.left] for batch in journal.batches()] == [[jobs[1]], [jobs[0]]]
        journal.begin(jobs, Settings(), force=False)
        assert len(journal.batches()) == 3  # another choice is other work


def test_all_that_decides_how_an_output_looks_is_in_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    before = choice(SETTINGS)
    assert choice(replace(SETTINGS)) == before
    assert choice(replace(SETTINGS, grow=2.0)) != before
    monkeypatch.setattr("blur.batch.journal.all_weights", lambda: {"other.onnx": "00"})
    assert choice(SETTINGS) != before


def test_two_journals_hash_one_file_differently(tmp_path: Path, jobs: list[Job]) -> None:
    with opened(tmp_path / "1") as one, opened(tmp_path / "2") as two:
        assert one.content(jobs[0].source) == one.content(jobs[0].source) != two.content(jobs[0].source)


def test_forgetting_leaves_nothing(state: Path, jobs: list[Job]) -> None:
    with opened(state) as journal:
        journal.begin(jobs, SETTINGS, force=False)
    (state / STRETCHES).mkdir()
    (state / STRETCHES / f"{'0' * 64}.0").write_bytes(b"seen")
    assert forget(state)
    assert not state.exists()
    assert not forget(state)
    assert batches_in(state) == []
    assert not state.exists()


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + bytes(500)])
def test_a_damaged_journal_has_a_name_and_can_be_forgotten(state: Path, content: bytes) -> None:
    state.mkdir(parents=True)
    (state / FILE).write_bytes(content)
    with pytest.raises(OutputError, match="journal") as caught:
        batches_in(state)
    assert "forget" in caught.value.hint
    assert forget(state)


HOSTILE = {
    "a key that is no key": "UPDATE secret SET key = 'text'",
    "a key that is too long": "UPDATE secret SET key = zeroblob(4000)",
    "no text": "UPDATE batch SET settings = zeroblob(9)",
    "no object": "UPDATE batch SET settings = '[1]'",
    "deep": f"UPDATE batch SET settings = '{'[' * 50_000}'",
    "endless power": """UPDATE batch SET settings = replace(settings, '"1/3"', '"1e999999999"')""",
    "nothing to divide by": """UPDATE batch SET settings = replace(settings, '"1/3"', '"1/0"')""",
    "no setting": """UPDATE batch SET settings = replace(settings, '18', '{}')""",
    "a name that is text": "UPDATE job SET source = source || 'a'",
    "a name with a NUL": "UPDATE job SET target = x'2f0061'",
    "a number for a table": "DROP TABLE job; CREATE TABLE job(batch, source, target, stage, error)",
    "another table": "DROP TABLE job; CREATE TABLE job(x)",
}


@pytest.mark.parametrize("command", HOSTILE.values(), ids=HOSTILE.keys())
def test_whatever_stands_in_a_journal_it_is_read_or_a_named_error(
    state: Path, jobs: list[Job], command: str
) -> None:
    with opened(state) as journal:
        journal.begin(jobs, SETTINGS, force=False)
    database = sqlite3.connect(state / FILE)
    database.executescript(command)
    database.close()
    began = process_time()

    def read() -> None:
        batches_in(state)
        with opened(state) as journal:
            journal.left(SETTINGS)

    if "CREATE TABLE job(batch," in command:
        read()
    else:
        with pytest.raises((OutputError, UsageError), match=r"journal|another version"):
            read()
    assert process_time() - began < 3
    assert forget(state)


def test_of_what_is_done_no_code_is_believed_but_those_of_success(state: Path, jobs: list[Job]) -> None:
    def told(code: object) -> int:
        with opened(state) as journal:
            content = journal.content(jobs[0].source)
            row = (content, b"choice", b"output", code)
            journal._database.execute("INSERT OR REPLACE INTO done VALUES (?, ?, ?, ?)", row)
            return journal.outputs(content, b"choice")[b"output"]

    assert [told(code) for code in (0, 4)] == [0, 4]
    for code in (1, "x", b"4"):
        with pytest.raises(OutputError):
            told(code)


def test_forgetting_overwrites_nothing_that_links_lead_to(state: Path, tmp_path: Path) -> None:
    footage = tmp_path / "footage"
    footage.mkdir()
    clip = footage / "clip.mp4"
    clip.write_bytes(b"mine")
    (state / STRETCHES).mkdir(parents=True)
    (state / FILE).symlink_to(clip)
    (state / STRETCHES / f"{'0' * 64}.1").symlink_to(clip)
    assert forget(state)
    assert not state.exists()
    state.mkdir()
    (state / STRETCHES).symlink_to(footage)
    assert forget(state)
    assert not state.exists()
    assert clip.read_bytes() == b"mine"
    (state / STRETCHES).mkdir(parents=True)
    (state / STRETCHES / "clip.mp4").write_bytes(b"mine")
    with pytest.raises(OutputError, match="cannot be removed"):
        forget(state)
    assert (state / STRETCHES / "clip.mp4").read_bytes() == b"mine"


def test_a_journal_without_room_says_so_and_keeps_what_it_had(state: Path, jobs: list[Job]) -> None:
    with opened(state) as journal:
        journal.begin(jobs, Settings(), force=False)
    many = [Job(Path(f"/in/{number:0200}.mp4"), Path("/out/a.mp4")) for number in range(200)]

    def crowded() -> None:
        with opened(state) as journal:
            journal._database.execute("PRAGMA max_page_count = 12")  # as a full disk does
            journal.begin(many, Settings(), force=False)

    with pytest.raises(OutputError, match="no space left for the journal"):
        crowded()
    with opened(state) as journal:
        assert [batch.total for batch in journal.batches()] == [len(jobs)]


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links of POSIX systems")
def test_a_link_in_its_place_is_not_followed(state: Path, tmp_path: Path) -> None:
    state.mkdir(parents=True)
    (tmp_path / "other").write_bytes(b"x")
    (state / FILE).symlink_to(tmp_path / "other")
    with pytest.raises(OutputError), opened(state):
        pass
    assert (tmp_path / "other").read_bytes() == b"x"


def test_a_batch_of_another_version_is_a_named_error(state: Path, jobs: list[Job]) -> None:
    with opened(state) as journal:
        journal.begin(jobs, SETTINGS, force=False)
    with sqlite3.connect(state / FILE) as database:
        database.execute("""UPDATE batch SET settings = '{"force": false, "mute": [], "gone": 1}'""")
    database.close()
    with pytest.raises(UsageError, match="version"):
        batches_in(state)


def test_the_state_folder_is_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLUR_STATE", "/x")
    assert state_folder() == Path("/x")
    monkeypatch.delenv("BLUR_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", "/y")
    monkeypatch.setattr("sys.platform", "linux")
    assert state_folder() == Path("/y/blur")
