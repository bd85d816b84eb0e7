"""Networks that OpenVINO runs on the processor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from blur.detect import eight_bits
from blur.detect.detector import Bgr
from blur.detect.runtime import ov, preprocess
from blur.detect.weights import weights

STRIDE = 32
"""Both networks want widths and heights that are multiples of this."""

Colour = tuple[float, float, float]

_COMPILING = Lock()
"""Who wants a network that another thread is making waits for it, and does not make it again."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What it takes to run a network.

    Attributes:
        file: with its weights.
        outputs: the names of those that are wanted.
        mean: what is taken from a picture's blue, green and red.
        rgb: whether the network wants red first.
        ranges: the file with those of its inputs, by which it may run in sums of 8 bits; "" where it may not.
    """

    file: str
    outputs: tuple[str, ...]
    mean: Colour
    rgb: bool
    ranges: str = ""


class Network:
    """An ONNX network for pictures of any size. Not for use by two threads at once."""

    def __init__(self, recipe: Recipe) -> None:
        """Raises WeightsError where the weights are absent or altered."""
        with _COMPILING:
            network = _compiled(weights(recipe.file), recipe)
        self._request = network.create_infer_request()
        self._recipe = recipe

    def run(self, picture: Bgr) -> list[NDArray[np.float32]]:
        """The outputs for one picture, which is padded at the right and the bottom to whole strides."""
        height, width = picture.shape[:2]
        right, bottom = -width % STRIDE, -height % STRIDE
        if right or bottom:
            framed = cv2.copyMakeBorder(
                picture, 0, bottom, 0, right, cv2.BORDER_CONSTANT, value=self._recipe.mean
            )
            picture = np.asarray(framed, np.uint8)
        outputs = self._request.infer([np.ascontiguousarray(picture)[None]])
        return [np.asarray(outputs[name], np.float32) for name in self._recipe.outputs]


@cache
def _compiled(content: bytes, recipe: Recipe) -> ov.CompiledModel:
    """Made once a process: it takes as long as two looks."""
    model = read(content, recipe)
    if recipe.ranges and precision() == "i8":
        model = eight_bits.in_eight_bits(model, eight_bits.ranges_in(weights(recipe.ranges)))
    hint = "bf16" if precision() == "bf16" else "f32"
    options = {"INFERENCE_PRECISION_HINT": hint, "ENABLE_CPU_PINNING": False}
    return ov.Core().compile_model(fed_with_pictures(model, recipe), "CPU", options)


def read(content: bytes, recipe: Recipe) -> ov.Model:
    """The network without the landmarks, which all of them offer: nobody's features are worked out."""
    whole = ov.Core().read_model(model=content)
    model = ov.Model([whole.output(name).node for name in recipe.outputs], whole.get_parameters())
    model.reshape([1, 3, -1, -1])
    return model


def fed_with_pictures(model: ov.Model, recipe: Recipe) -> ov.Model:
    """The network, taking a picture as it is; the conversion becomes part of its first layer."""
    process = preprocess.PrePostProcessor(model)
    picture = process.input()
    picture.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    picture.tensor().set_color_format(preprocess.ColorFormat.BGR)
    picture.model().set_layout(ov.Layout("NCHW"))
    steps = picture.preprocess().convert_element_type(ov.Type.f32).mean(list(recipe.mean))
    if recipe.rgb:
        steps.convert_color(preprocess.ColorFormat.RGB)
    return process.build()


def precision() -> str:
    """Of the sums: numbers of 16 bits ("bf16") where the processor has them, or else of 8 ("i8").

    Either takes about half the time of 32 bits.
    """
    return "bf16" if "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "i8"
