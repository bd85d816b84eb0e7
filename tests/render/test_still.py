"""Photos are rendered as planned: nothing of what a mask hides is left, nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from blur.errors import AuditError
from blur.media.stills import probe_still, read_still
from blur.plan.model import Plan, Track
from blur.render.region import region_mask
from blur.render.still import cover_rgb, render_still
from blur.render.veil import ring_width
from blur.settings import STYLES, Settings, Style
from blur.timing import TimeBase
from tests.media.making import scene
from tests.media.photos import drawn, make_photo

REGIONS = np.array([[40, 30, 90, 100], [-10, 100, 30, 140]], np.int32)
WIDTH, HEIGHT = 200, 150


def masked(margin: int = 0) -> np.ndarray:
    regions = REGIONS + np.array([-margin, -margin, margin, margin], np.int32)
    mask = np.zeros((HEIGHT, WIDTH), bool)
    for patch in region_mask(regions, WIDTH, HEIGHT):
        mask[patch.window()] |= patch.mask
    return mask


@pytest.mark.parametrize("style", STYLES)
def test_what_stands_in_a_mask_depends_on_nothing_in_it(style: Style) -> None:
    one = scene(3, WIDTH, HEIGHT)
    two = one.copy()
    two[masked()] = np.random.default_rng(5).integers(0, 255, (int(masked().sum()), 3), np.uint8)
    for pixels in (one, two):
        cover_rgb(pixels, REGIONS, style, np.random.default_rng(1))
    assert np.array_equal(one, two)


@pytest.mark.parametrize("style", STYLES)
def test_what_looks_alike_is_replaced_all_the_same(style: Style) -> None:
    # These differ by less than luma and chroma of 8 bits can say.
    one = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    two = one.copy()
    two[60, 60] = (128, 128, 129)
    for pixels in (one, two):
        cover_rgb(pixels, REGIONS, style, np.random.default_rng(1))
    assert np.array_equal(one, two)


@pytest.mark.parametrize("style", STYLES)
def test_every_pixel_outside_is_the_decoders_own(style: Style) -> None:
    before = np.random.default_rng(2).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    after = before.copy()
    cover_rgb(after, REGIONS, style, np.random.default_rng(1))
    outside = ~masked(ring_width(WIDTH, HEIGHT) + 1)
    assert np.array_equal(after[outside], before[outside])
    assert not np.array_equal(after, before)


def plan(width: int = 120, height: int = 80) -> Plan:
    pts = np.zeros(1, np.int64)
    track = Track("user", 1000, pts, np.array([[30, 20, 80, 60]], np.int32))
    return Plan(width, height, TimeBase(1, 1), pts.copy(), (track,))


def test_a_photo_is_written_with_its_regions_covered(tmp_path: Path) -> None:
    photo = probe_still(make_photo(tmp_path / "a.png"))
    output = tmp_path / "b.png"
    list(render_still(photo, plan(), Settings(style="solid"), output))
    pixels = read_still(probe_still(output))
    assert (pixels[40, 55] == 0).all()
    assert np.array_equal(pixels[:20], np.asarray(drawn())[:20])


def test_a_plan_for_another_photo_is_refused(tmp_path: Path) -> None:
    photo = probe_still(make_photo(tmp_path / "a.png"))
    with pytest.raises(AuditError):
        list(render_still(photo, plan(width=121), Settings(), tmp_path / "b.png"))
    assert not (tmp_path / "b.png").exists()


@pytest.mark.parametrize(("suffix", "told"), [("jpg", True), ("heic", False)])
def test_that_a_heic_became_another_kind_is_told(tmp_path: Path, suffix: str, told: bool) -> None:
    photo = probe_still(make_photo(tmp_path / "a.heic"))
    events = list(render_still(photo, plan(), Settings(), tmp_path / f"b.{suffix}"))
    assert ("kind-changed" in [getattr(event, "code", None) for event in events]) is told
