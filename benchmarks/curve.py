"""Leak against speed for every preset, and a plot of it in docs/curve.svg.

usage: python benchmarks/curve.py [PRESET ...]
Speed is relative to the first preset named, and each clip's runs follow one another, so that a noisy
machine slows them alike.
"""

from __future__ import annotations

import json
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from common import BLUR, REPOSITORY, SHARED, seconds

PRESETS = ("fast", "balanced", "thorough")


def protection(preset: str, folder: Path) -> dict[str, float | str]:
    """What shared/bench/score.py says of a preset."""
    report = folder / f"{preset}.json"
    command = f"{shlex.join(BLUR)} {{in}} -o {{out}} --style solid --force --preset {preset}"
    score = [
        sys.executable,
        str(SHARED / "bench/score.py"),
        str(SHARED / "media/crowdcam"),
        f"blur-{preset}",
        command,
    ]
    subprocess.run([*score, "--json", str(report)], check=True, capture_output=True)
    scored = json.loads(report.read_text())
    people = [row for size, row in scored["tracks_any_leak"].items() if size != "14-20"]
    exposed, total = sum(row[0] for row in people), sum(row[2] for row in people)
    return {"leak20": scored["leak20"], "people": f"{exposed} of {total}", "overmask": scored["overmask"]}


def slowness(presets: tuple[str, ...], folder: Path) -> dict[str, float]:
    """Median over every third clip of each preset's wall time, in times of the first preset's."""
    ratios: dict[str, list[float]] = {preset: [] for preset in presets}
    for clip in sorted((SHARED / "media/crowdcam").glob("*.mp4"))[::3]:
        took = {}
        for preset in presets:
            arguments = [
                str(clip),
                "-o",
                str(folder / "out.mp4"),
                "--style",
                "solid",
                "--force",
                "--preset",
                preset,
            ]
            took[preset] = seconds([*BLUR, *arguments])
        for preset in presets:
            ratios[preset].append(took[preset] / took[presets[0]])
    return {preset: statistics.median(values) for preset, values in ratios.items()}


def draw(rows: dict[str, dict[str, float | str]], path: Path) -> None:
    """The curve as a picture."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "blur"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.6))
    across = [float(row["time"]) for row in rows.values()]
    up = [100 * float(row["leak20"]) for row in rows.values()]
    axes.plot(across, up, "o-", color="#7b2d8b")
    for name, x, y in zip(rows, across, up, strict=True):
        axes.annotate(name, (x, y), textcoords="offset points", xytext=(6, 6))
    axes.set_xlabel(f"wall time, times that of {next(iter(rows))}")
    axes.set_ylabel("face-frames exposed, %")
    axes.set_ylim(bottom=0)
    axes.margins(x=0.2)
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    presets = tuple(sys.argv[1:]) or PRESETS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = {preset: protection(preset, folder) for preset in presets}
        for preset, ratio in slowness(presets, folder).items():
            rows[preset]["time"] = round(ratio, 2)
    print("| preset | leak20 | people exposed | overmask | wall time |\n|---|---|---|---|---|")
    for preset, row in rows.items():
        print(f"| {preset} | {row['leak20']} | {row['people']} | {row['overmask']} | {row['time']} |")
    draw(rows, REPOSITORY / "docs/curve.svg")


if __name__ == "__main__":
    main()
