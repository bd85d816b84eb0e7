"""What a look with CenterFace takes on OpenVINO, as Blur runs it, against OpenCV's own engine.

usage: python benchmarks/engines.py
Processor time of one look, the best of several in turn, at the sizes of the looks at 1280x720.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np

from blur.detect.onnx import Network, precision
from blur.detect.weights import weights

FILE, OUTPUTS = "centerface.onnx", ["537", "538", "539"]
SIZES = ((1344, 768), (960, 576), (704, 416))
ROUNDS = 8


def milliseconds(look: Callable[[], object]) -> float:
    start = time.process_time()
    look()
    return 1000 * (time.process_time() - start)


def main() -> None:
    ours = Network(FILE, OUTPUTS, mean=(0, 0, 0), rgb=True)
    theirs = cv2.dnn.readNetFromONNX(np.frombuffer(weights(FILE), np.uint8))

    def with_opencv(picture: np.ndarray) -> None:
        theirs.setInput(cv2.dnn.blobFromImage(picture, swapRB=True))
        theirs.forward(OUTPUTS)

    print(f"| size | OpenCV | OpenVINO ({precision()}) | ratio |\n|---|---|---|---|")
    for width, height in SIZES:
        picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
        rounds = [
            (milliseconds(lambda: with_opencv(picture)), milliseconds(lambda: ours.run(picture)))  # noqa: B023
            for _ in range(ROUNDS)
        ]
        opencv, openvino = np.min(rounds, axis=0)
        print(f"| {width}x{height} | {opencv:.0f} ms | {openvino:.0f} ms | {opencv / openvino:.1f} |")


if __name__ == "__main__":
    main()
