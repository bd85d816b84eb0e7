"""Analysing a clip: one pass that follows the camera in every frame and looks for faces in some."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from blur.detect.detector import Bgr, Detector, Faces
from blur.detect.finder import finder
from blur.detect.looking import look
from blur.events import Progress, Started, Steps
from blur.geometry import Boxes
from blur.media.clip import Clip, Frame
from blur.media.picture import as_bgr, as_luma
from blur.media.reader import ahead, read
from blur.settings import Preset, Settings
from blur.track.flow import Paths
from blur.track.motion import CALM, STILL, Grey, Motion, Similarity, estimate, small_size
from blur.track.observe import Hints, Look, Observations
from blur.track.schedule import look_size, search_for
from blur.track.window import follow

CLEAR = 0.3
"""Sightings of this score are followed by their own flow where the camera does not explain them."""
AHEAD = 6
LAG = 3
"""Looks that may still be going on while the camera is followed: one may take long."""
SOON = 3
"""A smeared look is taken again after this part of the interval at the earliest."""
TICK = 0.1

NOWHERE: Paths = np.empty((0, 0, 4), np.float32)


def analyse(
    clip: Clip, settings: Settings, detectors: Callable[[Preset], Detector] = finder
) -> Steps[Observations]:
    """Look at a clip; yields events of stage ``analyse``.

    Raises:
        InputError: the clip cannot be read to its end.
        WeightsError: the detector's weights are absent or altered.
    """
    yield Started(clip.name, "analyse", clip.frames)
    shown = time.monotonic()
    with ThreadPoolExecutor(1, "blur-look") as pool, closing(ahead(read(clip, keep=True), AHEAD)) as frames:
        scan = Scan(clip, settings, pool.submit(detectors, settings.preset), pool)
        for frame in frames:
            scan.add(frame)
            if time.monotonic() - shown >= TICK:
                shown = time.monotonic()
                yield Progress(clip.name, "analyse", len(scan.pts), clip.frames)
        return scan.finish()


@dataclass(slots=True)
class _Glance:
    """A look that is being taken."""

    frame: int
    seen: Future[tuple[Faces, Faces]]
    """Sightings and hints."""
    scale: tuple[float, float]
    """Pixels of the upright picture for each pixel of the look, across and down."""
    ahead: Paths = field(default_factory=lambda: NOWHERE)
    behind: Paths = field(default_factory=lambda: NOWHERE)

    def boxes(self) -> Boxes:
        """Of the sightings, in pixels of the upright picture; waits until the look is done."""
        return self._placed(self.seen.result()[0])

    def clear(self) -> NDArray[np.bool_]:
        return self.seen.result()[0].scores >= CLEAR

    def finished(self) -> Look:
        faces, hints = self.seen.result()
        empty = np.empty((len(faces), 0, 4), np.float32)
        return Look(
            self.frame,
            self._placed(faces),
            faces.scores,
            self.ahead if len(self.ahead) else empty,
            self.behind if len(self.behind) else empty,
            Hints(self._placed(hints), hints.scores),
        )

    def _placed(self, faces: Faces) -> Boxes:
        return faces.boxes * np.array(self.scale * 2, np.float32)


@dataclass(slots=True)
class _Window:
    """The frames from one look to the next, and the camera's movements between them."""

    start: _Glance
    greys: list[Grey]
    moves: list[Similarity] = field(default_factory=list)
    end: _Glance | None = None


class Scan:
    """The state of the pass: what was seen so far. Memory is bounded by a few looks' worth of frames.

    Detection runs in ``pool`` while the camera is followed in the caller's thread.
    """

    def __init__(
        self, clip: Clip, settings: Settings, detector: Future[Detector], pool: ThreadPoolExecutor
    ) -> None:
        self._clip = clip
        self._search = search_for(settings)
        self._detector = detector
        self._pool = pool
        self._interval = clip.time_base.ticks(self._search.interval)
        self._small = small_size(clip.width, clip.height)
        enlarge = np.diag([clip.width / self._small[0], clip.height / self._small[1], 1.0])
        self._enlarge, self._shrink = enlarge, np.linalg.inv(enlarge)
        self._move = STILL  # in the small pictures, into the last frame
        self._smeared = False  # the last look's picture
        self.pts: list[int] = []
        self._moves: list[Similarity] = []
        self._trusts: list[float] = []
        self._lights: list[float] = []
        self._scenes: list[int] = []
        self._glances: list[_Glance] = []
        self._waiting: deque[_Window] = deque()
        self._window: _Window | None = None
        self._last: tuple[Frame, Grey] | None = None

    def add(self, frame: Frame) -> None:
        """Take in the next frame."""
        grey = as_luma(frame.picture, *self._small)
        motion = estimate(self._last[1], grey, self._move) if self._last else Motion(STILL, 1.0, 0.0)
        cut = self._last is None or motion.is_cut
        self._move = STILL if cut else motion.matrix
        if cut:
            self._close_scene()
            self._smeared = False
            self._scenes.append(len(self.pts))
        self.pts.append(frame.pts)
        self._moves.append(STILL if cut else self._enlarge @ motion.matrix @ self._shrink)
        self._trusts.append(1.0 if cut else motion.trust)
        self._lights.append(cv2.mean(grey)[0])
        self._last = frame, grey
        if self._window is not None:
            self._window.greys.append(grey)
            self._window.moves.append(motion.matrix)
        if self._window is None or self._is_due(frame.pts - self.pts[self._window.start.frame], motion):
            self._look()

    def finish(self) -> Observations:
        """All that was seen, after the last frame."""
        self._close_scene()
        self._settle(0)
        clip = self._clip
        ends = [*(first - 1 for first in self._scenes[1:]), len(self.pts) - 1]
        return Observations(
            width=clip.width,
            height=clip.height,
            time_base=clip.time_base,
            pts=np.array(self.pts, np.int64),
            moves=np.array(self._moves).reshape(-1, 3, 3),
            trusts=np.array(self._trusts),
            scenes=np.array(list(zip(self._scenes, ends, strict=False)), np.int64).reshape(-1, 2),
            looks=tuple(glance.finished() for glance in self._glances),
            lights=np.array(self._lights),
        )

    def _is_due(self, since: int, motion: Motion) -> bool:
        """Whether it is time for a look, ``since`` ticks after the last one.

        A look at a smeared picture finds little: another follows as soon as the camera is calm.
        """
        width, height = self._small
        middle = np.array([width / 2, height / 2, 1])
        smeared = bool(np.linalg.norm((motion.matrix @ middle - middle)[:2]) > CALM * max(self._small))
        again = self._smeared and not smeared and since * SOON >= self._interval
        due = since >= self._interval or again
        if due:
            self._smeared = smeared
        return due

    def _look(self) -> None:
        assert self._last is not None
        frame, grey = self._last
        glance = self._glance(frame)
        if self._window is not None:
            self._window.end = glance
            self._waiting.append(self._window)
        self._window = _Window(glance, [grey])
        self._settle(LAG)

    def _glance(self, frame: Frame) -> _Glance:
        clip, search = self._clip, self._search
        scale = search.scales[len(self._glances) % len(search.scales)]
        width, height = look_size(clip.width, clip.height, scale)
        picture = as_bgr(frame.picture, width, height)
        seen = self._pool.submit(self._seen, picture)
        glance = _Glance(len(self.pts) - 1, seen, (clip.width / width, clip.height / height))
        self._glances.append(glance)
        return glance

    def _seen(self, picture: Bgr) -> tuple[Faces, Faces]:
        faces = look(self._detector.result(), picture, self._search.hint)
        hint = faces.scores < self._search.weak
        return Faces(faces.boxes[~hint], faces.scores[~hint]), Faces(faces.boxes[hint], faces.scores[hint])

    def _close_scene(self) -> None:
        """A scene's last frame is looked at, so that no face near its end is only guessed."""
        if self._window is not None and self._window.start.frame != len(self.pts) - 1:
            self._look()
        self._window = None

    def _settle(self, most: int) -> None:
        """Follow faces through all windows but the latest ``most``, whose looks may not be done."""
        shrink = np.array([self._shrink[0, 0], self._shrink[1, 1]] * 2)
        while len(self._waiting) > most:
            window = self._waiting.popleft()
            assert window.end is not None
            earlier, later = window.start.boxes() * shrink, window.end.boxes() * shrink
            clear = window.start.clear(), window.end.clear()
            forwards, backwards = follow(
                earlier.astype(np.float32), later.astype(np.float32), clear, window.greys, window.moves
            )
            window.start.ahead = (forwards / shrink).astype(np.float32)
            window.end.behind = (backwards / shrink).astype(np.float32)
