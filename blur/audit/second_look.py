"""Looking once more, at what was written: are there faces that nothing covers?

A single look cries wolf. So each place in which something was seen is looked at three times more, by
itself and at the sizes that CenterFace knows best, and the mean of all four scores decides.
`benchmarks/planted.py` prints how many faces that finds and how often it is wrong.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from blur.audit.depth import Depth, View
from blur.audit.finding import COVERED, Finding, covered_shares
from blur.detect.detector import Bgr, Detector, Faces
from blur.detect.looking import look, toned
from blur.geometry import Boxes, areas, centres, iou, sizes
from blur.media.clip import Frame
from blur.media.picture import as_bgr
from blur.plan.doubts import NIGHT
from blur.plan.model import Regions
from blur.track.motion import carried
from blur.track.schedule import look_size

GLIMPSED = 0.2
"""Score from which a place is worth a closer look."""
SEEN = 0.3
"""Mean score from which a face is there."""
FAINT = (0.25, 0.14)
"""First and mean score from which one is there if another look agrees; see `blur.audit.agreement`."""
DOUBTFUL, AT_THE_EDGE = 0.5, 0.38
"""Mean scores from which one is there where other things look like faces: necks and chests below a mask, and
shoulders at the picture's edge, which is mirrored. What is dark there is as doubtful as a chest."""
TRUST = {"retinaface": 0.7}
"""How far scores are believed beside CenterFace's: RetinaFace's are high for hands."""
INSIDE, WHOLLY = 0.5, 0.6
"""Share of a box that must lie in the picture, and share from which it is not at the edge."""
LEAST = 0.1
"""Score from which a closer look adds to the mean."""
SAME = 0.35
"""Boxes of two views that overlap by this much IoU are one thing."""
CLOSER = ((96, 32), (128, 43), (128, 64))
"""Side of a closer look at one place, and of the face in it, in pixels."""
AHEAD = 3
"""Frames that wait to be looked at, at most."""

Makers = Mapping[str, Callable[[], Detector]]
"""How to load each detector, by name."""

Sightings: TypeAlias = tuple[tuple[Finding, ...], tuple[Finding, ...]]
"""What is surely a face, and what may be one."""


class SecondLook:
    """Takes looks in the thread of ``pool`` while the caller decodes.

    Args:
        frames: positions of the frames to look at, rising.
        depth: the views that the looks are made of.
        regions: what is covered in each of these, by position; nothing where it is not known.
    """

    def __init__(
        self,
        frames: Sequence[int],
        depth: Depth,
        regions: Mapping[int, Regions],
        makers: Makers,
        pool: ThreadPoolExecutor,
    ) -> None:
        self._views = {frame: depth.looks[turn % len(depth.looks)] for turn, frame in enumerate(frames)}
        self._regions = regions
        self._pool = pool
        self._eyes = Eyes(makers)
        self._waiting: deque[Future[Sightings]] = deque()
        self._found: list[Finding] = []
        self._faint: list[Finding] = []

    def add(self, index: int, frame: Frame) -> None:
        """Take in a frame of the output; those that are not to be looked at cost nothing."""
        if index not in self._views:
            return
        while len(self._waiting) >= AHEAD:
            self._take()
        picture = frame.picture
        width, height = look_size(picture.width, picture.height, 1.0)
        seen = as_bgr(picture, width, height)
        zoom = np.array([picture.width / width, picture.height / height] * 2)
        regions = self._regions.get(index, np.empty((0, 4), np.int32))
        self._waiting.append(self._pool.submit(self._look, index, seen, regions / zoom, zoom))

    def sightings(self) -> Sightings:
        """All that was seen, once every look is done."""
        while self._waiting:
            self._take()
        return tuple(self._found), tuple(self._faint)

    def _take(self) -> None:
        found, faint = self._waiting.popleft().result()
        self._found += found
        self._faint += faint

    def _look(
        self, index: int, picture: Bgr, regions: NDArray[np.float64], zoom: NDArray[np.float64]
    ) -> Sightings:
        found, faint = self._eyes.judged(picture, regions, self._views[index])
        return _as_findings(index, found, zoom), _as_findings(index, faint, zoom)


def _as_findings(index: int, faces: Faces, zoom: NDArray[np.float64]) -> tuple[Finding, ...]:
    places = (faces.boxes * zoom).tolist()
    return tuple(
        Finding(index, (x0, y0, x1, y1), score)
        for (x0, y0, x1, y1), score in zip(places, faces.scores.tolist(), strict=True)
    )


class Eyes:
    """The detectors of a second look, each loaded when it is first needed."""

    def __init__(self, makers: Makers) -> None:
        self._detector = cache(lambda name: makers[name]())

    def exposed(self, picture: Bgr, regions: NDArray[np.float64], views: Sequence[View]) -> Faces:
        """The sure ones of `judged`."""
        return self.judged(picture, regions, views)[0]

    def judged(
        self, picture: Bgr, regions: NDArray[np.float64], views: Sequence[View]
    ) -> tuple[Faces, Faces]:
        """Faces in a picture that no region covers, with their mean scores: sure ones and faint ones.

        Args:
            regions: shape (N, 4), in pixels of the picture, as are the faces.

        Raises:
            WeightsError: a detector's weights are absent or altered.
        """
        glimpsed = self._glimpsed(picture, regions, views)
        sure, faint = [], []
        for members in _groups(glimpsed.boxes, glimpsed.scores):
            box, score = glimpsed.boxes[members[0]], float(glimpsed.scores[members[0]])
            mean = (score + sum(self._closer(picture, box))) / (1 + len(CLOSER))
            chest = below_a_mask(box, regions)
            if mean >= _enough(box, picture, chest=chest):
                sure.append((box, mean))
            elif not chest and score >= FAINT[0] and mean >= FAINT[1]:
                faint.append((box, mean))
        return _as_faces(sure), _as_faces(faint)

    def _glimpsed(self, picture: Bgr, regions: NDArray[np.float64], views: Sequence[View]) -> Faces:
        """What any of the views sees, in the picture and outside of the regions."""
        shown = toned(picture, picture)
        seen = [glance(shown, self._detector(view.detector), view) for view in views]
        boxes = np.concatenate([faces.boxes for faces in seen])
        trusts = np.repeat([TRUST.get(view.detector, 1.0) for view in views], [len(faces) for faces in seen])
        scores = np.concatenate([faces.scores for faces in seen]) * trusts.astype(np.float32)
        kept = (scores >= GLIMPSED) & (_inside(boxes, picture) >= INSIDE)
        kept &= covered_shares(boxes, regions) < COVERED
        return Faces(boxes[kept], scores[kept])

    def _closer(self, picture: Bgr, box: NDArray[np.float32]) -> Iterator[float]:
        """The best score of a face at a place in each of the closer looks at it; 0 where there is none."""
        for side, face in CLOSER:
            cut = _cut_out(picture, box, side, face)
            inner = slice((side - face) // 2, (side + face) // 2)
            faces = self._detector("centerface").detect(toned(cut, cut[inner, inner]), LEAST)
            near = np.abs(centres(faces.boxes) - side / 2).max(axis=1, initial=0.0) < 0.6 * face
            alike = np.abs(np.log2(sizes(faces.boxes).max(axis=1, initial=1e-6) / face)) < 1
            yield float(faces.scores[near & alike].max(initial=0.0))


def below_a_mask(box: NDArray[np.float32], regions: NDArray[np.float64]) -> bool:
    """Whether a box, shape (4,), lies where the neck or the chest of a covered head is.

    A neck, or a part of the chest, is smaller than the mask; a whole chest is wider than the mask.
    What measures as much as the mask is someone in front.

    Args:
        regions: shape (N, 4), the masks, of which each measures about one and a half heads.
    """
    size = np.maximum(regions[:, 2:] - regions[:, :2], 1e-6)
    away = ((box[:2] + box[2:]) - (regions[:, :2] + regions[:, 2:])) / 2 / size
    larger = (box[2:] - box[:2]).max() / size.max(axis=1)
    alike = (larger < 0.7) | ((larger > 1.1) & (larger < 1.5))
    below = (np.abs(away[:, 0]) < 0.4) & (away[:, 1] > 0.4) & (away[:, 1] < 0.9)
    return bool((below & alike).any())


def _enough(box: NDArray[np.float32], picture: Bgr, *, chest: bool) -> float:
    """The mean score from which a box, shape (4,), is a face."""
    if chest:
        return DOUBTFUL
    if _inside(box[None], picture)[0] >= WHOLLY:
        return SEEN
    x0, y0, x1, y1 = [max(int(side), 0) for side in box]
    return DOUBTFUL if picture[y0 : y1 + 1, x0 : x1 + 1].mean() < NIGHT else AT_THE_EDGE


def _inside(boxes: Boxes, picture: Bgr) -> NDArray[np.float32]:
    """Which share of each box lies in the picture, shape (N,)."""
    height, width = picture.shape[:2]
    inside = areas(np.clip(boxes, 0, np.array([width, height] * 2, np.float32)))
    return np.asarray(inside / np.maximum(areas(boxes), 1e-6), np.float32)


def _as_faces(rows: Sequence[tuple[NDArray[np.float32], float]]) -> Faces:
    boxes = np.array([box for box, _ in rows], np.float32).reshape(-1, 4)
    return Faces(boxes, np.array([score for _, score in rows], np.float32))


def glance(picture: Bgr, detector: Detector, view: View) -> Faces:
    """The sightings of one view that score at least ``GLIMPSED``, in pixels of ``picture``."""
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
    faces = look(detector, shown, GLIMPSED)
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
