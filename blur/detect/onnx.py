"""Networks that OpenCV runs on the processor."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from blur.detect.detector import Bgr
from blur.detect.weights import weights

STRIDE = 32
"""Both networks want widths and heights that are multiples of this."""


class Network:
    """An ONNX network on OpenCV's DNN module. Not for use by two threads at once."""

    def __init__(self, file: str, outputs: Sequence[str]) -> None:
        """Load a network.

        Raises:
            WeightsError: the weights are absent or altered.
        """
        self._net = cv2.dnn.readNetFromONNX(np.frombuffer(weights(file), np.uint8))
        self._outputs = list(outputs)

    def run(self, picture: Bgr, mean: tuple[float, float, float], rgb: bool) -> list[NDArray[np.float32]]:
        """The outputs for one picture, which is padded at the right and the bottom to whole strides."""
        height, width = picture.shape[:2]
        right, bottom = -width % STRIDE, -height % STRIDE
        if right or bottom:
            framed = cv2.copyMakeBorder(picture, 0, bottom, 0, right, cv2.BORDER_CONSTANT, value=mean)
            picture = np.asarray(framed, np.uint8)
        self._net.setInput(cv2.dnn.blobFromImage(picture, mean=mean, swapRB=rgb))
        return [np.asarray(output, np.float32) for output in self._net.forward(self._outputs)]
