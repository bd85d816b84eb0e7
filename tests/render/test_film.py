from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from blur.errors import AuditError, BlurError, DamagedError, OutputError
from blur.events import Progress, Started
from blur.media.clip import Clip, Frame
from blur.media.picture import planes
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.plan.model import Plan, Track
from blur.render import film
from blur.render.film import render
from blur.settings import STYLES, Settings, Style
from blur.timing import TimeBase
from tests.steps import run

# Uneven on purpose: phones film with a variable frame rate.
TIMES = [0, 33, 70, 100, 133, 171, 200, 240, 266, 300]
BOX = np.array([[60, 40, 120, 130]], np.int32)


@pytest.fixture(scope="module", params=["yuv420p", "yuv420p10le"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of moving noise with a bright block, lossless or nearly so."""
    path = tmp_path_factory.mktemp("film") / "source.mp4"
    deep = request.param.endswith("10le")
    rng = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx265" if deep else "libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 192, 144, request.param
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        stream.options = {"crf": "4", "preset": "ultrafast", "x265-params": "log-level=none"}
        for index, time in enumerate(TIMES):
            picture = np.full((144, 192, 3), 110, np.uint8) + rng.integers(0, 12, (144, 192, 3), np.uint8)
            picture[56:114, 71:109] = 180 + 5 * index
            frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format=request.param)
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def clip(source: Path) -> Clip:
    return probe(source)


def plan_for(clip: Clip, covered: slice = slice(None)) -> Plan:
    pts = np.array([frame.pts for frame in read(clip)], np.int64)
    times = pts[covered].copy()
    track = Track("face", 900, times, BOX.repeat(len(times), axis=0))
    return Plan(clip.width, clip.height, clip.time_base, pts, (track,))


def lumas(path: Path) -> list[np.ndarray]:
    result = []
    for frame in read(probe(path)):
        luma = planes(frame.picture)
        result.append(luma.arrays[0].astype(float) / (1 << (luma.depth - 8)))
    return result


@pytest.mark.parametrize("style", STYLES)
def test_a_clip_comes_out_whole_and_covered(clip: Clip, tmp_path: Path, style: Style) -> None:
    out = tmp_path / "out.mp4"
    events, written = run(render(clip, plan_for(clip), Settings(style=style, crf=10), out))
    assert written == len(TIMES)
    assert events[0] == Started("source.mp4", "render", len(TIMES))
    assert events[-1] == Progress("source.mp4", "render", len(TIMES), len(TIMES))
    made = probe(out)
    frames = list(read(made))
    seconds = [made.time_base.seconds(frame.pts) for frame in frames]
    wanted = [clip.time_base.seconds(frame.pts) for frame in read(clip)]
    assert [each - seconds[0] for each in seconds] == [each - wanted[0] for each in wanted]
    for before, after in zip(lumas(clip.path), lumas(out), strict=True):
        inside = after[60:110, 75:105]
        assert before[60:110, 75:105].min() > 155
        assert inside.max() < (30 if style == "solid" else 135)
        assert np.abs(after[:, 150:] - before[:, 150:]).mean() < 2


def test_only_planned_frames_are_covered(clip: Clip, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    run(render(clip, plan_for(clip, slice(3, 6)), Settings(style="solid", crf=10), out))
    dark = [luma[60:110, 75:105].max() < 30 for luma in lumas(out)]
    assert dark == [False] * 3 + [True] * 3 + [False] * 4


def _changed(plan: Plan, pts: list[int]) -> Plan:
    return replace(plan, pts=np.array(pts, np.int64))


def test_a_clip_that_was_not_planned_for_is_refused(clip: Clip, tmp_path: Path) -> None:
    plan = plan_for(clip)
    times = plan.pts.tolist()
    others = {
        "a frame more": _changed(plan, times[:-1]),
        "a frame less": _changed(plan, [*times, times[-1] + 1]),
        "another first": _changed(plan, times[1:]),
        "another time": _changed(plan, [*times[:4], times[4] + 1, *times[5:]]),
        "no frame": replace(_changed(plan, []), tracks=()),
        "another width": replace(plan, width=plan.width + 2),
        "another time base": replace(plan, time_base=TimeBase(1, 7)),
    }
    for what, other in others.items():
        with pytest.raises(AuditError) as caught:
            run(render(clip, other, Settings(), tmp_path / f"{what}.mp4"))
        assert "planned" in caught.value.message, what


@pytest.mark.parametrize("where", ["read", "write"])
def test_an_error_on_the_way_ends_the_threads_and_keeps_its_name(
    clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def torn(clip: Clip) -> Iterator[Frame]:
        for count, frame in enumerate(read(clip)):
            if count == 5:
                raise DamagedError("torn")
            yield frame

    def full(*_: object) -> None:
        raise OutputError("full")

    plan = plan_for(clip)
    if where == "read":
        monkeypatch.setattr(film, "read", torn)
    else:
        monkeypatch.setattr(Writer, "write", full)
    with pytest.raises(BlurError, match=r"^(torn|full)$"):
        run(render(clip, plan, Settings(), tmp_path / "out.mp4"))
    assert [each.name for each in threading.enumerate() if each.name.startswith("blur-")] == []


def test_stopping_half_way_ends_the_threads(clip: Clip, tmp_path: Path) -> None:
    steps = render(clip, plan_for(clip), Settings(), tmp_path / "out.mp4")
    next(steps)
    steps.close()
    monotonic = iter(range(1000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(film, "monotonic", lambda: float(next(monotonic)))
        steps = render(clip, plan_for(clip), Settings(), tmp_path / "out.mp4")
        next(steps)
        assert isinstance(next(steps), Progress)
        steps.close()
    assert [each.name for each in threading.enumerate() if each.name.startswith("blur-")] == []


def test_progress_rises_and_is_throttled(clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(np.arange(1000) * 0.06)
    monkeypatch.setattr(film, "monotonic", lambda: float(next(clock)))
    events, _ = run(render(clip, plan_for(clip), Settings(), tmp_path / "out.mp4"))
    done = [event.done for event in events if isinstance(event, Progress)]
    assert done == sorted(done)
    assert 2 < len(done) < len(TIMES)


def test_grain_differs_from_run_to_run(clip: Clip, tmp_path: Path) -> None:
    plan = plan_for(clip)
    for name in ("a.mp4", "b.mp4"):
        run(render(clip, plan, Settings(crf=0), tmp_path / name))
    first, second = lumas(tmp_path / "a.mp4")[0], lumas(tmp_path / "b.mp4")[0]
    assert not np.array_equal(first[60:110, 75:105], second[60:110, 75:105])
