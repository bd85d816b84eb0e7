"""Protection under motions that the search was not tuned on.

usage: python benchmarks/motions.py [FOLDER]     (a folder to keep the clips in; a temporary one otherwise)
Makes clips out of sharp frames of ../shared/media/crowdcam: four of them, mirrored at random, make one large
picture with known faces, over which a new camera is moved. Prints, for each clip, the rules of search.py
held against the plan of the default preset. The clips have the names and the truth that
../shared/bench/score.py and leaks.py expect, so that whole outputs can be judged by them, too.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

import av
import cv2
import numpy as np
from common import SHARED, result
from numpy.typing import NDArray
from search import Tally, judge

from blur.detect.analyse import analyse
from blur.media.probe import probe
from blur.plan.build import build_plan
from blur.settings import Settings

Picture = NDArray[np.uint8]
Matrix = NDArray[np.float64]
COLUMNS = ("face", "x", "y", "w", "h", "in_frame", "hidden_by_passer", "invalid", "occlusion", "blur")
SECONDS = 5
WIDE, HIGH = 1280, 720
"""Of the frames that the large pictures are made of, two by two."""
SHUTTER = 0.5
"""Part of a frame's time in which light falls in."""
CORNERS = np.array([[0, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]], np.float64)


@dataclass
class Camera:
    """Where a camera looks: the middle in shares of the large picture, zoom, and roll in degrees."""

    x: float = 0.5
    y: float = 0.5
    zoom: float = 1.0
    roll: float = 0.0
    scene: int = 0


@dataclass(frozen=True)
class Shot:
    """A clip to be made: how its camera moves with time, and what the light and the coding do to it."""

    camera: Callable[[float], Camera]
    size: tuple[int, int] = (1280, 720)
    rate: int = 30
    crf: int = 23
    walkers: int = 0
    night: bool = False
    light: Callable[[float], float] = lambda _: 1.0
    noise: float = 0.0
    bands: float = 0.0


@dataclass
class World:
    """A large picture and the faces in it: rows of x, y, w, h, invalid, occlusion, blur."""

    picture: Picture
    faces: list[list[float]] = field(default_factory=list)


@dataclass(frozen=True)
class Walker:
    """Someone who walks through the large picture, with or without a face, in pixels of it."""

    start: tuple[float, float]
    speed: float
    head: Picture | None
    """With a fourth channel: how much of the head covers what is behind it."""
    side: float
    face: tuple[float, float, float, float]
    """The box of the face in ``head``, in pixels of it."""

    def at(self, t: float) -> tuple[float, float]:
        return self.start[0] + self.speed * t, self.start[1] + 10 * np.sin(11 * t + self.side)

    def body(self, t: float) -> NDArray[np.float64]:
        """Four corners, clockwise, homogeneous: below the head, or all of a dark shape without a face."""
        x, y = self.at(t)
        top = y + (self.side * 0.55 if self.head is not None else -4000)
        half = self.side * 0.9
        return np.array([[x - half, top, 1], [x + half, top, 1], [x + half, 4000, 1], [x - half, 4000, 1]])


def wave(t: float, hertz: float, phase: float = 0.0) -> float:
    return float(np.sin(2 * np.pi * hertz * t + phase))


def hand(t: float, size: float = 1.0) -> tuple[float, float]:
    """A hand's shake, in shares of the large picture."""
    across = wave(t, 0.7) + 0.5 * wave(t, 1.9, 1) + 0.2 * wave(t, 5.3, 2)
    return size * 0.01 * across, size * 0.012 * (wave(t, 0.9, 2) + 0.4 * wave(t, 2.3))


def rolling(t: float) -> Camera:
    x, y = hand(t)
    return Camera(0.5 + 0.22 * wave(t, 0.13) + x, 0.7 + y, 1.1, 25 * wave(t, 0.45))


def zooming(t: float) -> Camera:
    x, y = hand(t)
    return Camera(0.32 + 0.07 * t + x, 0.27 + y, 1.0 + 1.1 * (1 - wave(t, 0.6, 1.57)), 3 * wave(t, 0.4))


def running(t: float) -> Camera:
    x, y = hand(t, 2)
    step = abs(wave(t, 1.4))
    return Camera(
        0.28 + 0.09 * t + x + 0.012 * wave(t, 1.4), 0.25 + y + 0.05 * step, 1.2, 5 * wave(t, 1.4, 1)
    )


def whipping(t: float) -> Camera:
    """Stands, is whipped to another place within a sixth of a second, and stands again."""
    places = (0.28, 0.7, 0.45, 0.72, 0.3, 0.6, 0.28)
    step, since = divmod(t, 0.75)
    share = min(max((since - 0.55) / 0.17, 0), 1)
    share *= share * (3 - 2 * share)
    x, y = hand(t)
    here, there = ((places[int(i) % 7], 0.3 + 0.4 * (int(i) % 2)) for i in (step, step + 1))
    middle = [a + (b - a) * share for a, b in zip(here, there, strict=True)]
    return Camera(middle[0] + x, middle[1] + y, 1.2)


def cutting(t: float) -> Camera:
    """Another picture or another place every few frames."""
    starts = (0, 0.5, 0.9, 1.05, 1.7, 1.9, 2.6, 3.0, 3.2, 4.1, 4.5)
    scene = int(np.searchsorted(starts, t, side="right")) - 1
    x, y = hand(t, 2)
    place = 0.27 + 0.46 * ((scene * 0.618) % 1)
    return Camera(place + x + 0.02 * (t - starts[scene]), 0.3 + 0.4 * (scene % 2) + y, 0.75, 0, scene)


def peeking(t: float) -> Camera:
    """Jerks aside for a fifth of a second, so that faces at the edge show for a few frames."""
    step, since = divmod(t, 0.6)
    jerk = max(0.0, wave(max(since - 0.38, 0), 2.3)) * (0.14 if int(step) % 2 else -0.14)
    x, y = hand(t, 0.4)
    return Camera(0.5 + jerk + x, 0.27 + (0.1 * jerk / 0.14 if int(step) % 3 == 2 else 0) + y, 1.5)


def strolling(t: float) -> Camera:
    x, y = hand(t, 1.5)
    return Camera(0.4 + 0.04 * t + x, 0.72 + y, 1.0, 4 * wave(t, 0.5))


def wild(t: float) -> Camera:
    """All at once."""
    x, y = hand(t, 2)
    camera = whipping(t * 0.6)
    return Camera(camera.x + x, 0.72 + y, 1.7 + 0.6 * wave(t, 0.5), 16 * wave(t, 0.35))


SHOTS = {
    "roll": Shot(rolling),
    "zoom": Shot(zooming, rate=24),
    "run": Shot(running, crf=28),
    "whips": Shot(whipping, (1920, 1080), 50),
    "cuts": Shot(cutting, (640, 360), 24),
    "peeks": Shot(peeking),
    "walkers": Shot(strolling, (720, 1280), walkers=9),
    "exposure": Shot(strolling, light=lambda t: (1.0, 0.3, 1.9, 0.6, 0.2)[int(t / 0.7) % 5]),
    "night": Shot(rolling, rate=25, night=True, light=lambda _: 0.55, noise=9.0, walkers=2),
    "flicker": Shot(running, (640, 360), crf=34, bands=0.45),
    "slow": Shot(running, rate=12, crf=34, walkers=4),
    "wild": Shot(wild, (1920, 1080), 24, 28, walkers=5),
}


def sharp_frame(path: Path, number: int) -> World:
    """One of the sharpest frames of a clip in which few faces are hidden, with its faces."""
    truth = json.loads(path.with_suffix(".json").read_text())
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    worth = []
    for picture, faces in zip(frames, truth["frames"], strict=False):
        clear = sum(row[5] > 0.95 and row[6] < 0.1 for row in faces)
        worth.append(cv2.Laplacian(picture[::2, ::2], cv2.CV_32F).var() * (1 + clear))
    index = int(np.argsort(worth)[::-1][number * 7])
    rows = [
        [*row[1:5], float(row[7] or row[5] < 0.95 or row[6] > 0.1), row[8], row[9]]
        for row in truth["frames"][index]
    ]
    return World(frames[index], rows)


def world(parts: list[World], random: np.random.Generator) -> World:
    """Four frames, mirrored at random, in one picture."""
    large = World(np.empty((2 * HIGH, 2 * WIDE, 3), np.uint8))
    for place, part in enumerate(parts):
        x0, y0 = place % 2 * WIDE, place // 2 * HIGH
        mirrored = bool(random.integers(2))
        large.picture[y0 : y0 + HIGH, x0 : x0 + WIDE] = part.picture[:, ::-1] if mirrored else part.picture
        for x, y, w, h, *rest in part.faces:
            large.faces.append([x0 + (WIDE - x - w if mirrored else x), y0 + y, w, h, *rest])
    return large


def walker(place: World, random: np.random.Generator, index: int, count: int) -> Walker:
    """Every third one is a dark shape, the others have a face of the large picture."""
    speed = random.uniform(150, 700) * random.choice([-1, 1])
    meets = random.uniform(0.25, 0.75) * 2 * WIDE
    start = meets - speed * SECONDS * (index + 0.5) / count, random.uniform(0.4, 0.6) * 2 * HIGH
    clear = [row for row in place.faces if row[3] >= 45 and not any(row[4:6]) and row[6] < 2]
    if index % 3 == 2 or not clear:
        return Walker(start, speed, None, random.uniform(60, 130), (0, 0, 0, 0))
    x, y, w, h = clear[random.integers(len(clear))][:4]
    x0, y0, x1, y1 = (max(round(v), 0) for v in (x - 0.3 * w, y - 0.4 * h, x + 1.3 * w, y + 1.2 * h))
    cut = place.picture[y0:y1, x0:x1]
    high, wide = cut.shape[:2]
    cover = np.zeros((high, wide), np.uint8)
    cv2.ellipse(cover, ((wide / 2, high / 2), (wide * 0.92, high * 0.95), 0), 255, -1)
    head = np.dstack([cut, cv2.GaussianBlur(cover, (7, 7), 0)])
    return Walker(start, speed, head, random.uniform(80, 160), (x - x0, y - y0, w, h))


def view(camera: Camera, size: tuple[int, int]) -> Matrix:
    """From the large picture to the frame, shape (3, 3); the frame stays inside the large picture."""
    cosine, sine = np.cos(np.radians(camera.roll)), np.sin(np.radians(camera.roll))
    reach = np.abs([[cosine, sine], [sine, cosine]]) @ np.array(size) / 2
    whole = np.array([2 * WIDE, 2 * HIGH], np.float64)
    zoom = max(camera.zoom, *(1.001 * 2 * reach / whole))
    middle = np.clip(np.array([camera.x, camera.y]) * whole, reach / zoom, whole - reach / zoom)
    turn = zoom * np.array([[cosine, -sine], [sine, cosine]])
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = turn, np.array(size) / 2 - turn @ middle
    return matrix


def placed(walker: Walker, t: float) -> Matrix:
    """From a walker's head to the large picture."""
    assert walker.head is not None
    scale = walker.side / walker.head.shape[0]
    x, y = walker.at(t)
    half = walker.head.shape[1] * scale / 2
    return np.array([[scale, 0, x - half], [0, scale, y - walker.side / 2], [0, 0, 1]])


def instant(place: World, walkers: list[Walker], matrix: Matrix, t: float, size: tuple[int, int]) -> Picture:
    """What falls in at one moment."""
    picture = cv2.warpAffine(place.picture, matrix[:2], size, flags=cv2.INTER_LINEAR)
    for walker in walkers:
        body = np.round(walker.body(t) @ matrix[:2].T).astype(np.int32)
        cv2.fillConvexPoly(picture, body, (38, 34, 36))
        if walker.head is not None:
            lay_over(picture, walker.head, matrix @ placed(walker, t))
    return picture


def lay_over(picture: Picture, head: Picture, matrix: Matrix) -> None:
    """Draws a head into the picture, where ``matrix`` takes it."""
    high, wide = head.shape[:2]
    edges = (CORNERS * (wide, high, 1)) @ matrix[:2].T
    size = picture.shape[1::-1]
    (x0, y0), (x1, y1) = (np.clip(v, 0, size).astype(int) for v in (edges.min(0), np.ceil(edges.max(0))))
    if x1 <= x0 or y1 <= y0:
        return
    drawn = cv2.warpAffine(head, matrix[:2] - [[0, 0, x0], [0, 0, y0]], (int(x1 - x0), int(y1 - y0)))
    cover = drawn[..., 3:].astype(np.float32) / 255
    here = picture[y0:y1, x0:x1]
    here[:] = (here * (1 - cover) + drawn[..., :3] * cover).astype(np.uint8)


def exposed(shot: Shot, place: World, walkers: list[Walker], t: float) -> Picture:
    """A frame, smeared by what moves while light falls in."""
    open_for = SHUTTER / shot.rate
    edges = CORNERS * (*shot.size, 1)
    first, last = (view(shot.camera(max(t + d * open_for, 0)), shot.size) for d in (-0.5, 0.5))
    way = np.abs((edges @ np.linalg.inv(first).T @ last.T - edges)[:, :2]).max()
    if shot.camera(max(t - open_for / 2, 0)).scene != shot.camera(t + open_for / 2).scene:
        way = 0.0
    count = int(np.clip(np.ceil(way / 5), 1, 16))
    total = np.zeros((shot.size[1], shot.size[0], 3), np.float32)
    for moment in t + (np.arange(count) + 0.5 - count / 2) / count * open_for:
        matrix = view(shot.camera(max(float(moment), 0.0)), shot.size)
        total += instant(place, walkers, matrix, float(moment), shot.size)
    return developed(shot, total / count, t)


def developed(shot: Shot, light: NDArray[np.float32], t: float) -> Picture:
    """The light of a frame through exposure, lamps that flicker line by line, and noise."""
    light *= np.float32(shot.light(t))
    if shot.bands:
        lines = np.arange(len(light)) / len(light)
        light = light * (1 - shot.bands * (0.5 + 0.5 * np.sin(9 * lines + 47 * t)))[:, None, None]
    if shot.noise:
        random = np.random.default_rng(round(t * 1000))
        light = light + random.normal(0, shot.noise, light.shape)
    return np.clip(light, 0, 255).astype(np.uint8)


def truth(
    place: World, walkers: list[Walker], matrix: Matrix, t: float, size: tuple[int, int]
) -> tuple[list[list[float]], list[list[list[float]]]]:
    """The rows of a frame's faces, and the shapes that pass before them."""
    bodies = [(walker.body(t) @ matrix[:2].T).round(1) for walker in walkers]
    hidden, heads = np.zeros((2, *size[::-1]), np.uint8)
    for body in bodies:
        cv2.fillConvexPoly(hidden, np.round(body).astype(np.int32), 1)
    faces = [(number, matrix, row) for number, row in enumerate(place.faces)]
    for number, walker in enumerate(walkers):
        if walker.head is not None:
            faces.append((1000 + number, matrix @ placed(walker, t), [*walker.face, 0, 0, 1]))
    rows = []
    for number, to_frame, (x, y, w, h, *rest) in reversed(faces):
        (a, b), (c, d) = to_frame[:2, :2]
        half = np.hypot([a * w, c * w], [b * h, d * h]) / 2
        middle = to_frame[:2] @ (x + w / 2, y + h / 2, 1)
        low, high = middle - half, middle + half
        (x0, y0), (x1, y1) = (np.clip(v, 0, size).astype(int) for v in (low, np.ceil(high)))
        if x1 <= x0 or y1 <= y0:
            continue
        inside = np.prod(np.minimum(high, size) - np.maximum(low, 0)) / np.prod(high - low)
        before = hidden if number >= 1000 else hidden | heads
        behind = float(before[y0:y1, x0:x1].mean())
        rows.append(
            [number, *low.round(1), *(high - low).round(1), round(inside, 3), round(behind, 3), *rest]
        )
        if number >= 1000:
            cv2.ellipse(heads, (tuple(middle), tuple(2.6 * half), 0), 1, -1)
    return [[float(value) for value in row] for row in rows], [body.tolist() for body in bodies]


def make(name: str, folder: Path, parts: dict[bool, list[World]]) -> Path:
    """Draws a clip and writes it beside its truth."""
    shot = SHOTS[name]
    random = np.random.default_rng(crc32(name.encode()))
    able = parts[shot.night]
    places = [world([able[i] for i in random.permutation(len(able))[:4]], random) for _ in range(3)]
    walkers = [walker(places[0], random, i, shot.walkers) for i in range(shot.walkers)]
    path = folder / f"{name}.mp4"
    frames, passers = [], []
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", shot.rate, options={"crf": str(shot.crf), "preset": "fast"})
        stream.width, stream.height, stream.pix_fmt = *shot.size, "yuv420p"
        for i in range(SECONDS * shot.rate):
            t = (i + 0.5) / shot.rate
            camera = shot.camera(t)
            place = places[camera.scene % 3]
            picture = exposed(shot, place, walkers, t)
            rows, shapes = truth(place, walkers, view(camera, shot.size), t, shot.size)
            frames.append([[row[0] + 100 * camera.scene, *row[1:]] for row in rows])
            passers.append(shapes)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))
    known = {"columns": COLUMNS, "frames": frames, "passers": passers, "night": shot.night, "fps": shot.rate}
    path.with_suffix(".json").write_text(json.dumps(known))
    return path


def make_all(folder: Path) -> list[Path]:
    """All clips; those that are there already are taken as they are."""
    clips = sorted((SHARED / "media/crowdcam").glob("*.mp4"))
    by_night: dict[bool, list[World]] = {False: [], True: []}
    missing = [name for name in SHOTS if not (folder / f"{name}.json").exists()]
    for clip in clips if missing else ():
        night = json.loads(clip.with_suffix(".json").read_text())["night"]
        by_night[night] += [sharp_frame(clip, number) for number in range(2)]
    for name in missing:
        make(name, folder, by_night)
    return [folder / f"{name}.mp4" for name in SHOTS]


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print("| motion | leak20 | people exposed | overmask | ms a frame |\n|---|---|---|---|---|")
        whole, processor = Tally(), 0.0
        for path in make_all(folder):
            start = time.process_time()
            plan = build_plan(result(analyse(probe(path), Settings())), Settings())
            took = time.process_time() - start
            known = json.loads(path.with_suffix(".json").read_text())
            tally = Tally()
            judge(tally, path.stem, known, plan)
            judge(whole, path.stem, known, plan)
            processor += took
            print(f"| {path.stem} | {tally.row()} | {1000 * took / len(tally.overmask):.1f} |", flush=True)
        print(f"| all | {whole.row()} | {1000 * processor / len(whole.overmask):.1f} |")


if __name__ == "__main__":
    main()
