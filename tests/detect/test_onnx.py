from __future__ import annotations

import numpy as np
import pytest

from blur.detect.onnx import STRIDE, Network
from blur.errors import WeightsError
from tests.detect.faces import bgr, texture

NO_MEAN = (0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def network() -> Network:
    return Network("centerface.onnx", ["537", "538"])


@pytest.mark.parametrize(("width", "height"), [(64, 96), (65, 96), (1, 1), (100, 333)])
def test_sides_are_padded_to_whole_strides(network: Network, width: int, height: int) -> None:
    heat, scale = network.run(bgr(texture(width, height)), NO_MEAN, rgb=True)
    rows, columns = (-(-side // STRIDE) * STRIDE // 4 for side in (height, width))
    assert heat.shape == (1, 1, rows, columns)
    assert scale.shape == (1, 2, rows, columns)
    assert heat.dtype == np.float32


def test_padding_is_at_the_right_and_the_bottom(network: Network) -> None:
    picture = np.zeros((70, 90, 3), np.uint8)
    picture[:60, :80] = texture(80, 60)
    padded = np.zeros((96, 96, 3), np.uint8)
    padded[:70, :90] = picture
    for one, other in zip(
        network.run(picture, NO_MEAN, rgb=True), network.run(padded, NO_MEAN, rgb=True), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_the_same_picture_gives_the_same_numbers(network: Network) -> None:
    pictures = [bgr(texture(200, 120, seed)) for seed in (1, 2, 1)]
    first, other, again = (network.run(picture, NO_MEAN, rgb=True)[0] for picture in pictures)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_order_of_colours_is_what_was_asked_for(network: Network) -> None:
    picture = np.ascontiguousarray(texture(64, 64) * np.array([1, 0, 0], np.uint8))
    swapped = np.ascontiguousarray(picture[..., ::-1])
    np.testing.assert_array_equal(
        network.run(picture, NO_MEAN, rgb=True)[0], network.run(swapped, NO_MEAN, rgb=False)[0]
    )


def test_a_network_that_is_none_of_blurs_is_refused() -> None:
    with pytest.raises(WeightsError):
        Network("other.onnx", ["1"])
