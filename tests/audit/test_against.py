"""An output beside its source: a mask that is missing shows, and so does a picture that was altered."""

from __future__ import annotations

import numpy as np
import pytest

from blur.audit.against import any_bare, differs
from blur.media.picture import Planes
from blur.render.cover import cover
from blur.settings import STYLES, Style
from tests.detect.faces import pasted, texture

REGIONS = np.array([[150, 80, 250, 220], [-20, -20, 40, 60]], np.int32)
NONE = np.empty((0, 4), np.int32)
SOURCE = pasted(texture(400, 300), 200, 150, 60)[..., 1].copy()


def covered(style: Style, regions: np.ndarray) -> np.ndarray:
    luma = SOURCE.copy()
    cover(Planes((luma,), 8, True, 0, 0), regions, style, np.random.default_rng(0))
    return luma


@pytest.mark.parametrize("style", STYLES)
def test_what_is_covered_is_not_bare_and_what_is_around_is_the_same(style: Style) -> None:
    after = covered(style, REGIONS)
    assert not any_bare(SOURCE, after, REGIONS)
    assert not differs(SOURCE, after, REGIONS)


@pytest.mark.parametrize("missing", [0, 1])
def test_a_single_mask_that_is_missing_shows(missing: int) -> None:
    assert any_bare(SOURCE, covered("veil", np.delete(REGIONS, missing, axis=0)), REGIONS)


def test_what_the_codec_does_to_a_bare_face_does_not_hide_it() -> None:
    noise = np.random.default_rng(1).normal(0, 3, SOURCE.shape)
    assert any_bare(SOURCE, np.clip(SOURCE * 0.97 + noise, 0, 255).astype(np.uint8), REGIONS[:1])


def test_a_mask_over_nothing_but_sky_has_nothing_to_compare() -> None:
    sky = np.full((300, 400), 180, np.uint8)
    assert not any_bare(sky, sky, REGIONS)


def test_a_picture_that_was_altered_outside_of_the_masks_shows() -> None:
    after = covered("veil", REGIONS)
    after[:, 300:] //= 2
    assert differs(SOURCE, after, REGIONS)
    assert not differs(SOURCE, SOURCE, NONE)
