"""Networks in sums of 8 bits: a good deal faster than in 32 on a processor without anything newer.

The ranges that each convolution's input takes are measured once, on pictures of crowds, by
``benchmarks/ranges.py``. After Jacob et al., "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", 2018, and for the ranges by channel, without which faint faces lose
half their score, Krishnamoorthi, "Quantizing deep convolutional networks for efficient inference", 2018.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from blur.detect.runtime import operations, ov

Ranges = Mapping[str, NDArray[np.float32]]
"""By a convolution's name, the least and the largest value of its input in every channel, shape (2, C)."""

CONVOLUTIONS = ("Convolution", "GroupConvolution")
INPUT_LEVELS = 256
ROOM = 1 / 16
"""Of the largest value of all channels, what every channel has room for: some were silent when measured."""
WEIGHT_LEVELS = 255  # as many below zero as above, so that zero stays zero


def ranges_in(content: bytes) -> Ranges:
    """What ``benchmarks/ranges.py`` wrote."""
    return {name: np.array(ends, np.float32) for name, ends in json.loads(content).items()}


def convolutions(model: ov.Model) -> dict[str, ov.Node]:
    """By their names in the ONNX file, to which OpenVINO adds what it made of them."""
    found = [node for node in model.get_ordered_ops() if node.get_type_name() in CONVOLUTIONS]
    return {node.get_friendly_name().removesuffix("/WithoutBiases"): node for node in found}


def in_eight_bits(model: ov.Model, ranges: Ranges) -> ov.Model:
    """The model, told to round the inputs and the weights of some convolutions to 8 bits.

    Args:
        model: is changed.
        ranges: of those that are to be rounded.
    """
    rounded: dict[object, ov.Output] = {}
    nodes = convolutions(model)
    for name in ranges:
        node = nodes[name]
        source, weights = node.input_value(0), node.input_value(1)
        # Channels that are never added up may each have a scale of their own.
        apart = node.get_type_name() == "GroupConvolution"
        key = (source.get_node().get_friendly_name(), source.get_index(), apart)
        if key not in rounded:
            rounded[key] = _rounded_input(source, ranges[name], apart)
        node.input(0).replace_source_output(rounded[key])
        node.input(1).replace_source_output(_rounded_weights(weights, apart))
    model.validate_nodes_and_infer_types()
    return model


def _rounded_input(source: ov.Output, measured: NDArray[np.float32], apart: bool) -> ov.Output:
    least, most = measured if apart else (measured[:1].min(1), measured[1:].max(1))
    low, high = levels(least, np.maximum(most, most.max() * ROOM))
    bounds = [operations.constant(bound.reshape(1, -1, 1, 1)) for bound in (low, high)]
    return operations.fake_quantize(source, *bounds, *bounds, INPUT_LEVELS).output(0)


def _rounded_weights(source: ov.Output, apart: bool) -> ov.Output:
    """Every output channel of the weights on a scale of its own."""
    values = _values(source)
    within = tuple(range(2 if apart else 1, values.ndim))
    largest = np.maximum(np.abs(values).max(within, keepdims=True), 1e-9)
    bounds = [operations.constant(bound) for bound in (-largest, largest)]
    constant = operations.constant(values)
    return operations.fake_quantize(constant, *bounds, *bounds, WEIGHT_LEVELS).output(0)


def _values(source: ov.Output) -> NDArray[np.float32]:
    """Of a constant, or of one that is only put into another shape."""
    node = source.get_node()
    while node.get_type_name() != "Constant":
        node = node.input_value(0).get_node()
    return np.asarray(node.data, np.float32).reshape(tuple(source.get_shape()))


def levels(least: NDArray[np.float32], most: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """Bounds that hold both values and of whose levels one is exactly zero, float32, shape as given."""
    least = np.minimum(least.astype(np.float64), 0)
    most = np.maximum(most.astype(np.float64), 1e-6)
    step = (most - least) / (INPUT_LEVELS - 1)
    below = np.round(-least / step)
    bounds = -below * step, (INPUT_LEVELS - 1 - below) * step
    return tuple(np.asarray(bound, np.float32) for bound in bounds)
