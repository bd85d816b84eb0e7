"""Every view in every language, in light and dark and at twice the font: pictures to look at."""

from __future__ import annotations

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from blur.plan.store import save
from tests.desktop.making import film, plan

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "screenshots.py"


@pytest.fixture(scope="module")
def screenshots() -> ModuleType:
    spec = spec_from_file_location("screenshots", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    made = sys.modules["screenshots"] = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures are kept: $BLUR_ARTEFACTS, else the folder that pytest keeps of its last runs."""
    folder = Path(os.environ.get("BLUR_ARTEFACTS") or tmp_path_factory.mktemp("views"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_every_view_is_drawn_in_every_variant(
    qapp: QApplication, screenshots: ModuleType, artefacts: Path, tmp_path: Path
) -> None:
    clip, result, plan_file = tmp_path / "march.mov", tmp_path / "march-blurred.mp4", tmp_path / "p.json"
    film(clip, grey=5)
    film(result)
    save(plan(), plan_file)
    example = screenshots.Example(clip, result, plan_file)
    assert {(each.language, each.dark) for each in screenshots.VARIANTS} == {
        (language, dark) for language in ("en", "fr", "ar") for dark in (False, True)
    }
    for variant in screenshots.VARIANTS:
        with screenshots.dressed(qapp, variant):
            views = screenshots.tour(example, tmp_path / variant.name, artefacts / variant.name)
        assert len(views) == 9
        grounds = [QImage(str(view)).pixelColor(2, 2).lightness() for view in views]
        assert all((ground < 128) == variant.dark for ground in grounds)
