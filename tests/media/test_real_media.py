"""Real clips go the whole way of this package: read, written, given their sound, checked, searched.

And large ones, real and made, do so in bounded memory.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from blur.audit.playback import check_playback
from blur.media.picture import plane_views
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.settings import Settings
from blur.sound.keep import add_sound

CLIPS = [
    "metadata/android_with-gps_xyz.mp4",
    "metadata/c2pa_video1.mp4",
    "metadata/cover_art_shows_unblurred_face.mp4",
    "metadata/gopro_karma_gpmf_gps.mp4",
    "metadata/h265_with_metadata_track.mp4",
    "metadata/iphone_dolbyVision-hdr.MOV",
    "metadata/iphone_with-gps_mebx.mov",
    "metadata/mkv_with_attachment.mkv",
    "metadata/sample_with_chapters.mp4",
    "metadata/sony_a7m3_avchd_h264sei.mts",
    "metadata/xmp_uuid_box.mp4",
    "weird/SAR-2by3.mp4",
    "weird/bear-vp9-odd-dimensions.webm",
    "weird/decord_video_90.mov",
    "weird/hlg10-color-test.mp4",
    "weird/interlaced_tff_576i.mp4",
    "weird/no_duration.webm",
    "weird/pigs_in_a_polka.gif",
    "weird/sample_fragmented.mp4",
    "weird/sample_portrait.mp4",
    "weird/three_audio_tracks.mkv",
    "broken/video_with_failing_audio.mp4",
    "video_faces/intel_asl_eat.mkv",
    "video_faces/intel_face-demographics-walking.gif",
    "video_faces/pyfeat_face_noface.mov",
    "video_faces/pyfeat_no_face.mp4",
    "video_faces/short_hamilton_clip.mp4",
]


def needles(shared: Path, name: str) -> list[bytes]:
    found = defaultdict(list)
    with (shared / "media/NEEDLES.csv").open(newline="") as file:
        for where, _kind, text in csv.reader(file):
            found[where].append(text.encode())
    # with the first figure of their version: four letters come by chance
    return [*found[name], b"Lavf6", b"Lavc6", b"VideoHandler"]


def decibels(one: np.ndarray, two: np.ndarray, peak: int) -> float:
    return float(10 * np.log10(peak**2 / max(1e-9, np.mean((one.astype(np.float32) - two) ** 2))))


@pytest.mark.parametrize("name", CLIPS)
def test_a_real_clip_comes_out_whole_and_clean(shared: Path, tmp_path: Path, name: str) -> None:
    clip = probe(shared / "media" / name)
    output = tmp_path / "silent.mp4"
    pts, lumas = [], []
    with Writer(output, clip, 18) as writer:
        for frame in read(clip):
            if len(pts) % 25 == 0:
                lumas.append(plane_views(frame.picture)[0].copy())
            pts.append(frame.pts)
            writer.write(frame)
    if clip.sound is not None:
        add_sound(output, clip, tmp_path / "sound.mp4", Settings(audio="keep"))
        output = tmp_path / "sound.mp4"
    list(check_playback(output, np.array(pts, np.int64), clip.time_base, clip.width, clip.height))

    content = output.read_bytes()
    assert [needle for needle in needles(shared, name) if needle in content] == []

    written = probe(output)
    assert written.pixel_format == clip.pixel_format
    assert written.pixel_aspect == clip.pixel_aspect
    peak = 1023 if clip.pixel_format.endswith("10le") else 255
    quality = [
        decibels(lumas[index // 25], plane_views(frame.picture)[0], peak)
        for index, frame in enumerate(read(written))
        if index % 25 == 0
    ]
    assert len(quality) == len(lumas)
    # Tiny pictures have much more detail to a pixel; none is larger than 161 x 121 here.
    assert np.mean(quality) >= (42 if clip.width > 200 else 38)


PASS_THROUGH = """
import re, sys
from pathlib import Path
from blur.media.probe import probe
from blur.media.reader import ahead, read
from blur.media.writer import Writer
clip = probe(Path(sys.argv[1]))
with Writer(Path(sys.argv[2]), clip, 18) as writer:
    for frame in ahead(read(clip)):
        writer.write(frame)
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


LINUX = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the peak is read from Linux's /proc"
)


def megabytes(source: Path, output: Path) -> int:
    """What a process holds at most that reads a clip and writes it again."""
    child = subprocess.run(
        [sys.executable, "-c", PASS_THROUGH, str(source), str(output)],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    return int(child.stdout)


@LINUX
def test_a_phone_s_4k_at_60_frames_needs_little_memory(shared: Path, tmp_path: Path) -> None:
    assert megabytes(shared / "media/weird/portrait_4k60.mp4", tmp_path / "a.mp4") < 700  # 410 on two cores


@LINUX
@pytest.mark.parametrize(
    ("size", "frames", "most"),
    [((3840, 2160), 60, 600), ((7680, 4320), 32, 1300)],  # 338 and 1073 on two cores; 746 and 1593 at once
    ids=["4K", "8K"],
)
def test_memory_is_bounded_by_a_window_of_frames(
    tmp_path: Path, size: tuple[int, int], frames: int, most: int
) -> None:
    source, frame = tmp_path / "a.mp4", av.VideoFrame(*size, "yuv420p")
    for view in plane_views(frame):
        view[:] = 120
    with av.open(str(source), "w") as container:
        stream: Any = container.add_stream("libx264", rate=60, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for index in range(frames):
            frame.pts, frame.time_base = index, Fraction(1, 60)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert megabytes(source, tmp_path / "b.mp4") < most
