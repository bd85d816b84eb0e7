"""How well faces in single pictures are covered: frames of annotated clips, each taken for a photo.

    python benchmarks/photos.py

A face leaks where less than 85 % of its box is masked. Only faces that can be seen at all count: at
least 20 pixels high, mostly in the picture and not behind a passer-by. The thresholds were chosen on the
frames of the first line; those of the second had no part in it. What the second look of photos finds is
told of each: faces, where nothing is covered, and false alarms, where all is covered that the first saw.
"""

from __future__ import annotations

import json
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from blur.audit.output import MAKERS
from blur.audit.second_look import Eyes
from blur.audit.still import VIEWS
from blur.detect.centerface import CenterFace
from blur.detect.detector import Bgr, Detector
from blur.detect.photo import WAYS, search
from blur.detect.retinaface import RetinaFace
from blur.geometry import Boxes
from blur.plan.model import Plan
from blur.plan.photo import Sightings, build_photo_plan
from blur.render.region import region_mask
from blur.render.still import cover_rgb
from blur.settings import Settings

EVERY = 40
SMALLEST = 20
FIRST = (5, 25)
"""Of the frames that the thresholds were chosen on, and of others."""


def frames(path: Path, first: int) -> list[tuple[Bgr, list[list[float]]]]:
    """Every 40th frame of a clip as BGR, and its faces as the clip's JSON lists them."""
    faces = json.loads(path.with_suffix(".json").read_text())["frames"]
    with av.open(str(path)) as container:
        pictures = enumerate(container.decode(video=0))
        return [(p.to_ndarray(format="bgr24"), faces[i]) for i, p in pictures if i % EVERY == first]


def planned(picture: Bgr, detectors: dict[str, Detector]) -> Plan:
    """What the default settings would cover."""
    height, width = picture.shape[:2]
    faces = search(picture, detectors, WAYS["balanced"])
    return build_photo_plan(Sightings(width, height, faces.boxes, faces.scores), Settings())


def masked(plan: Plan) -> NDArray[np.bool_]:
    mask = np.zeros((plan.height, plan.width), np.bool_)
    for regions in plan.by_frame().values():
        for patch in region_mask(regions, plan.width, plan.height):
            mask[patch.window()] |= patch.mask
    return mask


def second(picture: Bgr, plan: Plan, eyes: Eyes) -> tuple[Boxes, int]:
    """What the second look finds in the picture as it is, and how much in the covered one."""
    rgb = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
    regions = plan.by_frame().get(0, np.empty((0, 4), np.int32))
    if len(regions):
        cover_rgb(rgb, regions, "veil", np.random.default_rng())
    covered = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8)
    views = VIEWS["balanced"]
    return eyes.exposed(picture, np.empty((0, 4)), views).boxes, len(eyes.exposed(covered, regions, views))


def measure(folder: Path, first: int, detectors: dict[str, Detector], eyes: Eyes) -> str:
    leaked = counted = seen = alarms = 0
    elsewhere = []
    for path in sorted(folder.glob("*.mp4")):
        for picture, faces in frames(path, first):
            plan = planned(picture, detectors)
            found, wrong = second(picture, plan, eyes)
            mask = masked(plan)
            alarms += wrong
            away = mask.copy()
            for _, x, y, w, h, inside, hidden, invalid, *_ in faces:
                x0, y0, x1, y1 = np.clip([x, y, x + w, y + h], 0, [*mask.shape[::-1]] * 2).astype(int)
                away[max(0, int(y - h)) : int(y + 2 * h), max(0, int(x - w)) : int(x + 2 * w)] = False
                if h >= SMALLEST and not invalid and inside >= 0.5 and hidden <= 0.5:
                    counted += 1
                    leaked += mask[y0:y1, x0:x1].mean() < 0.85
                    middle = np.array([x + w / 2, y + h / 2])
                    seen += ((found[:, :2] < middle) & (found[:, 2:] > middle)).all(axis=1).any()
            elsewhere.append(away.mean())
    return (
        f"{len(elsewhere)} pictures, {counted} faces, leaked {leaked / counted:.3f}, masked elsewhere "
        f"{np.mean(elsewhere):.3f}; second look: found {seen / counted:.2f}, {alarms} false alarms"
    )


def main(folder: Path) -> None:
    detectors: dict[str, Detector] = {one.name: one for one in (CenterFace(), RetinaFace())}
    eyes = Eyes(MAKERS)
    for first in FIRST:
        print(measure(folder, first, detectors, eyes), flush=True)


if __name__ == "__main__":
    main(Path("../shared/media/crowdcam"))
