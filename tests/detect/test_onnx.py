from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from blur.detect.onnx import STRIDE, Network
from blur.errors import WeightsError
from tests.detect.faces import bgr, texture

NO_MEAN = (0.0, 0.0, 0.0)


def loaded(mean: tuple[float, float, float] = NO_MEAN, *, rgb: bool = True) -> Network:
    return Network("centerface.onnx", ["537", "538"], mean, rgb=rgb)


@pytest.fixture(scope="module")
def network() -> Network:
    return loaded()


@pytest.mark.parametrize(("width", "height"), [(64, 96), (65, 96), (1, 1), (100, 333)])
def test_sides_are_padded_to_whole_strides(network: Network, width: int, height: int) -> None:
    heat, scale = network.run(bgr(texture(width, height)))
    rows, columns = (-(-side // STRIDE) * STRIDE // 4 for side in (height, width))
    assert heat.shape == (1, 1, rows, columns)
    assert scale.shape == (1, 2, rows, columns)
    assert heat.dtype == np.float32


def test_padding_is_at_the_right_and_the_bottom(network: Network) -> None:
    picture = np.zeros((70, 90, 3), np.uint8)
    picture[:60, :80] = texture(80, 60)
    padded = np.zeros((96, 96, 3), np.uint8)
    padded[:70, :90] = picture
    for one, other in zip(network.run(picture), network.run(padded), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_same_picture_gives_the_same_numbers(network: Network) -> None:
    pictures = [bgr(texture(200, 120, seed)) for seed in (1, 2, 1)]
    first, other, again = (network.run(picture)[0] for picture in pictures)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_order_of_colours_is_what_was_asked_for(network: Network) -> None:
    picture = np.ascontiguousarray(texture(64, 64) * np.array([1, 0, 0], np.uint8))
    swapped = np.ascontiguousarray(picture[..., ::-1])
    np.testing.assert_array_equal(network.run(picture)[0], loaded(rgb=False).run(swapped)[0])
    assert not np.array_equal(network.run(picture)[0], network.run(swapped)[0])


@pytest.mark.parametrize("rgb", [True, False])
def test_the_mean_is_taken_from_its_colour(rgb: bool) -> None:
    picture = np.ascontiguousarray(texture(64, 64) // 2 + np.array([10, 20, 30], np.uint8))
    lowered = np.ascontiguousarray(picture - np.array([10, 20, 30], np.uint8))
    np.testing.assert_array_equal(
        loaded((10.0, 20.0, 30.0), rgb=rgb).run(picture)[0], loaded(rgb=rgb).run(lowered)[0]
    )


def test_a_network_that_is_none_of_blurs_is_refused() -> None:
    with pytest.raises(WeightsError):
        Network("other.onnx", ["1"], NO_MEAN, rgb=True)


def test_the_converter_and_its_telemetry_are_never_loaded() -> None:
    assert not [name for name in sys.modules if "telemetry" in name and "openvino" in name]
    with pytest.raises(ImportError):
        importlib.import_module("openvino.tools.ovc")


def test_openvino_is_imported_in_one_place_alone() -> None:
    root = Path(__file__).parents[2]
    files = [root / "cli.py", *(root / "blur").rglob("*.py"), *(root / "benchmarks").glob("*.py")]
    imports = re.compile(r"^\s*(import|from) openvino", re.MULTILINE)
    assert [file.name for file in files if imports.search(file.read_text())] == ["onnx.py"]
