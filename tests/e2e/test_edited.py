"""An edited plan through the command line: only what changed is rendered, and never on a wrong ground."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from blur.media.picture import planes
from blur.media.probe import probe
from blur.media.reader import read
from blur.media.writer import KEY_FRAMES
from blur.plan import edit
from blur.plan.store import load, save
from cli import cli
from tests.media.making import make_clip, tone

COUNT = 2 * KEY_FRAMES + 10
SIZE = 192, 144
LOOK = ("--style", "solid", "--json", "--preset", "fast")


@dataclass(frozen=True)
class Made:
    """A folder with a clip, what was published of it, its plan and an edited one."""

    folder: Path

    def render(self, *options: object) -> list[dict[str, Any]]:
        source = (self.folder / "edited.json", self.folder / "clip.mp4")
        return events("render", *source, "-o", self.folder / "new.mp4", "--force", *options)


def events(*args: object) -> list[dict[str, Any]]:
    result = CliRunner().invoke(cli, [str(arg) for arg in args], prog_name="blur")
    assert result.exit_code in (0, 4), result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def rendered(told: Sequence[dict[str, Any]]) -> int:
    """How many frames were rendered."""
    return sum(e["total"] for e in told if (e["event"], e.get("stage")) == ("started", "render"))


def lumas(path: Path) -> NDArray[np.uint8]:
    return np.stack([planes(frame.picture).arrays[0] for frame in read(probe(path))])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edited")
    grain = np.random.default_rng(0).integers(100, 200, (*SIZE[::-1], 3)).astype(np.uint8)
    clip, plan = folder / "clip.mp4", folder / "plan.json"
    sound = tone(COUNT / 30, 48000)
    make_clip(clip, size=SIZE, pts=range(COUNT), sound=sound, draw=lambda i, _, __: np.roll(grain, i, axis=0))
    events(clip, "-o", folder / "old.mp4", "--plan", plan, "--audio", "keep", *LOOK)
    found = load(plan)
    first, last = found.pts[[80, 89]].tolist()
    save(edit.added(found, (60, 40, 120, 100), first, last), folder / "edited.json")
    return folder


@pytest.fixture
def made(folder: Path, tmp_path: Path) -> Made:
    return Made(shutil.copytree(folder, tmp_path / "made"))


def covered(made: Made) -> list[int]:
    """The frames of the new output in which the edited region is black."""
    inner = lumas(made.folder / "new.mp4")[:, 60:80, 80:100]
    return np.flatnonzero(inner.max(axis=(1, 2)) < 40).tolist()


def test_only_what_was_edited_is_rendered_and_so_again_from_there(made: Made) -> None:
    old, plan, new_plan = (made.folder / name for name in ("old.mp4", "plan.json", "new.json"))
    told = made.render("--from", old, "--from-plan", plan, "--plan", new_plan, "--audio", "keep", *LOOK[:3])
    assert rendered(told) == KEY_FRAMES
    assert covered(made) == list(range(80, 90))
    before, after = lumas(old), lumas(made.folder / "new.mp4")
    assert np.array_equal(before[:KEY_FRAMES], after[:KEY_FRAMES])
    assert np.array_equal(before[2 * KEY_FRAMES :], after[2 * KEY_FRAMES :])
    assert probe(made.folder / "new.mp4").sound is not None
    # The output is its own next ground, and of sound alone nothing is encoded.
    same = made.render("--from", made.folder / "new.mp4", "--from-plan", new_plan, *LOOK[:3])
    assert rendered(same) == 0
    assert probe(made.folder / "new.mp4").sound is None
    assert np.array_equal(lumas(made.folder / "new.mp4"), after)


@pytest.mark.parametrize("lie", ["the edited plan", "another output", "another look"])
def test_an_output_that_its_plan_did_not_make_is_not_used(made: Made, lie: str) -> None:
    """The worst that could be: frames taken from a file in which a planned region was never drawn."""
    old, plan, look = made.folder / "old.mp4", made.folder / "plan.json", LOOK[:3]
    match lie:
        case "the edited plan":
            plan = made.folder / "edited.json"
        case "another output":
            old.write_bytes(old.read_bytes() + bytes(8))
        case "another look":
            look = ("--style", "veil", "--json")
    told = made.render("--from", old, "--from-plan", plan, *look)
    assert rendered(told) == COUNT
    assert "all-again" in [event.get("code") for event in told]
    if lie != "another look":
        assert covered(made) == list(range(80, 90))


def test_an_output_without_its_plan_is_refused(made: Made) -> None:
    result = CliRunner().invoke(cli, ["render", "p.json", "clip.mp4", "--from", str(made.folder / "old.mp4")])
    assert (result.exit_code, "go together" in result.output) == (2, True)
