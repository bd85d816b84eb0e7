"""The way of a clip, with steps that are put in: what is published, when, and what is left behind."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blur.audit.doubts import LATE, LEFT, with_doubts
from blur.audit.finding import Finding
from blur.detect.kept import Kept
from blur.engine import Engine
from blur.errors import (
    EXIT_LOOK,
    EXIT_OK,
    AuditError,
    DamagedError,
    ExistsError,
    OutputError,
    UnreadableError,
    UsageError,
)
from blur.events import Event, Finished, Notice, Progress, Started, Steps
from blur.media.clip import Clip, Sound
from blur.media.draft import Draft
from blur.pipeline import Outcome, anonymise, render_plan
from blur.plan.model import Doubt, Plan, Track
from blur.render.stretches import Earlier
from blur.settings import Settings
from blur.timing import TimeBase
from blur.traces.source import Trace
from tests.steps import run

SOUND = Sound(1, "aac", 48000, 1)
PICTURE = b"covered"
TRACES = (Trace("place", "file, location", "+52.5+013.4/"), Trace("date", "file, date", "2026"))


def plan_of(frames: int = 10, covered: int = 4, doubts: tuple[Doubt, ...] = ()) -> Plan:
    pts = np.arange(frames, dtype=np.int64) * 100 + 5000
    box = np.tile(np.array([[0, 0, 8, 8]], np.int32), (covered, 1))
    return Plan(32, 16, TimeBase(1, 1000), pts, (Track("face", 900, pts[:covered].copy(), box),), doubts)


@dataclass
class FakeDraft:
    target: Path
    path: Path

    def secure(self) -> None:
        assert self.path.exists()

    def publish(self) -> None:
        self.path.replace(self.target)


class Bench:
    """An engine of dummies that keeps a record of the calls."""

    def __init__(self, source: Path, *, sound: Sound | None = None, plan: Plan | None = None) -> None:
        self.calls: list[str] = []
        self.finds: list[tuple[Finding, ...]] = []
        self.moved: list[str] = []
        self.taken_over: list[tuple[bytes, int]] = []
        self.audited: list[tuple[list[int], int]] = []
        self.plan = plan or plan_of()
        self.clip = Clip(
            source,
            "mov",
            "h264",
            32,
            16,
            0,
            False,
            "yuv420p",
            TimeBase(1, 1000),
            10,
            Fraction(1),
            None,
            sound,
        )
        self.engine = Engine(
            probe=self.probe,
            analyse=self.analyse,
            build_plan=lambda _, __: self.plan,
            render=self.render,
            add_sound=self.add_sound,
            audit=self.audit,
            repair=self.repair,
            check_playback=self.check_playback,
            check_traces=self.check_traces,
            find_traces=lambda path: TRACES if path == source else (),
            draft=self.draft,
            save_plan=lambda _, path: path.write_text("{}") and None,
        )

    def but(self, **steps: Any) -> Engine:
        return replace(self.engine, **steps)

    def probe(self, path: Path) -> Clip:
        assert path == self.clip.path
        self.calls.append("probe")
        return self.clip

    def analyse(self, clip: Clip, _: Settings) -> Steps[str]:
        yield Started(clip.name, "analyse", 10)
        yield Progress(clip.name, "analyse", 10, 10)
        self.calls.append("analyse")
        return "observations"

    def render(
        self, _: Clip, plan: Plan, settings: Settings, path: Path, earlier: Earlier | None
    ) -> Steps[int]:
        yield Started("clip.mov", "render", 10)
        self.moved.append(settings.camera_trace)
        if earlier is not None:
            assert len({path, earlier.path, earlier.aside}) == 3
            self.taken_over.append((earlier.path.read_bytes(), len(earlier.plan.tracks)))
        path.write_bytes(PICTURE)
        self.calls.append("render")
        return len(plan.pts)

    def add_sound(self, silent: Path, _: Clip, target: Path, settings: Settings) -> None:
        assert settings.audio != "remove"
        target.write_bytes(silent.read_bytes() + b" and sound")
        self.calls.append("sound")

    def audit(
        self, path: Path, plan: Plan, seen: str | None, _: Settings, earlier: Sequence[Plan]
    ) -> Steps[tuple[Finding, ...]]:
        yield Started(path.name, "check", 10)
        assert path.exists()
        assert seen in (None, "observations")
        self.calls.append("audit")
        self.audited.append(([len(each.tracks) for each in earlier], len(plan.tracks)))
        return self.finds.pop(0) if self.finds else ()

    def repair(
        self, _: Clip, seen: str, plan: Plan, findings: Sequence[Finding], __: Settings
    ) -> Steps[Plan]:
        yield Started("clip.mov", "plan")
        assert seen == "observations"
        assert findings
        self.calls.append("repair")
        return with_doubts(replace(plan, tracks=plan.tracks * 2), findings, LATE)

    def check_playback(self, path: Path, *_: object) -> Steps[None]:
        yield Started(path.name, "check", 10)
        assert path.exists()
        self.calls.append("playback")

    def check_traces(self, path: Path) -> list[str]:
        assert path.exists()
        self.calls.append("traces")
        return []

    @contextmanager
    def draft(self, target: Path, force: bool) -> Iterator[FakeDraft]:
        if target.exists() and not force:
            raise ExistsError("there already")
        draft = FakeDraft(target, target.with_name(f".{len(list(target.parent.iterdir()))}{target.suffix}"))
        draft.path.touch()
        try:
            yield draft
        finally:
            draft.path.unlink(missing_ok=True)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mov"
    path.write_bytes(b"original")
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def notices(events: list[Event]) -> dict[str, str]:
    return {event.code: event.message for event in events if isinstance(event, Notice)}


def test_a_clip_goes_through_every_step_in_order_and_is_published(source: Path) -> None:
    bench, target = Bench(source), source.with_name("out.mp4")
    events, outcome = run(anonymise(source, target, Settings(), engine=bench.engine))
    assert bench.calls == ["probe", "analyse", "render", "audit", "traces"]
    assert outcome == Outcome(target, 10, 1, EXIT_OK)
    assert target.read_bytes() == PICTURE
    assert names(source.parent) == ["clip.mov", "out.mp4"]
    stages = [event.stage for event in events if isinstance(event, Started)]
    assert stages == ["probe", "analyse", "plan", "render", "check", "publish"]
    assert {event.clip for event in events} == {"clip.mov"}
    last = events[-1]
    assert isinstance(last, Finished)
    assert (last.clip, last.output, last.frames, last.tracks) == ("clip.mov", "out.mp4", 10, 1)


def test_nothing_stands_under_the_outputs_name_before_it_is_published(source: Path) -> None:
    target = source.with_name("out.mp4")
    for event in anonymise(source, target, Settings(), engine=Bench(source).engine):
        assert target.exists() == isinstance(event, Finished)


@pytest.mark.parametrize(
    "step",
    ["probe", "analyse", "build_plan", "render", "audit", "check_traces", "add_sound", "save_plan"],
)
@pytest.mark.parametrize("error", [DamagedError("broken"), KeyboardInterrupt(), ValueError("a fault")])
def test_a_step_that_fails_leaves_nothing_behind(source: Path, step: str, error: BaseException) -> None:
    def broken(*_: object) -> Any:
        raise error

    target = source.parent / "new" / "folder" / "out.mp4"
    work = anonymise(
        source,
        target,
        Settings(audio="keep"),
        plan_file=source.with_name("a.plan.json"),
        engine=Bench(source, sound=SOUND).but(**{step: broken}),
    )
    with pytest.raises(type(error)):
        run(work)
    assert names(source.parent) == ["clip.mov"]
    assert source.read_bytes() == b"original"


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("step", "what"),
    [("render", "output"), ("add_sound", "output"), ("save_plan", "plan"), ("report", "report")],
)
def test_a_disk_that_is_full_at_some_step_is_told_and_leaves_nothing(
    source: Path, monkeypatch: pytest.MonkeyPatch, step: str, what: str
) -> None:
    def full(*_: object) -> Any:
        raise FULL

    monkeypatch.setattr("blur.report.store.save", full)
    engine = Bench(source, sound=SOUND).but(draft=Draft, **({} if step == "report" else {step: full}))
    with pytest.raises(OutputError, match=f"no space left for the {what}") as caught:
        run(
            anonymise(
                source,
                source.parent / "new" / "out.mp4",
                Settings(audio="keep"),
                plan_file=source.with_name("a.plan.json"),
                report_file=source.with_name("a.html"),
                engine=engine,
            )
        )
    assert (caught.value.exit_code, names(source.parent)) == (8, ["clip.mov"])
    assert source.read_bytes() == b"original"


@pytest.mark.parametrize("turn", range(3))
def test_a_disk_that_is_full_only_when_it_is_asked_to_be_safe_leaves_none_of_three_files(
    source: Path, monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    turns = iter(range(3))

    def fsync(_: int) -> None:
        if next(turns) == turn:
            raise FULL

    monkeypatch.setattr("blur.report.store.save", lambda *_: None)
    monkeypatch.setattr("os.fsync", fsync)
    beside = {"plan_file": source.with_name("a.plan.json"), "report_file": source.with_name("a.html")}
    engine = Bench(source).but(draft=Draft)
    with pytest.raises(OutputError, match="No space left"):
        run(anonymise(source, source.with_name("o.mp4"), Settings(), engine=engine, **beside))
    assert names(source.parent) == ["clip.mov"]


def test_a_plan_that_appears_while_blur_works_is_not_replaced_and_nothing_is_published(source: Path) -> None:
    bench, target, plan_file = Bench(source), source.with_name("o.mp4"), source.with_name("a.plan.json")
    work = anonymise(source, target, Settings(), plan_file=plan_file, engine=bench.but(draft=Draft))
    assert any(isinstance(event, Started) and event.stage == "publish" for event in work)
    plan_file.write_text("mine")
    with pytest.raises(ExistsError):
        next(work)
    assert names(source.parent) == ["a.plan.json", "clip.mov"]
    assert plan_file.read_text() == "mine"


def test_work_that_is_closed_half_way_leaves_nothing_behind(source: Path) -> None:
    work = anonymise(source, source.parent / "new" / "out.mp4", Settings(), engine=Bench(source).engine)
    stages = (event.stage for event in work if isinstance(event, Started))
    assert "render" in iter(lambda: next(stages), "check")
    assert names(source.parent) == ["clip.mov", "new"]
    work.close()
    assert names(source.parent) == ["clip.mov"]


def test_what_could_trace_is_not_published(source: Path) -> None:
    target = source.with_name("out.mp4")
    engine = Bench(source).but(check_traces=lambda _: ["moov/udta"])
    with pytest.raises(AuditError, match="moov/udta"):
        run(anonymise(source, target, Settings(), engine=engine))
    assert not target.exists()


def test_what_hardware_made_is_made_in_software_where_it_could_trace(source: Path) -> None:
    bench = Bench(source)
    encoders: list[str] = []

    def render(clip: Clip, plan: Plan, settings: Settings, path: Path, earlier: Earlier | None) -> Steps[int]:
        encoders.append(settings.encoder)
        return (yield from bench.render(clip, plan, settings, path, earlier))

    engine = bench.but(render=render, check_traces=lambda _: ["a"] if encoders[-1] == "hardware" else [])
    events, outcome = run(
        anonymise(source, source.with_name("out.mp4"), Settings(encoder="hardware"), engine=engine)
    )
    assert (encoders, outcome.exit_code) == (["hardware", "software"], 0)
    assert "encoded in software" in notices(events)["software"]


def test_what_is_known_to_trace_is_not_published_either(source: Path) -> None:
    engine = Bench(source).but(find_traces=lambda _: TRACES)
    with pytest.raises(AuditError, match=r"location: \+52"):
        run(anonymise(source, source.with_name("out.mp4"), Settings(), engine=engine))
    assert names(source.parent) == ["clip.mov"]


def test_what_is_gone_is_told_once_the_output_was_read_back(source: Path) -> None:
    events, _ = run(anonymise(source, source.with_name("o.mp4"), Settings(), engine=Bench(source).engine))
    assert notices(events)["traces-removed"] == "Gone, as the output shows: a place, a date or time."
    bare = Bench(source).but(find_traces=lambda _: ())
    events, _ = run(anonymise(source, source.with_name("p.mp4"), Settings(), engine=bare))
    assert "traces-removed" not in notices(events)


def test_a_short_output_is_not_published(source: Path) -> None:
    def short(_: Clip, plan: Plan, __: Settings, path: Path, ___: None) -> Generator[Event, None, int]:
        path.write_bytes(PICTURE)
        yield Progress("clip.mov", "render", 9)
        return len(plan.pts) - 1

    with pytest.raises(AuditError, match="9 of 10"):
        run(
            anonymise(source, source.with_name("out.mp4"), Settings(), engine=Bench(source).but(render=short))
        )
    assert names(source.parent) == ["clip.mov"]


def test_an_output_that_is_there_is_refused_before_any_work(source: Path) -> None:
    bench, target = Bench(source), source.with_name("out.mp4")
    target.write_bytes(b"mine")
    with pytest.raises(ExistsError):
        run(anonymise(source, target, Settings(), engine=bench.engine))
    assert bench.calls == []
    assert target.read_bytes() == b"mine"
    run(anonymise(source, target, Settings(), force=True, engine=bench.engine))
    assert target.read_bytes() == PICTURE


def hard(source: Path, target: Path) -> None:
    target.hardlink_to(source)


def soft(source: Path, target: Path) -> None:
    target.symlink_to(source)


def hanging(source: Path, target: Path) -> None:
    target.symlink_to(source.name)
    source.unlink()


@pytest.mark.parametrize("link", [hard, soft, hanging])
def test_the_original_is_never_the_output_not_even_through_a_link(
    source: Path, link: Callable[[Path, Path], None]
) -> None:
    target = source.with_name("link.mp4")
    link(source, target)
    bench = Bench(source)
    for output, plan_file in ((target, None), (source.with_name("other.mp4"), target), (source, None)):
        with pytest.raises(UsageError, match="original"):
            run(anonymise(source, output, Settings(), force=True, plan_file=plan_file, engine=bench.engine))
    assert bench.calls == []


def test_a_dry_run_says_what_would_be_covered_and_writes_nothing(source: Path) -> None:
    bench = Bench(source)
    work = anonymise(source, source.parent / "no" / "out.mp4", Settings(), dry_run=True, engine=bench.engine)
    events, outcome = run(work)
    assert notices(events)["dry-run"].startswith("Would cover 1 track, in 0.4 of 1.0 seconds.")
    assert outcome.output is None
    assert bench.calls == ["probe", "analyse"]
    assert names(source.parent) == ["clip.mov"]


def test_a_dry_run_of_a_single_frame_still_counts(source: Path) -> None:
    engine = Bench(source, plan=plan_of(1, 1)).engine
    events, _ = run(anonymise(source, source.with_name("o.mp4"), Settings(), dry_run=True, engine=engine))
    assert notices(events)["dry-run"] == "Would cover 1 track. Nothing was published."


def test_a_clip_without_frames_is_refused(source: Path) -> None:
    engine = Bench(source, plan=plan_of(0, 0)).engine
    with pytest.raises(UnreadableError):
        run(anonymise(source, source.with_name("o.mp4"), Settings(), engine=engine))
    assert names(source.parent) == ["clip.mov"]


def test_sound_is_removed_with_a_word_and_only_where_there_was_some(source: Path) -> None:
    target = source.with_name("out.mp4")
    events, _ = run(anonymise(source, target, Settings(), engine=Bench(source, sound=SOUND).engine))
    assert "sound-removed" in notices(events)
    events, _ = run(anonymise(source, target, Settings(), force=True, engine=Bench(source).engine))
    assert "sound-removed" not in notices(events)


def test_sound_that_is_kept_is_in_what_is_checked_and_published(source: Path) -> None:
    bench, target = Bench(source, sound=SOUND), source.with_name("out.mp4")
    events, _ = run(anonymise(source, target, Settings(audio="keep"), engine=bench.engine))
    assert bench.calls == ["probe", "analyse", "render", "sound", "audit", "traces"]
    assert target.read_bytes() == PICTURE + b" and sound"
    assert "sound-removed" not in notices(events)
    assert names(source.parent) == ["clip.mov", "out.mp4"]


@pytest.mark.parametrize(
    ("settings", "code", "word"),
    [
        (Settings(audio="keep"), "sound-kept", "voices identify"),
        (Settings(audio="disguise"), "voice-disguised", "not an expert"),
        (Settings(audio="mute", mute=((Fraction(0), Fraction(1)),)), "sound-muted", "voices identify"),
    ],
)
def test_what_is_left_of_the_sound_is_told_with_its_risk(
    source: Path, settings: Settings, code: str, word: str
) -> None:
    bench = Bench(source, sound=SOUND)
    events, _ = run(anonymise(source, source.with_name("out.mp4"), settings, engine=bench.engine))
    assert word in notices(events)[code]
    assert "sound" in bench.calls


def test_the_picture_is_moved_only_after_the_second_look_has_passed(source: Path) -> None:
    """What the look finds are places in the picture as it stands; the plan knows no others."""
    bench = Bench(source)
    bench.finds = [(Finding(3, (0, 0, 4, 4), 0.9),)]
    settings = Settings(camera_trace="reduce")
    events, _ = run(anonymise(source, source.with_name("out.mp4"), settings, engine=bench.engine))
    tail = ["render", "audit", "repair", "render", "audit", "render", "playback", "traces"]
    assert bench.calls == ["probe", "analyse", *tail]
    assert bench.moved == ["keep", "keep", "reduce"]
    assert "not removed" in notices(events)["camera-trace-reduced"]
    assert {event.clip for event in events} == {"clip.mov"}


def test_a_silent_clip_is_published_although_sound_is_to_be_kept(source: Path) -> None:
    target = source.with_name("out.mp4")
    run(anonymise(source, target, Settings(audio="keep"), engine=Bench(source).engine))
    assert target.read_bytes() == PICTURE


def test_heavy_doubts_ask_a_person_to_look_and_light_ones_do_not(source: Path) -> None:
    doubts = (Doubt(5300, 5900, "a", 950), Doubt(5100, 5100, "b", 900), Doubt(5200, 5200, "c", 899))
    bench = Bench(source, plan=plan_of(doubts=doubts))
    events, outcome = run(anonymise(source, source.with_name("out.mp4"), Settings(), engine=bench.engine))
    assert outcome.exit_code == EXIT_LOOK
    assert notices(events)["look"] == "Watch this second: 0:00.0 to 0:00.9."
    bench = Bench(source, plan=plan_of(doubts=doubts[2:]))
    events, outcome = run(anonymise(source, source.with_name("o.mp4"), Settings(), engine=bench.engine))
    assert outcome.exit_code == EXIT_OK
    assert "look" not in notices(events)


def test_a_plan_is_written_where_it_was_asked_for_and_nowhere_else(source: Path) -> None:
    plan_file = source.with_name("a.plan.json")
    bench = Bench(source)
    work = anonymise(source, source.with_name("o.mp4"), Settings(), plan_file=plan_file, engine=bench.engine)
    events, _ = run(work)
    assert "do not publish" in notices(events)["plan"]
    assert names(source.parent) == ["a.plan.json", "clip.mov", "o.mp4"]
    with pytest.raises(ExistsError):
        run(
            anonymise(source, source.with_name("p.mp4"), Settings(), plan_file=plan_file, engine=bench.engine)
        )
    assert bench.calls.count("probe") == 1


def test_a_plan_is_rendered_without_looking_for_faces(source: Path) -> None:
    bench, target = Bench(source), source.with_name("out.mp4")
    _, outcome = run(render_plan(source, target, bench.plan, Settings(), engine=bench.engine))
    assert bench.calls == ["probe", "render", "audit", "traces"]
    assert outcome == Outcome(target, 10, 1, EXIT_OK)
    assert target.read_bytes() == PICTURE


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_traces_are_looked_for_in_every_kind_of_output(source: Path, suffix: str) -> None:
    bench = Bench(source)
    run(anonymise(source, source.with_name(f"o{suffix}"), Settings(), engine=bench.engine))
    assert bench.calls[-2:] == ["audit", "traces"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.ENAMETOOLONG])
def test_what_the_system_refuses_has_a_name(source: Path, number: int) -> None:
    def full(*_: object) -> Any:
        raise OSError(number, "refused")

    with pytest.raises(OutputError):
        run(anonymise(source, source.with_name("o.mp4"), Settings(), engine=Bench(source).but(render=full)))
    assert names(source.parent) == ["clip.mov"]


def test_an_output_folder_that_is_a_file_has_a_name(source: Path) -> None:
    with pytest.raises(OutputError):
        run(anonymise(source, source / "o.mp4", Settings(), engine=Bench(source).engine))


def test_an_output_folder_with_an_impossible_name_is_refused(source: Path) -> None:
    target = source.parent / "new" / ("n" * 300) / "o.mp4"
    with pytest.raises(OutputError):
        run(anonymise(source, target, Settings(), engine=Bench(source).engine))
    assert names(source.parent) == ["clip.mov"]


def test_names_in_events_cannot_steer_a_terminal(source: Path) -> None:
    nasty = source.rename(source.with_name("a\x1b[31m\n.mov"))
    target = nasty.with_name("b\x07.mp4")
    events, _ = run(anonymise(nasty, target, Settings(), engine=Bench(nasty).engine))
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.output is not None
    assert (last.clip + last.output).isprintable()
    assert target.exists()


FACE = (Finding(5, (0.0, 0.0, 8.0, 8.0), 0.5),)


def test_what_the_second_look_finds_is_covered_looked_at_again_and_told(source: Path) -> None:
    bench, target = Bench(source, sound=SOUND), source.with_name("out.mp4")
    bench.finds = [FACE, FACE]
    plan_file = source.with_name("plan.json")
    saved: list[int] = []
    engine = bench.but(save_plan=lambda plan, *_: saved.append(len(plan.tracks)))
    events, outcome = run(anonymise(source, target, Settings(), plan_file=plan_file, engine=engine))
    assert bench.calls[2:] == ["render", "audit", *["repair", "render", "audit"] * 2, "traces"]
    assert bench.audited == [([], 1), ([1], 2), ([1, 2], 4)]
    assert bench.taken_over == [(PICTURE, 1), (PICTURE, 2)]
    assert saved == [4]
    assert outcome == Outcome(target, 10, 4, EXIT_LOOK)
    assert target.read_bytes() == PICTURE
    assert notices(events)["look"] == "Watch this second: 0:00.0 to 0:00.9."
    codes = [event.code for event in events if isinstance(event, Notice)]
    assert codes == ["repair", "repair", "sound-removed", "traces-removed", "plan", "look"]


@pytest.mark.parametrize("rounds", [0, 2])
def test_what_cannot_be_mended_is_not_published(source: Path, rounds: int) -> None:
    bench = Bench(source)
    bench.finds = [FACE] * 9
    with pytest.raises(AuditError, match=r"faces may still be seen at 0:00\.0 to 0:00\.9"):
        run(anonymise(source, source.with_name("o.mp4"), Settings(rounds=rounds), engine=bench.engine))
    assert bench.calls.count("repair") == rounds
    assert bench.calls.count("audit") == rounds + 1
    assert names(source.parent) == ["clip.mov"]


def test_what_cannot_be_mended_is_published_where_that_was_asked_for_and_told(source: Path) -> None:
    bench, target = Bench(source), source.with_name("out.mp4")
    bench.finds = [FACE] * 9
    settings = Settings(rounds=1, accept_unverified=True)
    events, outcome = run(anonymise(source, target, settings, engine=bench.engine))
    assert (target.exists(), outcome.exit_code) == (True, EXIT_LOOK)
    assert "look" in notices(events)


def test_a_plan_of_a_persons_is_not_mended_but_they_are_told(source: Path) -> None:
    bench, target = Bench(source), source.with_name("out.mp4")
    bench.finds = [FACE] * 9
    kept: list[Plan] = []
    engine = bench.but(save_plan=lambda plan, _: kept.append(plan))
    plan_file = source.with_name("new.plan.json")
    events, outcome = run(
        render_plan(source, target, bench.plan, Settings(), plan_file=plan_file, engine=engine)
    )
    assert bench.calls == ["probe", "render", "audit", "traces"]
    assert (target.exists(), outcome.exit_code) == (True, EXIT_LOOK)
    assert "look" in notices(events)
    (plan,) = kept
    assert plan_file.exists()
    assert plan.tracks == bench.plan.tracks
    assert [doubt.weight for doubt in plan.doubts] == [LEFT]


def test_events_of_the_audit_name_the_clip_and_not_its_draft(source: Path) -> None:
    events, _ = run(anonymise(source, source.with_name("o.mp4"), Settings(), engine=Bench(source).engine))
    assert [event.clip for event in events if isinstance(event, Started) and event.stage == "check"] == [
        "clip.mov"
    ]


def test_damage_is_mended_only_where_asked_for_told_and_to_be_looked_at(source: Path) -> None:
    bench = Bench(source)
    torn = replace(bench.clip, damage=((5100, 5300),), frames=12)
    engine = bench.but(mend=lambda _: torn)
    _, outcome = run(anonymise(source, source.with_name("o.mp4"), Settings(), engine=engine))
    assert outcome.exit_code == 0
    covering = Settings(on_damage="cover")
    events, outcome = run(anonymise(source, source.with_name("p.mp4"), covering, engine=engine))
    assert outcome.exit_code == 4
    assert notices(events)["damaged"] == (
        "Damaged, and black as a whole, at 0:00.1 to 0:00.3. The last 2 frames are missing."
    )
    assert notices(events)["look"] == "Watch this second: 0:00.0 to 0:00.7."


def other_content(source: Path) -> None:
    source.write_bytes(b"another clip")


def another_file(source: Path) -> None:
    other = source.with_name("other.mov")
    other.write_bytes(source.read_bytes())
    os.utime(other, ns=(1, 1))
    other.replace(source)


@pytest.mark.parametrize("change", [other_content, another_file, Path.unlink])
@pytest.mark.parametrize("anew", [True, False])
def test_a_clip_that_is_another_by_the_end_is_not_published(
    source: Path, change: Callable[[Path], None], anew: bool
) -> None:
    bench = Bench(source)
    target = source.with_name("o.mp4")
    if anew:
        steps = anonymise(source, target, Settings(), engine=bench.but())
    else:
        steps = render_plan(source, target, bench.plan, Settings(), engine=bench.but())
    for _ in range(2):  # it is probed, and looked at or rendered
        next(steps)
    change(source)
    with pytest.raises(DamagedError, match="changed while it was read"):
        run(steps)
    assert not target.exists()


def test_what_is_seen_of_a_long_clip_is_kept_until_it_is_done(source: Path) -> None:
    """And of a short one, or without a place to keep it, never."""
    bench = Bench(source)
    long = replace(bench.clip, duration=Fraction(3600))
    asked: list[Path] = []

    def keep(path: Path) -> Kept:
        asked.append(path)
        return Kept(source.parent, "kept")

    def analyse_long(_: Clip, __: Settings, kept: Kept) -> Steps[str]:
        (kept.folder / "kept.0").touch()
        bench.calls.append("long")
        yield Started("clip.mov", "analyse")
        return "observations"

    engine = bench.but(probe=lambda _: long, analyse_long=analyse_long)
    for event in anonymise(source, source.with_name("o.mp4"), Settings(), keep=keep, engine=engine):
        if isinstance(event, Started) and event.stage in ("render", "publish"):
            assert (source.parent / "kept.0").exists()
    assert (asked, bench.calls[0]) == ([source], "long")
    assert names(source.parent) == ["clip.mov", "o.mp4"]
    run(anonymise(source, source.with_name("p.mp4"), Settings(), engine=engine))
    short = (bench.clip, replace(long, damage=((5, 6),)), replace(long, duration=None))
    for number, clip in enumerate(short):
        engine = bench.but(probe=lambda _, clip=clip: clip, analyse_long=analyse_long)
        run(anonymise(source, source.with_name(f"{number}.mp4"), Settings(), keep=keep, engine=engine))
    assert (asked, bench.calls.count("long"), bench.calls.count("analyse")) == ([source], 1, 4)
