"""What cannot be decoded is black as a whole, at its own times; what can be is what it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from blur.errors import DamagedError
from blur.media.picture import plane_views
from blur.media.probe import probe
from blur.media.reader import mended, read
from tests.media.making import make_clip

GROUPS = {"g": "8", "keyint_min": "8", "sc_threshold": "0", "bf": "2"}


def lumas(path: Path) -> dict[int, np.ndarray]:
    return {frame.pts: plane_views(frame.picture)[0].copy() for frame in read(mended(probe(path)))}


def struck(path: Path, number: int) -> tuple[Path, list[int]]:
    """The clip with one packet overwritten, and the times of its group from that packet on, as coded."""
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
        places = [(p.pos, p.size, p.pts, p.is_keyframe) for p in packets]
    at, size, _, _ = places[number]
    content = bytearray(path.read_bytes())
    content[at + 5 : at + size] = b"\xff" * (size - 5)
    path.write_bytes(content)
    following = places[number:]
    end = next((i for i, place in enumerate(following) if i and place[3]), len(following))
    return path, [place[2] for place in following[:end]]


@pytest.mark.parametrize(
    ("codec", "number"),
    [("libx264", 0), ("libx264", 9), ("libx264", 12), ("libx264", 23), ("libvpx-vp9", 12)],
)
def test_a_struck_packet_blackens_its_group_from_there_and_nothing_else(
    tmp_path: Path, codec: str, number: int
) -> None:
    path = make_clip(tmp_path / "a.mp4", pts=range(24), codec=codec, coding=GROUPS | {"lag-in-frames": "0"})
    whole = lumas(path)
    struck_path, group = struck(path, number)
    with pytest.raises(DamagedError):
        list(read(probe(struck_path) if number else replace(probe(path), damage=())))
    patched = lumas(struck_path)
    assert list(patched) == list(whole)
    dark = [pts for pts, luma in patched.items() if (luma == 16).all()]
    assert set(group) <= set(dark)
    # The last frames sent before the struck one wait in the decoder and go with it.
    assert set(dark) - set(group) <= set(list(whole)[max(0, number - 3) : number + 3])
    assert all(np.array_equal(patched[pts], whole[pts]) for pts in set(whole) - set(dark))


def test_the_damage_is_noted_and_a_whole_clip_is_left_alone(tmp_path: Path) -> None:
    clip = probe(make_clip(tmp_path / "a.mp4", pts=range(24), coding=GROUPS))
    assert mended(clip) == clip
    path, group = struck(clip.path, 17)
    ((first, last),) = mended(probe(path)).damage
    assert first <= min(group)
    assert last == max(group)


def test_a_clip_without_one_good_frame_is_refused(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", pts=range(8), coding=GROUPS)
    clip = probe(path)
    struck(path, 0)
    with pytest.raises(DamagedError):
        mended(clip)


REAL = {
    "bitrot_60kB_mid.mp4": (60, 30, 50),
    "decord_corrupted.mp4": (50, 15, 30),
    "sample_with_invalid_nalu.mp4": (30, 1, 10),
    "truncated_50pct_faststart.mp4": (28, 1, 5),
}


@pytest.mark.parametrize("name", REAL)
def test_real_damage_is_black_and_the_rest_is_there(shared: Path, name: str) -> None:
    frames, least, most = REAL[name]
    found = lumas(shared / "media/broken" / name)
    assert len(found) == frames
    assert least <= sum(bool((luma <= 16).all()) for luma in found.values()) <= most
