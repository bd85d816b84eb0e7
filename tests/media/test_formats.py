"""Each row of the table in docs/formats.md, proven: read whole, written, checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from blur.audit.playback import check_playback
from blur.media.picture import plane_views
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import Writer
from blur.traces.allowlist import check_traces
from tests.conftest import REPO
from tests.media.formats import FRAMES, ROWS, SIZE, Row, make, table


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_kind_of_video_is_read_and_written(tmp_path: Path, row: Row) -> None:
    clip = probe(make(row, tmp_path))
    assert (clip.width, clip.height) == SIZE
    assert clip.pixel_format == row.becomes.replace("yuvj", "yuv")
    output = tmp_path / "out.mp4"
    pts, lumas = [], []
    with Writer(output, clip, 18) as writer:
        for frame in read(clip):
            pts.append(frame.pts)
            lumas.append(plane_views(frame.picture)[0].astype(float))
            writer.write(frame)
    assert len(pts) == FRAMES
    list(check_playback(output, np.array(pts), clip.time_base, *SIZE))
    assert check_traces(output) == []
    written = [plane_views(frame.picture)[0].astype(float) for frame in read(probe(output))]
    peak = 1023 if row.becomes.endswith("10le") else 255
    error = np.mean([(a - b) ** 2 for a, b in zip(lumas, written, strict=True)])
    assert 10 * np.log10(peak**2 / error) > 40


def test_the_documentation_holds_this_very_table() -> None:
    assert table() in (REPO / "docs" / "formats.md").read_text(encoding="utf-8")
