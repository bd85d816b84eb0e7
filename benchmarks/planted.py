"""How many planted faces the second look finds, and how often it is wrong.

Usage: planted.py [CLIPS [SEED]]

Covers the crowds as `blur` does and audits the outputs: these alarms are false, as far as every face
is covered. Then it plants scikit-image's astronaut where nothing is covered, 24 to 200 pixels tall,
upright or tilted, in the middle or over the border, at rest or moving, for 1 to 30 frames, encodes and
audits again.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from common import REPOSITORY, SHARED, result
from numpy.typing import NDArray
from skimage.data import astronaut

sys.path.insert(0, str(REPOSITORY))
from blur.audit.finding import Finding, covered_shares
from blur.audit.output import audit
from blur.geometry import areas, iou
from blur.media.clip import Frame
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.pipeline import anonymise
from blur.plan.model import Plan
from blur.plan.store import load
from blur.settings import Settings

FACE = np.array([182.0, 58.0, 270.0, 178.0])
"""The face in the photo."""
HEAD = ((226.0, 112.0), (130.0, 180.0), 0.0)
"""Centre, axes and turn of the ellipse that is cut out of the photo."""
HEIGHTS = (24, 40, 64, 100, 150, 200)
PER_CLIP = 24
TRIES = 40
SPEED = 2.5
"""Standard deviation of how fast half of the faces move, in pixels a frame."""


@dataclass(frozen=True)
class Planted:
    """A face that was planted: shown from frame ``first`` on, ``height`` pixels tall, about (x, y).

    From each frame to the next it moves by (dx, dy).
    """

    first: int
    frames: int
    height: float
    x: float
    y: float
    turn: float
    dx: float
    dy: float

    def place(self, frame: int) -> NDArray[np.float64]:
        return np.array([self.x, self.y]) + (frame - self.first) * np.array([self.dx, self.dy])

    def box(self, frame: int, wider: float = 1.0) -> NDArray[np.float32]:
        half = np.array([(FACE[2] - FACE[0]) / (FACE[3] - FACE[1]), 1.0]) * self.height / 2 * wider
        middle = self.place(frame)
        return np.concatenate([middle - half, middle + half]).astype(np.float32)[None]

    def shown(self) -> range:
        return range(self.first, self.first + self.frames)


def plant(plan: Plan, rng: np.random.Generator) -> list[Planted]:
    """Faces at places and times where nothing is covered and no other one is."""
    regions = plan.by_frame()
    planted: list[Planted] = []
    for attempt in range(PER_CLIP * TRIES):
        frames = int(rng.integers(1, 31))
        face = Planted(
            int(rng.integers(0, len(plan.pts) - frames)),
            frames,
            HEIGHTS[attempt % len(HEIGHTS)] * rng.uniform(0.9, 1.1),
            rng.uniform(0, plan.width),
            rng.uniform(0, plan.height),
            rng.normal(0, 15),
            *(rng.normal(0, SPEED, 2) if attempt % 2 else (0.0, 0.0)),
        )
        if all(_is_free(face, frame, plan, regions, planted) for frame in face.shown()):
            planted.append(face)
        if len(planted) == PER_CLIP:
            break
    return planted


def _is_free(
    face: Planted,
    frame: int,
    plan: Plan,
    regions: Mapping[int, NDArray[np.int32]],
    others: Sequence[Planted],
) -> bool:
    """Whether a face is mostly in the picture in a frame, and neither a mask nor another face is near."""
    box, wide = face.box(frame), face.box(frame, 1.6)
    visible = areas(np.clip(box, 0, np.array([plan.width, plan.height] * 2, np.float32))) / areas(box)
    covered = covered_shares(wide, regions.get(int(plan.pts[frame]), np.empty((0, 4))))
    near = any(iou(wide, other.box(frame, 1.6)).any() for other in others if frame in other.shown())
    return bool(visible[0] > 0.7 and not covered.any() and not near)


def pasted(picture: NDArray[np.uint8], face: Planted, frame: int) -> NDArray[np.uint8]:
    """The picture of a frame with the astronaut's head in it."""
    photo, head = astronaut()[..., ::-1].copy(), np.zeros((512, 512), np.float32)
    cv2.ellipse(head, HEAD, 1.0, -1)
    scale = face.height / (FACE[3] - FACE[1])
    middle = (FACE[:2] + FACE[2:]) / 2
    place = cv2.getRotationMatrix2D(middle.tolist(), face.turn, scale)
    place[:, 2] += face.place(frame) - middle
    smooth = cv2.GaussianBlur(photo, (0, 0), max(0.1, 0.5 / scale - 0.5))
    size = picture.shape[1], picture.shape[0]
    share = cv2.GaussianBlur(cv2.warpAffine(head, place, size), (0, 0), 1.0)[..., None]
    mixed = cv2.warpAffine(smooth, place, size) * share + picture * (1 - share)
    return np.asarray(mixed.round(), np.uint8)


def rewrite(output: Path, target: Path, planted: Sequence[Planted]) -> None:
    """Writes the output again with the faces in it."""
    clip = probe(output)
    with Writer(target, clip, 18) as writer:
        for index, frame in enumerate(read(clip)):
            picture = frame.picture.to_ndarray(format="bgr24")
            for face in planted:
                if index in face.shown():
                    picture = pasted(picture, face, index)
            made = av.VideoFrame.from_ndarray(picture, "bgr24").reformat(format=clip.pixel_format)
            made.pts, made.time_base = frame.picture.pts, frame.picture.time_base
            writer.write(Frame(frame.pts, made))


def found(face: Planted, findings: Sequence[Finding]) -> bool:
    return any(
        one.frame in face.shown() and iou(face.box(one.frame), np.array([one.box], np.float32))[0, 0] > 0.3
        for one in findings
    )


def main() -> None:
    clips = sorted((SHARED / "media" / "crowdcam").glob("*.mp4"))[: int((sys.argv[1:2] or ["99"])[0])]
    rng = np.random.default_rng(int((sys.argv[2:3] or ["0"])[0]))
    alarms: dict[str, int] = defaultdict(int)
    seen: dict[str, list[tuple[Planted, bool]]] = defaultdict(list)
    minutes = 0.0
    with tempfile.TemporaryDirectory() as folder:
        output, plan_file, planted_file = (Path(folder, name) for name in ("o.mp4", "p.json", "f.mp4"))
        for clip in clips:
            settings = Settings(accept_unverified=True)
            for _ in anonymise(clip, output, settings, force=True, plan_file=plan_file):
                pass
            plan = load(plan_file)
            minutes += float(plan.time_base.seconds(int(plan.pts[-1] - plan.pts[0]))) / 60
            faces = plant(plan, rng)
            rewrite(output, planted_file, faces)
            for preset in ("balanced", "thorough"):
                depth = Settings(preset=preset)
                alarms[preset] += len(result(audit(output, plan, None, depth)))
                findings = result(audit(planted_file, plan, None, depth))
                seen[preset] += [(face, found(face, findings)) for face in faces]
            print(f"after {clip.name}:", flush=True)
            tell(alarms, seen, minutes)


def tell(alarms: Mapping[str, int], seen: Mapping[str, list[tuple[Planted, bool]]], minutes: float) -> None:
    for preset, faces in seen.items():
        print(f"{preset}: {alarms[preset]} false alarms, {alarms[preset] / minutes:.1f} a minute")
        for least in HEIGHTS:
            for frames in (1, 5):
                these = [ok for face, ok in faces if face.height >= 0.9 * least and face.frames >= frames]
                print(f"  at least {least} px, {frames} frames: {sum(these)} of {len(these)} found", end=";")
            print(flush=True)


if __name__ == "__main__":
    main()
