"""Going on: what is done is left alone with the reason, what is not keeps its name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from blur.batch.commands import anonymise_all, retry_all
from blur.batch.discover import Found, Job, discover
from blur.batch.journal import Journal, batches_in
from blur.errors import DamagedError, ExistsError
from blur.events import Event, Failed, Finished, Notice, Started, Steps, Summary
from blur.media.draft import CHANGED
from blur.pipeline import Outcome
from blur.settings import Settings
from tests.steps import run


class Pipeline:
    """Stands in for the work on a clip; ``ends`` says what becomes of which."""

    def __init__(self) -> None:
        self.ends: dict[str, int | BaseException] = {}
        self.published_before_death = False
        self.worked: list[str] = []

    def __call__(self, source: Path, target: Path, settings: Settings, **_: object) -> Steps[Outcome]:
        self.worked.append(source.name)
        yield Started(source.name, "probe")
        end = self.ends.get(source.name, 0)
        if isinstance(end, Exception):
            raise end
        if not isinstance(end, BaseException) or self.published_before_death:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes() + settings.style.encode())
            os.utime(target, (CHANGED, CHANGED))
        if isinstance(end, BaseException):
            raise end
        yield Finished(source.name, target.name, 1, 1, 0.1, end)
        return Outcome(target, 1, 1, end)


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    made = Pipeline()
    monkeypatch.setattr("blur.batch.commands.anonymise", made)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for name in "abcd":
        (tmp_path / "in" / f"{name}.mp4").write_text(name)
    return tmp_path


def run_folder(
    folder: Path, settings: Settings | None = None, *, force: bool = False
) -> tuple[list[Event], int]:
    found = discover([folder / "in"], str(folder / "out"), None)
    return run(anonymise_all(found, settings or Settings(), force=force, journal=folder / "state"))


def rows(events: list[Event]) -> dict[str, str]:
    (summary,) = (event for event in events if isinstance(event, Summary))
    return {row.clip: row.verdict for row in summary.rows}


def outputs(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((folder / "out").iterdir())}


def test_what_is_done_is_left_alone_with_the_reason(folder: Path, pipeline: Pipeline) -> None:
    pipeline.ends["b.mp4"] = 4
    assert run_folder(folder)[1] == 4
    before = outputs(folder)
    pipeline.worked.clear()
    events, code = run_folder(folder)
    assert pipeline.worked == []
    assert rows(events) == dict.fromkeys(("a.mp4", "b.mp4", "c.mp4", "d.mp4"), "skipped")
    assert sum(isinstance(event, Notice) and "done before" in event.message for event in events) == 4
    assert code == 4  # a person should still look
    assert outputs(folder) == before
    assert batches_in(folder / "state") == []


def change_source(folder: Path) -> None:
    (folder / "in" / "b.mp4").write_text("other")


def remove_output(folder: Path) -> None:
    (folder / "out" / "blurred-2.mp4").unlink()


@pytest.mark.parametrize("change", [change_source, remove_output])
def test_what_changed_is_done_again(folder: Path, pipeline: Pipeline, change: Callable[[Path], None]) -> None:
    run_folder(folder)
    change(folder)
    pipeline.worked.clear()
    assert run_folder(folder)[1] == 0
    assert pipeline.worked == ["b.mp4"]


def test_other_settings_and_force_are_other_work(folder: Path, pipeline: Pipeline) -> None:
    run_folder(folder)
    pipeline.worked.clear()
    run_folder(folder, Settings(style="solid"))
    run_folder(folder, force=True)
    assert len(pipeline.worked) == 8


def test_new_clips_get_free_numbers_and_replace_nothing(folder: Path, pipeline: Pipeline) -> None:
    run_folder(folder)
    before = outputs(folder)
    (folder / "in" / "aa.mp4").write_text("new")
    pipeline.worked.clear()
    assert run_folder(folder)[1] == 0
    assert pipeline.worked == ["aa.mp4"]
    after = outputs(folder)
    assert {name: after[name] for name in before} == before
    assert "newveil" in after.values()


@pytest.mark.parametrize("published", [False, True])
def test_a_run_that_died_is_gone_on_with_under_the_same_names(
    folder: Path, pipeline: Pipeline, published: bool
) -> None:
    pipeline.ends["c.mp4"], pipeline.published_before_death = SystemExit(), published
    with pytest.raises(SystemExit):
        run_folder(folder)
    assert [left.stage for left in batches_in(folder / "state")[0].left] == ["probe", ""]
    pipeline.ends.clear()
    pipeline.worked.clear()
    events, code = run_folder(folder)
    assert pipeline.worked == (["d.mp4"] if published else ["c.mp4", "d.mp4"])
    assert list(outputs(folder)) == [f"blurred-{number}.mp4" for number in (1, 2, 3, 4)]
    assert outputs(folder)["blurred-4.mp4"] == "dveil"
    assert code == (4 if published else 0)  # what was said of c is lost: look at it
    assert rows(events)["c.mp4"] == ("look" if published else "published")
    assert batches_in(folder / "state") == []


def test_a_foreign_file_in_the_way_of_a_resumed_clip_is_no_output(folder: Path, pipeline: Pipeline) -> None:
    pipeline.ends["c.mp4"] = SystemExit()
    with pytest.raises(SystemExit):
        run_folder(folder)
    (folder / "out" / "blurred-3.mp4").write_text("holiday")
    pipeline.ends.clear()
    pipeline.worked.clear()
    run_folder(folder)
    assert "c.mp4" in pipeline.worked  # which then refuses to replace it


@pytest.mark.parametrize("failures", [1, 2, 3], ids=["before the work", "before and after it", "until later"])
def test_a_published_clip_whose_hash_could_not_be_read_is_not_done_twice(
    folder: Path, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    read, left = Journal.content, list(range(failures))

    def flaky(journal: Journal, path: Path) -> bytes:
        if path.name == "b.mp4" and left:
            left.pop()
            raise OSError("the card was pulled out")
        return read(journal, path)

    monkeypatch.setattr(Journal, "content", flaky)
    assert run_folder(folder)[1] == 0
    pipeline.worked.clear()
    ends = [run_folder(folder)[1] for _ in range(3)]
    assert pipeline.worked == []
    assert ends == ([0, 0, 0] if failures == 1 else [4, 4, 4])
    assert len(outputs(folder)) == 4
    assert batches_in(folder / "state") == []


def test_copies_of_one_clip_each_get_their_output(folder: Path, pipeline: Pipeline) -> None:
    (folder / "in" / "e.mp4").write_text("a")
    pipeline.ends["e.mp4"] = SystemExit()
    with pytest.raises(SystemExit):
        run_folder(folder)
    pipeline.ends.clear()
    run_folder(folder)
    assert len(outputs(folder)) == 5


def test_retry_takes_up_what_failed_and_nothing_else(folder: Path, pipeline: Pipeline) -> None:
    pipeline.ends["b.mp4"] = DamagedError("half of it")
    assert run_folder(folder, Settings(style="solid"))[1] == 6
    pipeline.ends.clear()
    pipeline.worked.clear()
    events, code = run(retry_all(folder / "state"))
    assert (pipeline.worked, code) == (["b.mp4"], 0)
    assert outputs(folder)["blurred-2.mp4"] == "bsolid"
    assert not any(isinstance(event, Failed) for event in events)
    assert run(retry_all(folder / "state")) == ([], 0)


def test_without_a_journal_the_batch_runs_all_the_same(folder: Path, pipeline: Pipeline) -> None:
    (folder / "state").write_text("in the way")
    events, code = run_folder(folder)
    assert code == 0
    assert [event.code for event in events if isinstance(event, Notice)] == ["no-journal"]
    assert len(pipeline.worked) == 4


@pytest.mark.usefixtures("pipeline")
def test_a_single_clip_and_a_dry_run_are_not_remembered(folder: Path) -> None:
    clip = folder / "in" / "a.mp4"
    state = folder / "state"
    run(anonymise_all(Found((Job(clip, folder / "o.mp4"),)), Settings(), force=False, journal=state))
    found = discover([folder / "in"], str(folder / "out"))
    run(anonymise_all(found, Settings(), force=False, dry_run=True, journal=state))
    assert not state.exists()


def test_what_was_published_unsaid_is_known_after_a_second_death_too(
    folder: Path, pipeline: Pipeline
) -> None:
    pipeline.ends["c.mp4"], pipeline.published_before_death = SystemExit(), True
    with pytest.raises(SystemExit):
        run_folder(folder)
    (folder / "in" / "a.mp4").write_text("changed")  # so that the next run has work before c
    pipeline.ends = {"a.mp4": SystemExit()}
    with pytest.raises(SystemExit):
        run_folder(folder)
    pipeline.ends.clear()
    events, code = run_folder(folder)
    assert (rows(events)["c.mp4"], code) == ("look", 4)


def test_the_output_of_another_clip_is_never_taken_for_this_ones(folder: Path, pipeline: Pipeline) -> None:
    (folder / "out").mkdir()
    found = discover([folder / "in"], str(folder / "out"))
    taken = found.jobs[0].target
    taken.write_text("of another clip")
    os.utime(taken, (CHANGED, CHANGED))
    pipeline.ends["a.mp4"] = ExistsError("there already")
    for _ in range(2):
        assert run(anonymise_all(found, Settings(), force=False, journal=folder / "state"))[1] == 6
    pipeline.ends["a.mp4"] = SystemExit()  # killed before the failure could be taken down
    with pytest.raises(SystemExit):
        run(anonymise_all(found, Settings(), force=False, journal=folder / "state"))
    pipeline.ends["a.mp4"] = ExistsError("there already")
    assert run(anonymise_all(found, Settings(), force=False, journal=folder / "state"))[1] == 6
