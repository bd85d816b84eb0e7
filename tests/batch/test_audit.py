"""The audit of a file that is there already: what it says and how it ends."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import av
import numpy as np
import pytest

from blur.batch.audit import audit_one
from blur.errors import EXIT_LOOK, EXIT_OK, AuditError, InputError
from blur.events import Event, Failed, Finished, Notice
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.plan.model import Plan, Track
from blur.plan.store import save
from blur.render.film import render
from blur.settings import Settings
from tests.detect.faces import face_box, pasted, texture
from tests.media.making import make_clip, tone
from tests.media.photos import make_photo

FAST = Settings(preset="fast")
BOX = face_box(240, 160, 60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source with a face, the output of a plan that covers it, and a faithful copy without masks."""
    folder = tmp_path_factory.mktemp("audit")
    source = folder / "source.mp4"
    picture = pasted(texture(480, 320), 240, 160, 60)
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=20)
        stream.width, stream.height, stream.pix_fmt = 480, 320, "yuv420p"
        for _ in range(12):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))
    clip = probe(source)
    pts = np.array([frame.pts for frame in read(clip)], np.int64)
    region = np.array([BOX[0] - 15, BOX[1] - 25, BOX[2] + 15, BOX[3] + 15]).astype(np.int32)
    track = Track("face", 900, pts.copy(), np.tile(region, (len(pts), 1)))
    plan = Plan(480, 320, clip.time_base, pts, (track,))
    save(plan, folder / "plan.json")
    for name, tracks in (("covered.mp4", (track,)), ("bare.mp4", ())):
        for _ in render(clip, Plan(480, 320, clip.time_base, pts, tracks), FAST, folder / name):
            pass
    with Writer(folder / "short.mp4", clip, 18) as writer:
        for _, frame in zip(range(9), read(clip), strict=False):
            writer.write(frame)
    return folder


def told(events: Generator[Event, None, int]) -> tuple[dict[str, str], int, list[Event]]:
    every: list[Event] = []
    while True:
        try:
            every.append(next(events))
        except StopIteration as stop:
            return {e.code: e.message for e in every if isinstance(e, Notice)}, stop.value, every


def audited(
    folder: Path, name: str, *, source: bool = False, plan: bool = False
) -> tuple[dict[str, str], int]:
    held, code, events = told(
        audit_one(
            folder / name,
            folder / "source.mp4" if source else None,
            folder / "plan.json" if plan else None,
            FAST,
        )
    )
    assert isinstance(events[-1], Finished)
    assert events[-1].exit_code == code
    assert {event.clip for event in events} == {name}
    return held, code


@pytest.mark.parametrize(("source", "plan"), [(False, False), (True, False), (False, True), (True, True)])
def test_a_covered_output_is_clean_however_much_is_known(folder: Path, source: bool, plan: bool) -> None:
    held, code = audited(folder, "covered.mp4", source=source, plan=plan)
    assert (list(held), code) == (["clean"], EXIT_OK)


def test_a_face_is_told_with_the_seconds_to_watch(folder: Path) -> None:
    held, code = audited(folder, "bare.mp4")
    assert (list(held), code) == (["faces"], EXIT_LOOK)
    assert held["faces"] == "Faces may be seen. Watch this second: 0:00.0 to 0:00.5."


def test_a_mask_that_is_missing_shows_beside_the_source_though_the_plan_has_it(folder: Path) -> None:
    held, code = audited(folder, "bare.mp4", source=True, plan=True)
    assert "a planned mask is missing in 12 frames" in held["fault"]
    assert code == AuditError.exit_code


def test_frames_that_are_missing_show(folder: Path) -> None:
    for source, plan in ((True, False), (False, True)):
        held, code = audited(folder, "short.mp4", source=source, plan=plan)
        assert "9 of 12" in held["fault"]
        assert code == AuditError.exit_code


def test_traces_are_told(folder: Path) -> None:
    held, code = audited(folder, "source.mp4")
    assert "trace the filmer" in held["traces"]
    assert code == AuditError.exit_code


def test_sound_is_told(folder: Path, tmp_path: Path) -> None:
    path = make_clip(tmp_path / "loud.mp4", sound=tone(0.4, 48000))
    held, _, _ = told(audit_one(path, None, None, FAST))
    assert "voices identify people" in held["sound"]
    assert "sound" not in audited(folder, "covered.mp4")[0]


def test_what_is_no_video_is_an_input_error(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"no video")
    _, code, events = told(audit_one(path, None, None, FAST))
    assert code == InputError.exit_code
    assert isinstance(events[-1], Failed)


def test_a_photo_is_refused_by_name(tmp_path: Path) -> None:
    _, code, events = told(audit_one(make_photo(tmp_path / "a.jpg"), None, None, FAST))
    assert code == InputError.exit_code
    assert isinstance(events[-1], Failed)
    assert "photo" in events[-1].message
