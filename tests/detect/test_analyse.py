"""Drawn clips from their file to their plan: each face is covered in every frame, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from blur.detect.analyse import analyse
from blur.detect.detector import Bgr, Faces
from blur.errors import InputError, WeightsError
from blur.events import Progress, Started
from blur.media.probe import probe
from blur.plan.build import build_plan
from blur.plan.model import Plan
from blur.plan.store import dumps
from blur.settings import Preset, Settings
from blur.track.observe import Observations
from blur.track.schedule import SEARCHES, look_size
from tests.detect.faces import Box, Rgb, face_box, inside, pasted, pixels, texture
from tests.media.making import make_clip
from tests.steps import result, run

WIDE, HIGH = 640, 360
FACE_WIDE = 60.0
COVERED = 0.95
"""Share of a face's ellipse that must be covered."""
THIRTY = Fraction(1, 30)

Draw = Callable[[int, int, int], Rgb]
Where = Callable[[int], Box | None]
"""The box of the face in the frame of an index, None where there is none."""


@dataclass(frozen=True)
class Drawn:
    """A drawn clip: its picture and its face by index of the frame, and the frames' times."""

    draw: Draw
    where: Where
    pts: Sequence[int] = range(45)
    time_base: Fraction = THIRTY
    size: tuple[int, int] = (WIDE, HIGH)

    def write(self, path: Path, turn: float | None = None) -> Path:
        coding = {"preset": "ultrafast", "crf": "18"}
        return make_clip(
            path,
            size=self.size,
            pts=self.pts,
            time_base=self.time_base,
            draw=self.draw,
            coding=coding,
            turn=turn,
        )


def walking(step: float, start: float = 50.0) -> Drawn:
    """A face that walks across a still background, ``step`` pixels a frame."""
    return Drawn(
        lambda i, w, h: pasted(texture(w, h), start + step * i, 180, FACE_WIDE),
        lambda i: face_box(start + step * i, 180, FACE_WIDE),
    )


def panning(step: tuple[float, float], **more: object) -> Drawn:
    """A camera that pans over a still picture with a face, by ``step`` pixels a frame."""
    world = pasted(texture(1100, 600), 550, 300, FACE_WIDE)

    def corner(i: int) -> tuple[int, int]:
        return round(230 + step[0] * i), round(120 + step[1] * i)

    def draw(i: int, width: int, height: int) -> Rgb:
        x, y = corner(i)
        return world[y : y + height, x : x + width]

    def where(i: int) -> Box:
        x, y = corner(i)
        return face_box(550 - x, 300 - y, FACE_WIDE)

    return Drawn(draw, where, **more)  # type: ignore[arg-type]


def planned(path: Path, settings: Settings | None = None) -> Plan:
    settings = settings or Settings()
    return build_plan(result(analyse(probe(path), settings)), settings)


def shares(plan: Plan, where: Where) -> list[float]:
    """How much of the face is covered in each frame; 1 where none is in sight."""
    regions = plan.by_frame()
    covered = []
    for index, pts in enumerate(plan.pts.tolist()):
        box = where(index)
        face = np.empty((0, 2)) if box is None else pixels(box, plan.width, plan.height)
        masks = [inside(tuple(region), face) for region in regions.get(pts, ())]
        hidden = np.logical_or.reduce([np.zeros(len(face), bool), *masks])
        covered.append(float(hidden.mean()) if len(face) else 1.0)
    return covered


def assert_covered(plan: Plan, drawn: Drawn) -> None:
    exposed = {i: round(share, 2) for i, share in enumerate(shares(plan, drawn.where)) if share < COVERED}
    assert len(plan.pts) == len(drawn.pts)
    assert not exposed


@pytest.mark.parametrize("preset", ["fast", "balanced"])
@pytest.mark.parametrize("step", [(5, 0), (-5, 3), (0, 0)], ids=["right", "left and down", "still"])
def test_a_face_under_a_panning_camera_is_covered(
    tmp_path: Path, preset: Preset, step: tuple[float, float]
) -> None:
    drawn = panning(step)
    assert_covered(planned(drawn.write(tmp_path / "a.mp4"), Settings(preset=preset)), drawn)


def test_a_face_that_walks_two_widths_between_looks_is_covered(tmp_path: Path) -> None:
    # ten frames from one look to the next
    drawn = walking(2 * FACE_WIDE / 10)
    assert_covered(planned(drawn.write(tmp_path / "a.mp4")), drawn)


def test_a_face_that_the_camera_follows_is_covered(tmp_path: Path) -> None:
    # she runs, the camera runs beside her, and what is behind rushes by
    wall = texture(1600, HIGH)

    def draw(i: int, width: int, _: int) -> Rgb:
        return pasted(wall[:, 20 * i : 20 * i + width], 300 + i, 180, FACE_WIDE)

    drawn = Drawn(draw, lambda i: face_box(300 + i, 180, FACE_WIDE))
    assert_covered(planned(drawn.write(tmp_path / "a.mp4")), drawn)


def test_a_face_that_leaves_the_picture_is_covered(tmp_path: Path) -> None:
    drawn = walking(15.0, 40.0)
    assert_covered(planned(drawn.write(tmp_path / "a.mp4")), drawn)


def test_a_face_that_a_passer_by_hides_is_covered_throughout(tmp_path: Path) -> None:
    wall = texture(90, 280, 9)

    def draw(i: int, width: int, height: int) -> Rgb:
        picture = pasted(texture(width, height), 320, 180, FACE_WIDE)
        left = 60 + 12 * i
        here = picture[60:340, left : left + 90]
        here[:] = wall[:, : here.shape[1]]
        return picture

    drawn = Drawn(draw, lambda _: face_box(320, 180, FACE_WIDE))
    assert_covered(planned(drawn.write(tmp_path / "a.mp4")), drawn)


def whip(i: int) -> int:
    """Where a camera looks that stands, is whipped away and back again, and stands."""
    return (0, min(i - 15, 9), max(9 - (i - 24), 0))[(i > 15) + (i > 24)] * 80


@pytest.mark.parametrize("shutter", [0.0, 0.5])
def test_a_face_under_a_whip_pan_is_covered(tmp_path: Path, shutter: float) -> None:
    world = pasted(texture(1400, HIGH), 320, 180, FACE_WIDE)

    def draw(i: int, width: int, _: int) -> Rgb:
        seen = world[:, whip(i) : whip(i) + width]
        smear = round(abs(whip(i + 1) - whip(i)) * shutter)
        return np.asarray(cv2.blur(seen, (max(smear, 1), 1)), np.uint8)

    drawn = Drawn(draw, lambda i: face_box(320 - whip(i), 180, FACE_WIDE))
    assert_covered(planned(drawn.write(tmp_path / "a.mp4")), drawn)


@pytest.mark.xfail(strict=True, reason="it is there between two looks only")
def test_a_face_that_shows_for_three_frames_is_covered(tmp_path: Path) -> None:
    shown = range(13, 16)
    drawn = Drawn(
        lambda i, w, h: pasted(texture(w, h), 320, 180, FACE_WIDE) if i in shown else texture(w, h),
        lambda i: face_box(320, 180, FACE_WIDE) if i in shown else None,
        pts=range(30),
    )
    assert_covered(planned(drawn.write(tmp_path / "a.mp4")), drawn)


def irregular(count: int) -> list[int]:
    """Times of a phone that drops frames in the dark: milliseconds, 17 to 100 apart."""
    return np.cumsum(np.resize([17, 33, 33, 100, 50], count)).tolist()


@pytest.mark.parametrize(
    ("drawn", "turn"),
    [
        (panning((12, 0), pts=range(15), time_base=Fraction(1, 10)), None),
        (panning((4, 1), pts=irregular(30), time_base=Fraction(1, 1000)), None),
        (panning((1, 5), pts=range(30), size=(360, 480)), None),
    ],
    ids=["10 fps", "irregular", "portrait"],
)
def test_a_face_is_covered_whatever_the_rate_and_the_shape(
    tmp_path: Path, drawn: Drawn, turn: float | None
) -> None:
    assert_covered(planned(drawn.write(tmp_path / "a.mp4", turn)), drawn)


def test_a_face_in_a_turned_clip_is_covered_where_it_is_upright(tmp_path: Path) -> None:
    upright = panning((1, 4), pts=range(30), size=(360, 480))
    lying = Drawn(
        lambda i, w, h: np.ascontiguousarray(np.rot90(upright.draw(i, h, w), -1)),
        upright.where,
        pts=range(30),
        size=(480, 360),
    )
    plan = planned(lying.write(tmp_path / "a.mov", turn=90))
    assert (plan.width, plan.height) == (360, 480)
    assert_covered(plan, upright)


def test_a_cut_ends_and_begins_masks_in_the_very_frame(tmp_path: Path) -> None:
    face = panning((3, 0))
    empty = texture(WIDE, HIGH, 5)
    parts = range(17, 37)  # frames without a face; looks fall on neither end

    drawn = Drawn(
        lambda i, w, h: empty if i in parts else face.draw(i, w, h),
        lambda i: None if i in parts else face.where(i),
        pts=range(50),
    )
    path = drawn.write(tmp_path / "a.mp4")
    seen = result(analyse(probe(path), Settings()))
    assert seen.scenes.tolist() == [[0, 16], [17, 36], [37, 49]]
    plan = build_plan(seen, Settings())
    assert_covered(plan, drawn)
    assert [i for i in parts if i in plan.by_frame()] == []


def test_a_scene_of_one_frame_is_covered(tmp_path: Path) -> None:
    drawn = Drawn(
        lambda i, w, h: pasted(texture(w, h), 320, 180, FACE_WIDE) if i == 13 else texture(w, h, 5),
        lambda i: face_box(320, 180, FACE_WIDE) if i == 13 else None,
        pts=range(30),
    )
    plan = planned(drawn.write(tmp_path / "a.mp4"))
    assert_covered(plan, drawn)
    assert len(plan.by_frame()) == 1


def test_a_cut_in_the_dark_is_a_cut(tmp_path: Path) -> None:
    dark = Drawn(
        lambda i, w, h: (texture(w, h, 5 if i < 12 else 6) * 0.12).round().astype(np.uint8),
        lambda _: None,
        pts=range(24),
    )
    path = dark.write(tmp_path / "a.mp4")
    assert looked(path, Settings(), GreenSquares()).scenes.tolist() == [[0, 11], [12, 23]]


def test_flickering_light_makes_no_cuts(tmp_path: Path) -> None:
    lights = Drawn(
        lambda i, w, h: (texture(w, h) * np.array([1, *[0.55 + 0.45 * np.sin(1.3 * i)] * 2])).astype(
            np.uint8
        ),
        lambda _: None,
    )
    path = lights.write(tmp_path / "a.mp4")
    assert looked(path, Settings(), GreenSquares()).scenes.tolist() == [[0, 44]]


def test_a_scene_without_a_face_has_no_mask(tmp_path: Path) -> None:
    empty = Drawn(lambda i, w, h: texture(800, 500, 5)[i : i + h, 2 * i : 2 * i + w], lambda _: None)
    assert planned(empty.write(tmp_path / "a.mp4")).tracks == ()


def test_the_same_clip_gives_the_same_plan(tmp_path: Path) -> None:
    path = walking(9.0).write(tmp_path / "a.mp4")
    first = dumps(planned(path))
    assert '"face"' in first
    assert dumps(planned(path)) == first


class GreenSquares:
    """Sees green squares as faces, exactly, and remembers how large the pictures were."""

    name = "green"

    def __init__(self, score: float = 0.9) -> None:
        self.score = score
        self.sizes: list[tuple[int, int]] = []

    def detect(self, picture: Bgr, threshold: float) -> Faces:
        self.sizes.append((picture.shape[1], picture.shape[0]))
        blue, green, red = picture.astype(int).transpose(2, 0, 1)
        rows, columns = np.nonzero((green > 170) & (blue < 80) & (red < 80))
        if not rows.size or self.score < threshold:
            return Faces.none()
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        return Faces(np.array([box], np.float32), np.array([self.score], np.float32))


def green_at(frames: Sequence[int], pts: Sequence[int], time_base: Fraction = THIRTY) -> Drawn:
    """A clip with a green square that is there in some frames only."""

    def draw(i: int, width: int, height: int) -> Rgb:
        picture = texture(width, height, 5).copy()
        if i in frames:
            picture[80:120, 100:140] = (0, 220, 0)
        return picture

    return Drawn(draw, lambda i: (100, 80, 140, 120) if i in frames else None, pts, time_base, (320, 240))


def looked(path: Path, settings: Settings, detector: GreenSquares) -> Observations:
    return result(analyse(probe(path), settings, lambda _: detector))


def test_looks_come_at_even_times_and_at_both_ends(tmp_path: Path) -> None:
    pts = irregular(60)
    path = green_at([], pts, Fraction(1, 1000)).write(tmp_path / "a.mp4")
    seen = looked(path, Settings(), GreenSquares())
    frames = [look.frame for look in seen.looks]
    assert (frames[0], frames[-1]) == (0, 59)
    interval = SEARCHES["balanced"].interval
    for earlier, later in pairwise(frames):
        assert seen.time_base.seconds(int(seen.pts[later - 1] - seen.pts[earlier])) < interval
    for earlier, later in pairwise(frames[:-1]):
        assert seen.time_base.seconds(int(seen.pts[later] - seen.pts[earlier])) >= interval


def test_a_look_at_a_smeared_picture_is_soon_followed_by_one_at_a_calm_picture(tmp_path: Path) -> None:
    world = texture(1400, HIGH)
    drawn = Drawn(lambda i, w, _: world[:, whip(i) : whip(i) + w], lambda _: None, pts=range(60))
    seen = looked(drawn.write(tmp_path / "a.mp4"), Settings(), GreenSquares())
    whipped = [i for i in range(60) if whip(i) != whip(i - 1)]
    frames = [look.frame for look in seen.looks]
    smeared = [frame for frame in frames if frame in whipped]
    assert smeared
    assert frames[frames.index(smeared[-1]) + 1] == whipped[-1] + 1
    assert len(frames) <= 60 // 10 + 2 + 1


def test_every_size_of_look_has_its_turn(tmp_path: Path) -> None:
    detector = GreenSquares()
    path = green_at(range(90), range(90)).write(tmp_path / "a.mp4")
    seen = looked(path, Settings(), detector)
    scales = SEARCHES["balanced"].scales
    assert len(detector.sizes) == len(seen.looks) > len(scales)
    for index, (width, height) in enumerate(detector.sizes):
        across, down = look_size(320, 240, scales[index % len(scales)])
        assert across < width <= across + 80
        assert down < height <= down + 80


def test_boxes_are_in_pixels_of_the_picture_at_every_size_of_look(tmp_path: Path) -> None:
    path = green_at(range(90), range(90)).write(tmp_path / "a.mp4")
    seen = looked(path, Settings(), GreenSquares())
    for look in seen.looks:
        np.testing.assert_allclose(look.boxes, [[100, 80, 140, 120]], atol=4)


def test_what_is_seen_in_one_look_is_held_before_and_after(tmp_path: Path) -> None:
    pts = irregular(160)
    path = green_at(range(70, 80), pts, Fraction(1, 1000)).write(tmp_path / "a.mkv")
    seen = looked(path, Settings(), GreenSquares())
    (when,) = [int(seen.pts[look.frame]) for look in seen.looks if len(look.boxes)]
    held = sorted(build_plan(seen, Settings()).by_frame())
    assert held == [time for time in pts if abs(time - when) <= 2000]
    assert pts[0] < held[0]
    assert held[-1] < pts[-1]


def test_what_is_held_goes_with_the_camera(tmp_path: Path) -> None:
    # the square stands in the world for as long as it is there; the camera pans on by 4 and 2 pixels
    world = texture(900, 600, 5)
    green = world.copy()
    green[300:340, 300:340] = (0, 220, 0)

    def draw(i: int, width: int, height: int) -> Rgb:
        y, x = 180 + 2 * i, 140 + 4 * i
        return (green if i < 12 else world)[y : y + height, x : x + width]

    drawn = Drawn(draw, lambda _: None, pts=range(36), size=(480, 360))
    plan = build_plan(looked(drawn.write(tmp_path / "a.mp4"), Settings(), GreenSquares()), Settings())
    (track,) = plan.tracks
    assert len(track.pts) == 36
    middles = (track.regions[:, :2] + track.regions[:, 2:]) / 2
    shifts = np.diff(middles, axis=0)[15:]
    np.testing.assert_allclose(shifts.mean(axis=0), [-4, -2], atol=0.2)


def test_faint_things_count_from_the_users_threshold(tmp_path: Path) -> None:
    path = green_at([20], range(40)).write(tmp_path / "a.mp4")
    tracks = {
        threshold: len(build_plan(looked(path, used, GreenSquares(0.3)), used).tracks)
        for threshold in (0.2, 0.4)
        for used in [Settings(threshold=threshold)]
    }
    assert tracks == {0.2: 1, 0.4: 0}


@pytest.mark.parametrize("count", [1, 2])
def test_the_shortest_clips_are_looked_at_whole(tmp_path: Path, count: int) -> None:
    drawn = green_at(range(count), range(count))
    seen = looked(drawn.write(tmp_path / "a.mp4"), Settings(), GreenSquares())
    assert [look.frame for look in seen.looks] == list(range(count))
    assert_covered(build_plan(seen, Settings()), drawn)


def test_it_tells_what_it_does(tmp_path: Path) -> None:
    path = green_at([], range(300)).write(tmp_path / "a.mp4")
    events, _ = run(analyse(probe(path), Settings(), lambda _: GreenSquares()))
    assert events[0] == Started("a.mp4", "analyse", 300)
    done = [event.done for event in events[1:] if isinstance(event, Progress)]
    assert len(done) == len(events) - 1
    assert done == sorted(set(done))


def test_weights_that_are_absent_are_an_error_before_the_clip_is_read(tmp_path: Path) -> None:
    def absent(_: object) -> GreenSquares:
        raise WeightsError("the weights are missing")

    clip = probe(green_at([], range(3)).write(tmp_path / "a.mp4"))
    before = threading.active_count()
    with pytest.raises(WeightsError):
        result(analyse(clip, Settings(), absent))
    assert threading.active_count() == before


class Broken(GreenSquares):
    def detect(self, *_: object) -> Faces:
        raise MemoryError


def test_a_detector_that_fails_is_never_taken_for_nothing_seen(tmp_path: Path) -> None:
    clip = probe(green_at([], range(30)).write(tmp_path / "a.mp4"))
    before = threading.active_count()
    with pytest.raises(MemoryError):
        result(analyse(clip, Settings(), lambda _: Broken()))
    assert threading.active_count() == before


def test_a_clip_that_ends_early_is_an_error(tmp_path: Path) -> None:
    path = green_at([], range(60)).write(tmp_path / "a.mkv")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    before = threading.active_count()
    with pytest.raises(InputError):
        result(analyse(probe(path), Settings(), lambda _: GreenSquares()))
    assert threading.active_count() == before
