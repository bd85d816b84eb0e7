"""A finished photo that does not open whole, or in which a face can be seen, never passes."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from blur.audit.doubts import LATE
from blur.audit.still import audit_still, check_still_opens, repair_still
from blur.engine import photo_engine
from blur.errors import AuditError
from blur.media.stills import probe_still
from blur.pipeline import anonymise
from blur.plan.model import Plan, Track
from blur.plan.photo import Sightings
from blur.settings import Settings
from blur.timing import TimeBase
from tests.media.photos import make_photo
from tests.steps import result, run

Result = TypeVar("Result")
FACE = (170, 50, 280, 200)
"""Around the head in the astronaut's picture."""


def check(path: Path, width: int, height: int) -> None:
    result(check_still_opens(path, np.zeros(1, np.int64), TimeBase(1, 1), width, height))


def person(path: Path, width: int = 512) -> Path:
    """A drawn-from photo of one astronaut, as wide as asked for."""
    return make_photo(path, Image.fromarray(astronaut()).resize((width, width)))


def plan_for(size: int, *regions: tuple[int, int, int, int]) -> Plan:
    tracks = tuple(
        Track("face", 900, np.zeros(1, np.int64), np.array([region], np.int32)) for region in regions
    )
    return Plan(size, size, TimeBase(1, 1), np.zeros(1, np.int64), tracks)


def test_a_whole_photo_passes_and_another_size_does_not(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.jpg")
    check(path, 120, 80)
    with pytest.raises(AuditError, match="120x80"):
        check(path, 80, 120)


def test_a_broken_photo_does_not_pass(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(AuditError):
        check(path, 120, 80)


@pytest.mark.parametrize("width", [512, 2100])
def test_a_face_that_nothing_covers_is_found_where_it_is(tmp_path: Path, width: int) -> None:
    path = person(tmp_path / "a.jpg", width)
    found = result(audit_still(path, plan_for(width), None, Settings(preset="fast")))
    boxes = np.array([finding.box for finding in found]) * 512 / width
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    assert ((middles > FACE[:2]) & (middles < FACE[2:])).all(axis=1).any()


def test_what_was_found_is_covered_and_nothing_uncovered(tmp_path: Path) -> None:
    path = person(tmp_path / "a.jpg")
    before = plan_for(512, (0, 400, 40, 440))
    found = result(audit_still(path, before, None, Settings()))
    after = result(repair_still(probe_still(path), None, before, found, Settings()))
    assert after.tracks[0] is before.tracks[0]
    assert len(after.tracks) > 1
    assert [doubt.weight for doubt in after.doubts] == [LATE]
    assert result(audit_still(path, after, None, Settings())) == ()


def blind(photo: Any, _settings: Settings) -> Generator[Any, None, Sightings]:
    """A first look that sees nothing."""
    yield from ()
    return Sightings(photo.width, photo.height, np.empty((0, 4), np.float32), np.empty(0, np.float32))


def test_a_photo_whose_face_was_missed_is_mended_and_a_person_is_told(tmp_path: Path) -> None:
    source, output = person(tmp_path / "a.png"), tmp_path / "b.png"
    settings = Settings(preset="fast", style="solid")
    events, outcome = run(anonymise(source, output, settings, engine=replace(photo_engine(), analyse=blind)))
    assert outcome.exit_code == 4
    said = {event.code: event.message for event in events if hasattr(event, "code")}
    assert "covering more" in said["repair"]
    assert said["look"] == "Look at the output."
    with Image.open(output) as image:
        assert np.asarray(image)[90:150, 205:245].max() == 0


def test_a_photo_that_may_not_be_mended_is_not_published(tmp_path: Path) -> None:
    source, output = person(tmp_path / "a.png"), tmp_path / "b.png"
    engine = replace(photo_engine(), analyse=blind)
    with pytest.raises(AuditError, match=r"faces may still be seen$"):
        result(anonymise(source, output, Settings(preset="fast", rounds=0), engine=engine))
    assert not output.exists()
