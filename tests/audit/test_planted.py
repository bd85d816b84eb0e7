"""Planted faces are found in an output; `benchmarks/planted.py` prints the figures for crowds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np

from blur.audit.output import audit
from blur.geometry import iou
from blur.media.probe import probe
from blur.media.reader import read
from blur.plan.model import Plan
from blur.render.film import render
from blur.settings import Settings
from tests.detect.faces import boxes, face_box, pasted, texture
from tests.steps import result

LIFE = 6
"""Frames for which each face is there."""
WIDTHS = (32, 40, 50, 64, 80, 110, 150)
PLACES = ((160, 130), (480, 200), (330, 365))
"""The last one is over the lower border for the larger faces."""
CLEAN = 12
"""Frames without any face at the end."""


def test_planted_faces_are_found_and_nothing_else(tmp_path: Path) -> None:
    ground, path = texture(640, 400), tmp_path / "planted.mp4"
    faces = [(*PLACES[index % 3], wide) for index, wide in enumerate(WIDTHS)]
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 640, 400, "yuv420p"
        for index in range(LIFE * len(faces) + CLEAN):
            face = faces[index // LIFE] if index // LIFE < len(faces) else None
            picture = ground if face is None else pasted(ground, *face)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))
    clip = probe(path)
    bare = Plan(640, 400, clip.time_base, np.array([frame.pts for frame in read(clip)], np.int64), ())
    output = tmp_path / "output.mp4"
    result(render(clip, bare, Settings(), output))
    findings = result(audit(output, bare, None, Settings(preset="thorough")))
    right = {
        finding.frame // LIFE
        for finding in findings
        if finding.frame // LIFE < len(faces)
        and iou(boxes(finding.box), boxes(face_box(*faces[finding.frame // LIFE])))[0, 0] > 0.3
    }
    assert len(right) >= 0.95 * len(faces)
    assert all(finding.frame // LIFE in right for finding in findings)
