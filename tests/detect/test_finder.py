from __future__ import annotations

import pytest
from skimage.data import astronaut

from blur.detect.finder import finder
from blur.geometry import iou
from blur.settings import PRESETS, Preset
from tests.detect.faces import FACE, bgr, boxes


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_finds_the_photo_s_face(preset: Preset) -> None:
    faces = finder(preset).detect(bgr(astronaut()), 0.5)
    assert len(faces) == 1
    assert iou(faces.boxes, boxes(FACE))[0, 0] >= 0.4


def test_only_the_thorough_preset_asks_for_other_opinions() -> None:
    names = {preset: finder(preset).name for preset in PRESETS}
    assert names == {
        "fast": "centerface",
        "balanced": "centerface",
        "thorough": "centerface+retinaface+blazeface",
    }
