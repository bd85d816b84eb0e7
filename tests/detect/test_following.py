from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from blur.detect.following import follow_region
from blur.errors import AuditError, UsageError
from blur.media.clip import Clip
from blur.media.probe import probe
from blur.media.reader import read
from blur.plan.edit import added
from blur.plan.model import Plan
from tests.steps import result

FRAMES = 30
SIDE = 60


def place(frame: int) -> tuple[int, int]:
    """Where the thing is: it goes right and down, over a background that stands still."""
    return 60 + 4 * frame, 50 + 2 * frame


def film(path: Path, *, cut: int | None = None) -> Clip:
    rng = np.random.default_rng(1)

    def texture(height: int, width: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        coarse = rng.integers(40, 216, (height // 6 + 1, width // 6 + 1), dtype=np.uint8)
        return np.kron(coarse, np.ones((6, 6), np.uint8))[:height, :width]

    street, thing, other = texture(240, 320), texture(SIDE, SIDE), texture(240, 320)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 25)
        stream.width, stream.height, stream.pix_fmt, stream.options = 320, 240, "yuv420p", {"crf": "10"}
        for frame in range(FRAMES):
            picture = street.copy() if cut is None or frame < cut else other.copy()
            x, y = place(frame)
            if cut is None or frame < cut:
                picture[y : y + SIDE, x : x + SIDE] = thing
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(picture, "gray8").reformat(format="yuv420p"))
            )
        container.mux(stream.encode())
    return probe(path)


def drawn(clip: Clip, middle: int) -> tuple[Plan, int]:
    pts = np.array([frame.pts for frame in read(clip)], np.int64)
    x, y = place(middle)
    empty = Plan(clip.width, clip.height, clip.time_base, pts, ())
    return added(empty, (x, y, x + SIDE, y + SIDE), int(pts[0]), int(pts[-1])), int(pts[middle])


def followed(clip: Clip, plan: Plan, index: int, at: int) -> Plan:
    return result(follow_region(clip, plan, index, at))


@pytest.mark.parametrize("middle", [0, 14, FRAMES - 1])
def test_a_region_follows_what_is_under_it_forwards_and_backwards(tmp_path: Path, middle: int) -> None:
    clip = film(tmp_path / "a.mp4")
    plan, at = drawn(clip, middle)
    track = followed(clip, plan, 0, at).tracks[0]
    assert track.pts.tolist() == plan.pts.tolist()
    wanted = np.array([[*place(frame), *(edge + SIDE for edge in place(frame))] for frame in range(FRAMES)])
    assert np.abs(track.regions - wanted).max() <= 4
    assert track.regions[middle].tolist() == wanted[middle].tolist()


def test_at_a_cut_it_stands_still_and_goes_on_covering(tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4", cut=15)
    plan, at = drawn(clip, 5)
    track = followed(clip, plan, 0, at).tracks[0]
    assert len(track.pts) == FRAMES
    assert np.ptp(track.regions[15:], axis=0).tolist() == [0, 0, 0, 0]
    assert np.abs(track.regions[14, :2] - place(14)).max() <= 4


def test_what_is_not_there_or_not_this_clip_s_is_refused(tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4")
    plan, at = drawn(clip, 3)
    for index, time in ((1, at), (0, at + 1)):
        with pytest.raises(UsageError):
            followed(clip, plan, index, time)
    other = Plan(plan.width, plan.height, plan.time_base, plan.pts + 1, ())
    with pytest.raises(AuditError):
        followed(clip, added(other, (0, 0, 9, 9), 0, 1 << 40), 0, int(other.pts[0]))
