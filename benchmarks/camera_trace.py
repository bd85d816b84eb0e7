"""How much of a camera's own pattern is left: python benchmarks/camera_trace.py [CLIP] [--frames N]

A known pattern is laid over each frame as a sensor's would be (1 % of the light, the same in every
frame), the clip is written as Blur writes it, and the pattern is looked for in the decoded output:
the peak of correlation over all shifts against what lies around it (PCE; Goljan, Fridrich and Filler,
"Large scale test of sensor fingerprint camera identification", SPIE 2009). An expert calls a camera
found above 60. Two experts look, who take other things for noise; the larger of their figures is
printed. They also undo what only Blur knows, as well as any search could find it: one zoom, turn and
shift for all frames, the right ones for each fifth of a second alone, for every frame, and every
ripple. Without a clip, a drawn one is used: a pan over scikit-image's astronaut.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from blur.media.clip import Clip, Frame
from blur.media.demo import make_demo
from blur.media.picture import plane_views, planes
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.render.jitter import Jitter, Matrix

Picture = NDArray[np.float32]
Undo = Callable[[Picture, float], Picture]

STRENGTH = 0.01
SEED = 7
EXPERTS = ((5, 9.0), (9, 25.0))  # sides of the window, and variance of the noise, that each looks for


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("clip", nargs="?", type=Path)
    parser.add_argument("--frames", type=int, default=120)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = asked.clip or Path(folder, "demo.mov")
        if asked.clip is None:
            make_demo(source)
        clip = replace(probe(source), pixel_format="yuv420p")
        rng = np.random.default_rng(SEED)
        pattern = (STRENGTH * rng.standard_normal((clip.height, clip.width))).astype(np.float32)
        jitter = Jitter(clip.width, clip.height, np.random.default_rng(SEED))
        kept, moved = Path(folder, "keep.mp4"), Path(folder, "reduce.mp4")
        write(clip, kept, pattern, None, asked.frames)
        close = write(clip, moved, pattern, jitter, asked.frames)
        usual, output = probe(kept), probe(moved)

        def found(undo: Undo | None = None, looked_for: Picture = pattern) -> float:
            return pce(luma(read(output), output), looked_for, undo)

        print(f"{source.name}: {clip.width}x{clip.height}, {asked.frames} frames, pattern of {STRENGTH:.0%}")
        show("before, in the source", pce(luma(lit(clip, pattern, asked.frames), clip), pattern))
        show("written as usual (crf 18)", pce(luma(read(usual), usual), pattern))
        show("--camera-trace reduce", found())
        show("a pattern that is not there", found(looked_for=np.flip(pattern)))
        show("reduced, best single zoom", found(middle(jitter, asked.frames / 30)))
        show("reduced, best of moments", max(moments(output, pattern, jitter)))
        show("reduced, zooms all known", found(back(jitter)))
        show("reduced, ripples known too", found(wholly_back(jitter)))
        print(f"  picture: {np.mean(close):.1f} dB from one that is only moved (PSNR)")


def show(what: str, figure: float) -> None:
    print(f"  {what:<30}{figure:>10.0f}")


def lit(clip: Clip, pattern: Picture, frames: int) -> Iterator[Frame]:
    """The clip's frames as a sensor with the pattern would have taken them."""
    for frame in islice(read(clip), frames):
        picture = frame.picture.reformat(format=clip.pixel_format)
        light = planes(picture).arrays[0]
        light[...] = np.clip(np.rint(light * (1 + pattern)), 0, 255)
        yield Frame(frame.pts, picture)


def write(clip: Clip, path: Path, pattern: Picture, jitter: Jitter | None, frames: int) -> list[float]:
    """Writes the frames as Blur does; how close some of them came to being moved only, in decibels."""
    first: int | None = None
    close = []
    with Writer(path, clip, 18) as writer:
        for count, frame in enumerate(lit(clip, pattern, frames)):
            first = frame.pts if first is None else first
            if jitter is not None:
                seconds = float(clip.time_base.seconds(frame.pts - first))
                light = plane_views(frame.picture)[0].astype(np.float32)
                jitter.move(planes(frame.picture), seconds)
                if count % 20 == 0:
                    wanted = drawn(light, jitter.origins(pixels(light), seconds))
                    error = float(((plane_views(frame.picture)[0] - wanted) ** 2).mean())
                    close.append(10 * np.log10(255**2 / error))
            writer.write(frame)
    return close


def luma(frames: Iterator[Frame], clip: Clip) -> Iterator[tuple[float, Picture]]:
    """Seconds since the clip's first frame, and the light of each frame."""
    first: int | None = None
    for frame in frames:
        first = frame.pts if first is None else first
        seconds = float(clip.time_base.seconds(frame.pts - first))
        yield seconds, plane_views(frame.picture)[0].astype(np.float32)


def back(jitter: Jitter) -> Undo:
    """Each frame moved back exactly: the expert who has found the movement out."""
    return lambda picture, seconds: unwarped(picture, jitter.matrix(seconds))


def middle(jitter: Jitter, length: float) -> Undo:
    """All frames moved back by the movement's middle: the expert who searches for one zoom and turn."""
    mean = np.mean([jitter.matrix(length * step / 50) for step in range(50)], axis=0)
    return lambda picture, _: unwarped(picture, mean)


def wholly_back(jitter: Jitter) -> Undo:
    """Each point of each frame moved back: the expert to whom nothing is unknown."""

    def undo(picture: Picture, seconds: float) -> Picture:
        wanted = pixels(picture)
        points = wanted
        for _ in range(4):  # the movement is gentle, so that its inverse comes by steps
            points = points - (jitter.origins(points, seconds) - wanted)
        return drawn(picture, points)

    return undo


def moments(output: Clip, pattern: Picture, jitter: Jitter) -> Iterator[float]:
    """The figure of each sixth frame with its neighbours, moved back by the movement in their middle."""
    frames = luma(read(output), output)
    while near := list(islice(frames, 6)):
        matrix = jitter.matrix(near[len(near) // 2][0])
        yield pce(iter(near), pattern, lambda picture, _, matrix=matrix: unwarped(picture, matrix))  # type: ignore[misc]


def pixels(picture: Picture) -> NDArray[np.float64]:
    """The places of a picture's pixels: shape (H, W, 2)."""
    return np.stack(np.meshgrid(*(np.arange(side, dtype=float) for side in picture.shape[::-1])), axis=-1)


def drawn(picture: Picture, places: NDArray[np.float64]) -> Picture:
    """The picture with each pixel from its place, shape (H, W, 2)."""
    at = places.astype(np.float32)
    border = cv2.BORDER_REFLECT_101
    return np.asarray(cv2.remap(picture, at, None, cv2.INTER_CUBIC, borderMode=border), np.float32)


def unwarped(picture: Picture, moved: Matrix) -> Picture:
    height, width = picture.shape
    flags, border = cv2.INTER_CUBIC, cv2.BORDER_REFLECT
    return np.asarray(
        cv2.warpPerspective(picture, moved, (width, height), flags=flags, borderMode=border), np.float32
    )


def residue(picture: Picture, window: int, noise: float) -> Picture:
    """What an adaptive Wiener filter takes for noise of a variance: shape (H, W)."""
    size = (window, window)
    mean = cv2.blur(picture, size)
    variance = np.maximum(cv2.blur(picture * picture, size) - mean * mean, 0)
    return np.asarray((picture - mean) * noise / (noise + variance), np.float32)


def pce(frames: Iterator[tuple[float, Picture]], pattern: Picture, undo: Undo | None = None) -> float:
    """The larger of both experts' peak-to-correlation energies of the pattern, over all shifts."""
    noise, light = [np.zeros_like(pattern) for _ in EXPERTS], np.ones_like(pattern)
    for seconds, picture in frames:
        taken = undo(picture, seconds) if undo else picture
        for one, expert in zip(noise, EXPERTS, strict=True):
            np.add(one, residue(taken, *expert) * taken, out=one)
        light += taken * taken
    lit_by = np.float32(128) * (1 + pattern)
    pairs = zip(noise, EXPERTS, strict=True)
    return max(peak(one / light, residue(lit_by, *expert) / np.float32(128)) for one, expert in pairs)


def peak(found: Picture, wanted: Picture) -> float:
    """The peak-to-correlation energy of one picture in another."""
    found, wanted = found - found.mean(), wanted - wanted.mean()
    agreement = np.fft.irfft2(np.fft.rfft2(found) * np.conj(np.fft.rfft2(wanted)), wanted.shape)
    y, x = np.unravel_index(np.argmax(agreement), agreement.shape)
    around = np.roll(agreement, (5 - y, 5 - x), (0, 1))
    highest = around[5, 5]
    around[:11, :11] = 0
    return float(highest**2 / (around**2).mean())


if __name__ == "__main__":
    av.logging.set_level(av.logging.ERROR)
    main()
