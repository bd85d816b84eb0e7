"""What is found is followed through the source and covered, and nothing is uncovered for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from blur.audit.doubts import LATE
from blur.audit.finding import Finding, covered_shares
from blur.audit.output import audit
from blur.audit.repair import follow, repair
from blur.detect.analyse import analyse
from blur.detect.detector import Faces
from blur.media.probe import probe
from blur.plan.build import build_plan
from blur.plan.model import Plan
from blur.render.film import render
from blur.settings import Settings
from blur.track.observe import Look, Observations
from tests.detect.faces import face_box, pasted, texture
from tests.steps import result

FRAMES, WIDE = 40, 60
SETTINGS = Settings(preset="fast")


def place(frame: int) -> tuple[float, float]:
    return 150 + 4.0 * frame, 150 + 1.0 * frame


class Blind:
    name = "blind"

    def detect(self, *_: object) -> Faces:
        return Faces.none()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A face that walks over a resting background."""
    path = tmp_path_factory.mktemp("clip") / "walk.mp4"
    ground = texture(480, 320)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=20)
        stream.width, stream.height, stream.pix_fmt = 480, 320, "yuv420p"
        for index in range(FRAMES):
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(pasted(ground, *place(index), WIDE), "rgb24"))
            )
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def unseen(clip: Path) -> Observations:
    """The clip as a detector that sees nothing sees it."""
    seen = result(analyse(probe(clip), SETTINGS, lambda _: Blind()))
    assert isinstance(seen, Observations)
    return seen


def shares(plan: Plan) -> NDArray[np.float64]:
    """How much of the face is covered, frame by frame."""
    regions = plan.by_frame()
    boxes = [np.array([face_box(*place(i), WIDE)], np.float32) for i in range(len(plan.pts))]
    none = np.empty((0, 4))
    return np.array(
        [
            covered_shares(box, regions.get(pts, none))[0]
            for box, pts in zip(boxes, plan.pts.tolist(), strict=True)
        ]
    )


def finds(frames: Sequence[int]) -> list[Finding]:
    return [Finding(frame, face_box(*place(frame), WIDE), 0.4) for frame in frames]


def mend(clip: Path, seen: Observations, plan: Plan, findings: Sequence[Finding]) -> Plan:
    mended = result(repair(probe(clip), seen, plan, findings, SETTINGS))
    assert isinstance(mended, Plan)
    return mended


def test_a_face_that_nothing_saw_is_found_in_the_output_and_covered_in_every_frame(
    clip: Path, unseen: Observations, tmp_path: Path
) -> None:
    plan = build_plan(unseen, SETTINGS)
    assert shares(plan).max() == 0
    draft = tmp_path / "draft.mp4"
    result(render(probe(clip), plan, SETTINGS, draft))
    findings = result(audit(draft, plan, unseen, SETTINGS))
    assert isinstance(findings, tuple)
    assert findings
    mended = mend(clip, unseen, plan, findings)
    assert shares(mended).min() > 0.95
    result(render(probe(clip), mended, SETTINGS, draft))
    for earlier in ((), (plan,), (plan, plan)):
        assert result(audit(draft, mended, unseen, SETTINGS, earlier)) == ()
    assert [doubt.weight for doubt in mended.doubts][:1] == [LATE]


def test_only_what_is_covered_otherwise_is_looked_at_again(
    clip: Path, unseen: Observations, tmp_path: Path
) -> None:
    plan, draft = build_plan(unseen, SETTINGS), tmp_path / "draft.mp4"
    result(render(probe(clip), plan, SETTINGS, draft))
    mended = mend(clip, unseen, plan, finds([20]))
    assert result(audit(draft, plan, unseen, SETTINGS, (plan,))) == ()
    assert result(audit(draft, plan, unseen, SETTINGS, (mended,)))


def test_one_find_is_followed_both_ways(clip: Path, unseen: Observations) -> None:
    """Its own flow carries it; by the camera's movement alone it would be left behind."""
    mended = mend(clip, unseen, build_plan(unseen, SETTINGS), finds([20]))
    assert shares(mended)[10:31].min() > 0.95
    looks = follow(probe(clip), unseen, {20: np.array([face_box(*place(20), WIDE)], np.float32)}, 0.4)
    middle = (looks[0].ahead[0, :, :2] + looks[0].ahead[0, :, 2:]) / 2
    assert np.abs(middle - [place(20 + i) for i in range(1, len(middle) + 1)]).max() < 8


def test_a_repair_uncovers_nothing(clip: Path, unseen: Observations) -> None:
    plan = mend(clip, unseen, build_plan(unseen, SETTINGS), finds([5]))
    again = mend(clip, unseen, plan, finds([35]))
    assert again.tracks[: len(plan.tracks)] == plan.tracks
    assert len(again.tracks) > len(plan.tracks)
    assert (shares(again) >= shares(plan)).all()


def test_a_find_beside_a_covered_face_does_not_lead_its_mask_away(clip: Path, unseen: Observations) -> None:
    plan = mend(clip, unseen, build_plan(unseen, SETTINGS), finds([10, 20, 30]))
    x0, y0, x1, y1 = face_box(*place(20), WIDE)
    beside = Finding(20, (x0 + 30, y0, x1 + 30, y1), 0.4)
    assert (shares(mend(clip, unseen, plan, [beside])) >= shares(plan)).all()


def test_a_find_confirms_what_was_too_faint_before(clip: Path, unseen: Observations) -> None:
    faint = np.array([face_box(*place(0), WIDE)], np.float32)
    still = np.empty((1, 0, 4), np.float32)
    first = Look(0, faint, np.full(1, 0.12, np.float32), still, still)
    seen = replace(unseen, looks=(first, *unseen.looks[1:]))
    plan = build_plan(seen, SETTINGS)
    assert [doubt.reason for doubt in plan.doubts] == ["something faint, not covered"]
    mended = mend(clip, seen, plan, finds([8]))
    assert "something faint, not covered" not in [doubt.reason for doubt in mended.doubts]
    assert shares(mended)[0] == 1


def test_finds_at_a_cut_stay_in_their_scene(clip: Path, unseen: Observations) -> None:
    empty = unseen.looks[0]
    looks = tuple(replace(empty, frame=frame) for frame in (0, 19, 20, FRAMES - 1))
    cut = replace(unseen, scenes=np.array([[0, 19], [20, FRAMES - 1]]), looks=looks)
    mended = mend(clip, cut, build_plan(cut, SETTINGS), finds([19]))
    assert shares(mended)[19] == 1
    assert shares(mended)[20:].max() == 0
