"""Damaged clips through the whole program: published, or refused with exit code 3, nothing left behind."""

from __future__ import annotations

import random
from pathlib import Path

from tests.e2e.fuzzing import SEEDS, damage_all, damaged, run
from tests.media.making import make_clip


def test_a_damaged_clip_is_published_or_refused(shared: Path, tmp_path: Path) -> None:
    # python benchmarks/fuzz.py goes on for as long as it is let.
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    paths = damage_all(shared / "media", folder, 3 * len(SEEDS), seed=6)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in paths}
    codes, wrong = run(paths, out)
    assert wrong == []
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in paths} == before
    assert sorted(folder.iterdir()) == sorted(paths)
    left = sorted(path.name for path in out.iterdir()) if out.exists() else []
    assert len(left) == codes[0] + codes[4]
    assert not any(name.startswith(".") for name in left)
    assert codes[3] > 0


def test_damage_is_damage_and_can_be_done_again(tmp_path: Path) -> None:
    content = make_clip(tmp_path / "a.mp4").read_bytes()
    made = [damaged(content, random.Random(seed)) for seed in range(20)]
    assert sum(one != content for one in made) >= 18
    assert made == [damaged(content, random.Random(seed)) for seed in range(20)]
