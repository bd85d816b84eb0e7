"""How well faces in single pictures are covered: frames of annotated clips, each taken for a photo.

    python benchmarks/photos.py

A face leaks where less than 85 % of its box is masked. Only faces that can be seen at all count: at
least 20 pixels high, mostly in the picture and not behind a passer-by.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from blur.detect.centerface import CenterFace
from blur.detect.detector import Bgr, Detector
from blur.detect.photo import WAYS, search
from blur.detect.retinaface import RetinaFace
from blur.plan.photo import Sightings, build_photo_plan
from blur.render.region import region_mask
from blur.settings import Settings

EVERY = 40
SMALLEST = 20


def frames(path: Path) -> list[tuple[Bgr, list[list[float]]]]:
    """Every 40th frame of a clip as BGR, and its faces as the clip's JSON lists them."""
    faces = json.loads(path.with_suffix(".json").read_text())["frames"]
    with av.open(str(path)) as container:
        pictures = enumerate(container.decode(video=0))
        return [(p.to_ndarray(format="bgr24"), faces[i]) for i, p in pictures if i % EVERY == 5]


def masked(picture: Bgr, detectors: dict[str, Detector]) -> NDArray[np.bool_]:
    """Which pixels the default settings would cover."""
    height, width = picture.shape[:2]
    faces = search(picture, detectors, WAYS["balanced"])
    plan = build_photo_plan(Sightings(width, height, faces.boxes, faces.scores), Settings())
    mask = np.zeros((height, width), np.bool_)
    for regions in plan.by_frame().values():
        for patch in region_mask(regions, width, height):
            mask[patch.window()] |= patch.mask
    return mask


def main(folder: Path) -> None:
    detectors: dict[str, Detector] = {one.name: one for one in (CenterFace(), RetinaFace())}
    leaked = counted = 0
    elsewhere, seconds = [], []
    for path in sorted(folder.glob("*.mp4")):
        for picture, faces in frames(path):
            began = time.monotonic()
            mask = masked(picture, detectors)
            seconds.append(time.monotonic() - began)
            away = mask.copy()
            for _, x, y, w, h, inside, hidden, invalid, *_ in faces:
                x0, y0, x1, y1 = np.clip([x, y, x + w, y + h], 0, [*mask.shape[::-1]] * 2).astype(int)
                away[max(0, int(y - h)) : int(y + 2 * h), max(0, int(x - w)) : int(x + 2 * w)] = False
                if h >= SMALLEST and not invalid and inside >= 0.5 and hidden <= 0.5:
                    counted += 1
                    leaked += mask[y0:y1, x0:x1].mean() < 0.85
            elsewhere.append(away.mean())
    print(f"{len(seconds)} pictures, {counted} faces, leaked {leaked / counted:.3f}, ", end="")
    print(f"masked elsewhere {np.mean(elsewhere):.3f}, {np.mean(seconds):.1f} s a picture")


if __name__ == "__main__":
    main(Path("../shared/media/crowdcam"))
