"""The audit of a finished photo: it opens, whole and at its size, and a second look finds no face in it.

The looks that made the plan are in `blur/detect/photo.py`; this one sees what was written, mirrored and at
other sizes, and counts only what two looks agree on. Of faces that nothing covers it finds three in four,
and it had no false alarm in 64 pictures that the first look had covered (`python benchmarks/photos.py`).
It takes an eighth of the first one's time. `examine_still` does that with any photo that is there already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from blur.audit.against import faults_between
from blur.audit.depth import View
from blur.audit.doubts import LATE, with_doubts
from blur.audit.finding import Finding
from blur.audit.output import MAKERS
from blur.audit.second_look import Eyes, Makers
from blur.detect.detector import Bgr
from blur.detect.photo import BASE_PIXELS
from blur.errors import AuditError, InputError
from blur.events import Started, Steps
from blur.geometry import Boxes
from blur.media.clip import Clip
from blur.media.stills import Rgb, probe_still, read_still
from blur.plan.model import Plan, Pts
from blur.plan.photo import Sightings, build_photo_plan
from blur.settings import Preset, Settings
from blur.text import printable
from blur.timing import TimeBase

_UPRIGHT = (View("centerface", 0.75, mirrored=True), View("retinaface", 0.7))
_TURNED = (View("centerface", 0.5, turn=60), View("centerface", 0.5, turn=-60))
VIEWS: dict[Preset, tuple[View, ...]] = {
    "fast": _UPRIGHT,
    "balanced": _UPRIGHT,
    "thorough": _UPRIGHT + _TURNED,
}


def check_still_opens(path: Path, _pts: Pts, _time_base: TimeBase, width: int, height: int) -> Steps[None]:
    """Decodes the finished photo as `check_playback` does a clip.

    Raises:
        AuditError: it cannot be decoded, holds several pictures or has another size.
    """
    yield Started(printable(path.name), "check")
    _opened(path, width, height)


def audit_still(
    path: Path,
    plan: Plan,
    _seen: Sightings | None,
    settings: Settings,
    _earlier: Sequence[Plan] = (),
    makers: Makers = MAKERS,
) -> Steps[tuple[Finding, ...]]:
    """Look at a finished photo as others will see it; yields events of stage ``check``.

    Returns:
        What looks like a face and is not covered.

    Raises:
        AuditError: as `check_still_opens`.
        WeightsError: a detector's weights are absent or altered.
    """
    yield Started(printable(path.name), "check")
    pixels = _opened(path, plan.width, plan.height)
    factor = _factor(plan)
    regions = plan.by_frame().get(int(plan.pts[0]), np.empty((0, 4), np.int32))
    faces = Eyes(makers).exposed(
        _small(pixels, factor), regions.astype(np.float64) * factor, VIEWS[settings.preset]
    )
    places = (faces.boxes / factor).tolist()
    return tuple(
        Finding(0, (x0, y0, x1, y1), score)
        for (x0, y0, x1, y1), score in zip(places, faces.scores.tolist(), strict=True)
    )


def examine_still(
    path: Path, source: Path | None, plan: Plan | None, settings: Settings
) -> Steps[tuple[Plan, tuple[Finding, ...], list[str]]]:
    """Look at a photo by whomever it was made; yields events of stage ``check``.

    Arguments and errors as of `blur.audit.examine.examine`.

    Returns:
        The plan, or one that covers nothing; what looks like a face and is not covered; in what the photo is
        not the source as planned, in plain words.
    """
    photo = probe_still(path)
    pixels = read_still(photo)
    original = None if source is None else probe_still(source)
    bare = Plan(photo.width, photo.height, TimeBase(1, 1), np.zeros(1, np.int64), ())
    expected = plan or bare
    sizes = {(each.width, each.height) for each in (photo, original, plan) if each is not None}
    if len(sizes) > 1 or len(expected.pts) != 1:
        faults = ["the photo, the source and the plan differ in size"]
        expected = bare
    elif original is not None and plan is not None:
        factor = _factor(plan)
        regions = plan.by_frame().get(int(plan.pts[0]), np.empty((0, 4), np.int32))
        before, after = (
            np.asarray(cv2.cvtColor(_small(each, factor), cv2.COLOR_BGR2GRAY), np.uint8)
            for each in (read_still(original), pixels)
        )
        faults = faults_between(before, after, np.round(regions * factor).astype(np.int32))
    else:
        faults = []
    findings = yield from audit_still(path, expected, None, settings)
    return expected, findings, faults


def repair_still(
    photo: Clip, _seen: Sightings | None, plan: Plan, findings: Sequence[Finding], settings: Settings
) -> Steps[Plan]:
    """The plan with what a second look found covered too; nothing is ever uncovered."""
    yield Started(photo.name, "plan")
    boxes: Boxes = np.array([finding.box for finding in findings], np.float32)
    scores = np.array([finding.score for finding in findings], np.float32)
    more = build_photo_plan(Sightings(photo.width, photo.height, boxes, scores), settings)
    return with_doubts(replace(plan, tracks=plan.tracks + more.tracks), findings, LATE)


def _opened(path: Path, width: int, height: int) -> Rgb:
    try:
        photo = probe_still(path)
        pixels = read_still(photo)
    except InputError as error:
        raise AuditError(f"the output cannot be opened: {error.message}") from error
    if (photo.width, photo.height) != (width, height):
        raise AuditError(f"the output measures {photo.width}x{photo.height}, not {width}x{height}")
    return pixels


def _factor(plan: Plan) -> float:
    return float(min(1.0, (BASE_PIXELS / (plan.width * plan.height)) ** 0.5))


def _small(pixels: Rgb, factor: float) -> Bgr:
    height, width = pixels.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    shrunk = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(shrunk, cv2.COLOR_RGB2BGR), np.uint8)
