"""Writing a report, as a page or as JSON, by its file's name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import cv2

from blur.errors import UsageError
from blur.media.preview import open_preview
from blur.plan.model import Plan
from blur.report.page import page
from blur.text import printable

SUFFIXES = (".html", ".json")
PICTURES = 6
FIT = (448, 252)


def check_name(path: Path) -> None:
    """Raises UsageError where the name of a report does not say which kind it is."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{printable(path.name)} is no report", "End its name in .html or .json.")


def save(report: Mapping[str, Any], path: Path, output: Path, plan: Plan) -> None:
    """Writes a report into a file, such as a draft. The page shows the *output* at doubtful times.

    Raises UsageError as `check_name`, and OSError.
    """
    check_name(path)
    if path.suffix.lower() == ".json":
        text = json.dumps(report, indent=1) + "\n"
    else:
        text = page(report, thumbnails(report, output, plan))
    path.write_text(text, encoding="utf-8")


def thumbnails(report: Mapping[str, Any], output: Path, plan: Plan) -> list[tuple[float, bytes]]:
    """Small JPEGs of the output in the middle of the gravest doubts, with their times in seconds."""
    times = [plan.time_base.seconds(pts - int(plan.pts[0])) for pts in plan.pts.tolist()]
    wanted = sorted((one["from"] + one["to"]) / 2 for one in islice(report["watch"], PICTURES))
    made: list[tuple[float, bytes]] = []
    with open_preview(output, times) as preview:
        for at in wanted:
            index = max(sum(time <= Fraction(at) for time in times) - 1, 0)
            for _, pixels in islice(preview.frames(index, FIT), 1):
                good, jpeg = cv2.imencode(".jpg", pixels[..., :3], [cv2.IMWRITE_JPEG_QUALITY, 70])
                if good:
                    made.append((float(times[index]), jpeg.tobytes()))
    return made
