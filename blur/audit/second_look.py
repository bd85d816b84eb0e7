"""Looking once more, at what was written: are there faces that nothing covers?

Two looks must agree, for a single one cries wolf: two detectors, or one of them and CenterFace on
the place alone, enlarged or shrunk to the size that it knows best. `benchmarks/planted.py` prints how
many faces that finds and how often it is wrong.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from blur.audit.depth import View
from blur.audit.finding import COVERED, Finding, covered_shares
from blur.detect.detector import Bgr, Detector, Faces
from blur.detect.looking import look, toned
from blur.geometry import Boxes, areas, centres, iou, sizes
from blur.media.clip import Frame
from blur.media.picture import as_bgr
from blur.plan.model import Regions
from blur.track.motion import carried
from blur.track.schedule import look_size

SEEN = 0.3
"""Score from which a look counts."""
INSIDE = 0.6
"""Share of a box that must lie in the picture: the mirrored border makes faces of shoulders."""
SAME = 0.35
"""Boxes of two views that overlap by this much IoU are one thing."""
CLOSER = ((96, 32), (128, 43))
"""Side of an enlarged look at one place, and of the face in it, in pixels."""
AHEAD = 3
"""Frames that wait to be looked at, at most."""

Makers = Mapping[str, Callable[[], Detector]]
"""How to load each detector, by name."""


class SecondLook:
    """Takes looks in the thread of ``pool`` while the caller decodes.

    Args:
        frames: positions of the frames to look at.
        regions: what is covered in each of these, by position; nothing where it is not known.
    """

    def __init__(
        self,
        frames: Collection[int],
        views: Sequence[View],
        regions: Mapping[int, Regions],
        makers: Makers,
        pool: ThreadPoolExecutor,
    ) -> None:
        self._frames = frozenset(frames)
        self._regions = regions
        self._pool = pool
        self._eyes = pool.submit(Eyes, views, makers)
        self._waiting: deque[Future[list[Finding]]] = deque()
        self._found: list[Finding] = []

    def add(self, index: int, frame: Frame) -> None:
        """Take in a frame of the output; those that are not to be looked at cost nothing."""
        if index not in self._frames:
            return
        while len(self._waiting) >= AHEAD:
            self._found += self._waiting.popleft().result()
        picture = frame.picture
        width, height = look_size(picture.width, picture.height, 1.0)
        seen = as_bgr(picture, width, height)
        zoom = np.array([picture.width / width, picture.height / height] * 2)
        regions = self._regions.get(index, np.empty((0, 4), np.int32))
        self._waiting.append(self._pool.submit(self._look, index, seen, regions / zoom, zoom))

    def findings(self) -> tuple[Finding, ...]:
        """All that was found, once every look is done."""
        while self._waiting:
            self._found += self._waiting.popleft().result()
        return tuple(self._found)

    def _look(
        self, index: int, picture: Bgr, regions: NDArray[np.float64], zoom: NDArray[np.float64]
    ) -> list[Finding]:
        faces = self._eyes.result().exposed(picture, regions)
        places = (faces.boxes * zoom).tolist()
        return [
            Finding(index, (x0, y0, x1, y1), score)
            for (x0, y0, x1, y1), score in zip(places, faces.scores.tolist(), strict=True)
        ]


class Eyes:
    """The detectors of a second look. Raises WeightsError where their weights are absent or altered."""

    def __init__(self, views: Sequence[View], makers: Makers) -> None:
        self._views = views
        names = {*(view.detector for view in views), "centerface"}
        self._detectors = {name: makers[name]() for name in sorted(names)}

    def exposed(self, picture: Bgr, regions: NDArray[np.float64]) -> Faces:
        """Faces in a picture that no region covers.

        Args:
            regions: shape (N, 4), in pixels of the picture, as are the faces.
        """
        height, width = picture.shape[:2]
        shown = toned(picture, picture)
        seen = [glance(shown, self._detectors[view.detector], view) for view in self._views]
        boxes = np.concatenate([faces.boxes for faces in seen])
        scores = np.concatenate([faces.scores for faces in seen])
        who = np.repeat([view.detector for view in self._views], [len(faces) for faces in seen])
        inside = areas(np.clip(boxes, 0, np.array([width, height] * 2, np.float32)))
        open_ = (covered_shares(boxes, regions) < COVERED) & (inside >= INSIDE * areas(boxes))
        boxes, scores, who = boxes[open_], scores[open_], who[open_]
        kept, sure = [], []
        for members in _groups(boxes, scores):
            best = boxes[members[0]]
            others = scores[members][who[members] != who[members[0]]]
            again = float(others.max(initial=0.0)) or self._closer(picture, best)
            if again >= SEEN:
                kept.append(best)
                sure.append(min(float(scores[members[0]]), again))
        return Faces(np.array(kept, np.float32).reshape(-1, 4), np.array(sure, np.float32))

    def _closer(self, picture: Bgr, box: NDArray[np.float32]) -> float:
        """The best score of a face at a place, looked at by itself."""
        best = 0.0
        for side, face in CLOSER:
            cut = _cut_out(picture, box, side, face)
            inner = slice((side - face) // 2, (side + face) // 2)
            faces = self._detectors["centerface"].detect(toned(cut, cut[inner, inner]), SEEN)
            near = np.abs(centres(faces.boxes) - side / 2).max(axis=1, initial=0.0) < 0.6 * face
            alike = np.abs(np.log2(sizes(faces.boxes).max(axis=1, initial=1e-6) / face)) < 1
            best = max(best, float(faces.scores[near & alike].max(initial=0.0)))
        return best


def glance(picture: Bgr, detector: Detector, view: View) -> Faces:
    """The sightings of one view that score at least ``SEEN``, in pixels of ``picture``."""
    height, width = picture.shape[:2]
    size = max(1, round(width * view.scale)), max(1, round(height * view.scale))
    shown = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    matrix = np.diag([size[0] / width, size[1] / height, 1.0])
    if view.mirrored:
        shown = np.ascontiguousarray(shown[:, ::-1])
        matrix = np.array([[-1.0, 0, size[0]], [0, 1, 0], [0, 0, 1]]) @ matrix
    if view.turn:
        turning = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), view.turn, 1.0)
        turned = cv2.warpAffine(shown, turning, size, borderMode=cv2.BORDER_REFLECT_101)
        shown, matrix = np.asarray(turned, np.uint8), np.vstack([turning, (0, 0, 1)]) @ matrix
    faces = look(detector, shown, SEEN)
    return Faces(carried(faces.boxes, np.asarray(np.linalg.inv(matrix), np.float64)), faces.scores)


def _groups(boxes: Boxes, scores: NDArray[np.float32]) -> Iterator[NDArray[np.intp]]:
    """Indices of the boxes of one thing, the strongest first."""
    rest = np.argsort(-scores, kind="stable")
    while rest.size:
        same = iou(boxes[rest[:1]], boxes[rest])[0] > SAME
        same[0] = True
        yield rest[same]
        rest = rest[~same]


def _cut_out(picture: Bgr, box: NDArray[np.float32], side: int, face: int) -> Bgr:
    """A square of ``side`` pixels about a box, scaled so that the box measures ``face`` pixels."""
    height, width = picture.shape[:2]
    half = float((box[2:] - box[:2]).max()) * side / face / 2
    x0, y0 = np.floor((box[:2] + box[2:]) / 2 - half).astype(int).tolist()
    x1, y1 = np.ceil((box[:2] + box[2:]) / 2 + half).astype(int).tolist()
    cut = picture[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
    beyond = max(-y0, 0), max(y1 - height, 0), max(-x0, 0), max(x1 - width, 0)
    framed = cv2.copyMakeBorder(cut, *beyond, borderType=cv2.BORDER_REFLECT_101)
    shrinks = framed.shape[0] > side
    scaled = cv2.resize(framed, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(scaled, np.uint8)
