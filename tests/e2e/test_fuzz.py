"""Damaged clips through the whole program: published, or refused with exit code 3, nothing left behind."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.fuzzing import SEEDS, damage_all, damaged, run, seeds, stumbled, stumbled_over_text
from tests.media.making import make_clip


def test_a_damaged_clip_is_published_or_refused(shared: Path, tmp_path: Path) -> None:
    # python benchmarks/fuzz.py goes on for as long as it is let.
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    paths = damage_all([shared / "media" / name for name in SEEDS], folder, 3 * len(SEEDS), seed=6)
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


@pytest.fixture(scope="module")
def sources(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return seeds(shared / "media", tmp_path_factory.mktemp("drawn"))


def test_what_is_damaged_is_of_every_kind_and_whole_before(sources: list[Path]) -> None:
    assert len({source.suffix for source in sources}) >= 20
    assert [stumbled(source) for source in sources] == [[]] * len(sources)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_whatever_reads_a_file_knows_it_or_names_what_is_wrong(
    sources: list[Path], tmp_path: Path, data: st.DataObject, seed: int
) -> None:
    source = data.draw(st.sampled_from(sources))
    path = tmp_path / f"a{source.suffix}"
    path.write_bytes(damaged(source.read_bytes(), random.Random(seed)))
    assert stumbled(path) == []


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_damaged_plans_and_profiles_are_taken_or_refused_by_name(seed: int) -> None:
    assert stumbled_over_text(random.Random(seed)) == []


def test_a_stumble_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("x")

    monkeypatch.setattr("tests.e2e.fuzzing.loads", broken)
    monkeypatch.setattr("tests.e2e.fuzzing.READERS", (broken,))
    assert stumbled_over_text(random.Random(1)) == stumbled(tmp_path) == ["ZeroDivisionError: x"]
