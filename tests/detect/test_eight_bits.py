from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.detect import eight_bits, onnx
from blur.detect.centerface import RANGES, RECIPE, CenterFace
from blur.detect.runtime import ov
from blur.detect.weights import weights
from tests.detect.faces import astronaut

VALUES = st.floats(-1e4, 1e4, width=32)


@pytest.fixture
def without_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a processor without sums of 16 bits; what is compiled here is forgotten afterwards."""
    onnx._compiled.cache_clear()
    monkeypatch.setattr(onnx, "precision", lambda: "i8")


@given(st.lists(st.tuples(VALUES, VALUES).map(sorted), min_size=1, max_size=5))
def test_levels_hold_both_ends_and_zero(ends: list[list[float]]) -> None:
    least, most = np.array(ends, np.float32).T
    low, high = (np.asarray(bound, np.float64) for bound in eight_bits.levels(least, most))
    step = (high - low) / 255
    assert (low <= least + 0.51 * step).all()
    assert (high >= most - 0.51 * step).all()
    below = -low / step
    np.testing.assert_allclose(below, np.round(below), atol=1e-3)


def test_there_is_a_range_for_each_channel() -> None:
    ranges = eight_bits.ranges_in(weights(RANGES))
    found = eight_bits.convolutions(onnx.read(weights(RECIPE.file), RECIPE))
    assert set(ranges) < set(found)
    assert len(ranges) > 40
    for name in ranges:
        channels = found[name].input_value(0).get_partial_shape()[1].get_length()
        assert ranges[name].shape == (2, channels)
        assert (ranges[name][0] <= ranges[name][1]).all()


def test_inputs_and_weights_of_those_with_ranges_are_rounded() -> None:
    ranges = eight_bits.ranges_in(weights(RANGES))
    model = eight_bits.in_eight_bits(onnx.read(weights(RECIPE.file), RECIPE), ranges)
    for name, node in eight_bits.convolutions(model).items():
        kinds = [node.input_value(port).get_node().get_type_name() == "FakeQuantize" for port in (0, 1)]
        assert kinds == [name in ranges] * 2


@pytest.mark.usefixtures("without_bf16")
def test_it_runs_in_whole_numbers_where_it_is_asked_to() -> None:
    kinds = {}
    for rounded in (False, True):
        network = onnx._compiled(
            weights(RECIPE.file), dataclasses.replace(RECIPE, ranges=RANGES if rounded else "")
        )
        kinds[rounded] = [_runs_as(node) for node in network.get_runtime_model().get_ops()]
    assert "u8" not in [kind for kind in kinds[False] if kind]
    assert sum(kind in ("u8", "i8") for kind in kinds[True]) > 40


def _runs_as(node: ov.Node) -> str:
    info = node.get_rt_info()
    kind, precision = (info[name].astype(str) for name in ("layerType", "runtimePrecision"))
    return precision if kind == "Convolution" else ""


@pytest.mark.usefixtures("without_bf16")
def test_it_finds_what_the_exact_network_finds() -> None:
    picture = astronaut()
    exact, rounded = (CenterFace(rounded=rounded).detect(picture, 0.3) for rounded in (False, True))
    assert len(exact) == len(rounded) == 1
    np.testing.assert_allclose(rounded.boxes, exact.boxes, atol=4)
    np.testing.assert_allclose(rounded.scores, exact.scores, atol=0.1)
