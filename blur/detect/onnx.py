"""Networks that OpenVINO runs on the processor."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from blur.detect.detector import Bgr
from blur.detect.weights import weights

# OpenVINO loads its converter of models if it can, and that reports its use to an analytics host.
sys.modules["openvino.tools"] = None  # type: ignore[assignment]

import openvino as ov  # noqa: E402
from openvino.preprocess import ColorFormat, PrePostProcessor  # noqa: E402

STRIDE = 32
"""Both networks want widths and heights that are multiples of this."""

Colour = tuple[float, float, float]

_COMPILING = Lock()
"""Who wants a network that another thread is making waits for it, and does not make it again."""


class Network:
    """An ONNX network for pictures of any size. Not for use by two threads at once."""

    def __init__(self, file: str, outputs: Sequence[str], mean: Colour, *, rgb: bool) -> None:
        """Load a network.

        Args:
            file: with its weights.
            outputs: the names of those that `run` returns.
            mean: what is taken from a picture's blue, green and red.
            rgb: whether the network wants red first.

        Raises:
            WeightsError: the weights are absent or altered.
        """
        with _COMPILING:
            network = _compiled(weights(file), tuple(outputs), mean, rgb)
        self._request = network.create_infer_request()
        self._outputs = list(outputs)
        self._mean = mean

    def run(self, picture: Bgr) -> list[NDArray[np.float32]]:
        """The outputs for one picture, which is padded at the right and the bottom to whole strides."""
        height, width = picture.shape[:2]
        right, bottom = -width % STRIDE, -height % STRIDE
        if right or bottom:
            framed = cv2.copyMakeBorder(picture, 0, bottom, 0, right, cv2.BORDER_CONSTANT, value=self._mean)
            picture = np.asarray(framed, np.uint8)
        outputs = self._request.infer([np.ascontiguousarray(picture)[None]])
        return [np.asarray(outputs[name], np.float32) for name in self._outputs]


@cache
def _compiled(network: bytes, outputs: tuple[str, ...], mean: Colour, rgb: bool) -> ov.CompiledModel:
    """Made once a process: it takes as long as two looks."""
    core = ov.Core()
    whole = core.read_model(model=network)
    # Without the landmarks, which both networks offer: nobody's features are worked out.
    model = ov.Model([whole.output(name).node for name in outputs], whole.get_parameters())
    model.reshape([1, 3, -1, -1])
    options = {"INFERENCE_PRECISION_HINT": precision(), "ENABLE_CPU_PINNING": False}
    return core.compile_model(_fed_with_pictures(model, mean, rgb), "CPU", options)


def _fed_with_pictures(model: ov.Model, mean: Colour, rgb: bool) -> ov.Model:
    """The network, taking a picture as it is; the conversion becomes part of its first layer."""
    process = PrePostProcessor(model)
    picture = process.input()
    picture.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    picture.tensor().set_color_format(ColorFormat.BGR)
    picture.model().set_layout(ov.Layout("NCHW"))
    steps = picture.preprocess().convert_element_type(ov.Type.f32).mean(list(mean))
    if rgb:
        steps.convert_color(ColorFormat.RGB)
    return process.build()


def precision() -> str:
    """Of the sums: 16 bits ("bf16") where the processor has them, which halves the time, or 32 ("f32")."""
    return "bf16" if "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
