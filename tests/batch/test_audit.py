"""The audit of a file that is there already: what it says and how it ends."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from blur.batch.audit import audit_one
from blur.errors import EXIT_LOOK, EXIT_OK, AuditError, InputError
from blur.events import Event, Failed, Finished, Notice
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.stills import probe_still, write_still
from blur.media.writer import Writer
from blur.plan.model import Plan, Track
from blur.plan.store import save
from blur.render.film import render
from blur.render.still import render_still
from blur.settings import Settings
from blur.timing import TimeBase
from tests.detect.faces import face_box, pasted, texture
from tests.media.making import make_clip, tone
from tests.media.photos import make_photo
from tests.steps import result, run

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
    every, code = run(events)
    return {e.code: e.message for e in every if isinstance(e, Notice)}, code, every


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


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo with a face, what becomes of it with and without masks, and the plan."""
    folder = tmp_path_factory.mktemp("photos")
    pixels = pasted(texture(480, 320), 240, 160, 60)
    make_photo(folder / "source.jpg", Image.fromarray(pixels))
    region = np.array([[BOX[0] - 15, BOX[1] - 25, BOX[2] + 15, BOX[3] + 15]]).astype(np.int32)
    track = Track("face", 900, np.zeros(1, np.int64), region)
    plan = Plan(480, 320, TimeBase(1, 1), np.zeros(1, np.int64), (track,))
    save(plan, folder / "plan.json")
    photo = probe_still(folder / "source.jpg")
    for name, tracks in (("covered.jpg", (track,)), ("bare.jpg", ())):
        result(render_still(photo, replace(plan, tracks=tracks), FAST, folder / name))
    write_still(folder / "other.jpg", texture(480, 320)[::-1].copy())
    return folder


def photo_audited(folder: Path, name: str, *, known: bool) -> tuple[dict[str, str], int]:
    source, plan = (folder / "source.jpg", folder / "plan.json") if known else (None, None)
    held, code, events = told(audit_one(folder / name, source, plan, FAST))
    assert isinstance(events[-1], Finished)
    return held, code


@pytest.mark.parametrize("known", [False, True])
def test_a_covered_photo_is_clean(photos: Path, known: bool) -> None:
    held, code = photo_audited(photos, "covered.jpg", known=known)
    assert (list(held), code) == (["clean"], EXIT_OK)


def test_a_face_in_a_photo_is_told(photos: Path) -> None:
    held, code = photo_audited(photos, "bare.jpg", known=False)
    assert (held, code) == ({"faces": "Faces may be seen. Look at it closely."}, EXIT_LOOK)


def test_a_photo_is_held_against_its_source_and_plan(photos: Path) -> None:
    held, code = photo_audited(photos, "bare.jpg", known=True)
    assert "a planned mask is missing" in held["fault"]
    assert code == AuditError.exit_code
    held, code = photo_audited(photos, "other.jpg", known=True)
    assert "differs outside" in held["fault"]
    assert code == AuditError.exit_code


def test_a_photo_of_another_size_than_its_source_shows(photos: Path, tmp_path: Path) -> None:
    write_still(tmp_path / "small.jpg", texture(240, 160))
    held, code, _ = told(audit_one(tmp_path / "small.jpg", photos / "source.jpg", None, FAST))
    assert "differ in size" in held["fault"]
    assert code == AuditError.exit_code


def test_a_photo_that_still_holds_its_tags_is_told(photos: Path) -> None:
    held, code = photo_audited(photos, "source.jpg", known=False)
    assert "trace the filmer" in held["traces"]
    assert code == AuditError.exit_code


def test_a_photo_that_is_cut_short_is_an_input_error(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes((photos / "covered.jpg").read_bytes()[:-400])
    _, code, events = told(audit_one(tmp_path / "a.jpg", None, None, FAST))
    assert code == InputError.exit_code
    assert isinstance(events[-1], Failed)
