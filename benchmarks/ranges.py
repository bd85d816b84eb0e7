"""Measures what goes into the convolutions of CenterFace, for blur/detect/eight_bits.py to round.

usage: python benchmarks/ranges.py FILE...        (videos and photos of crowds)
Some frames of every clip are looked at, as they are, at half size and, where they are dark, lit. What is
kept are two numbers for each channel, over all pictures together.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from common import REPOSITORY
from numpy.typing import NDArray

from blur.detect import eight_bits
from blur.detect.centerface import RANGES, RECIPE
from blur.detect.looking import toned
from blur.detect.onnx import STRIDE, Recipe, fed_with_pictures, read
from blur.detect.runtime import operations, ov
from blur.detect.weights import weights

DELICATE = ("363", "366", "369", "371", "379", "388", "394", "405", "455", "529")
"""Convolutions that are not rounded: rounded alone, each took most of faint faces' scores."""
EVERY = 41
"""Frames from one that is looked at to the next; not a multiple of a look's interval."""


def pictures(files: list[Path]) -> Iterator[NDArray[np.uint8]]:
    """Of whole strides, so that none is padded."""
    for file in files:
        with av.open(str(file)) as source:
            for number, frame in enumerate(source.decode(video=0)):
                if number % EVERY:
                    continue
                whole = frame.to_ndarray(format="bgr24")
                for size in (whole, cv2.resize(whole, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)):
                    height, width = (side // STRIDE * STRIDE for side in size.shape[:2])
                    yield np.ascontiguousarray(toned(size, size)[:height, :width])


def measured(recipe: Recipe, looked_at: list[NDArray[np.uint8]]) -> dict[str, NDArray[np.float32]]:
    """The least and the largest value by channel, shape (2, C), of every convolution's input."""
    model = read(weights(recipe.file), recipe)
    nodes = eight_bits.convolutions(model).items()
    sources = {name: node.input_value(0) for name, node in nodes if name not in DELICATE}
    tapped = ov.Model([operations.result(source) for source in sources.values()], model.get_parameters())
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    request = (
        ov.Core().compile_model(fed_with_pictures(tapped, recipe), "CPU", options).create_infer_request()
    )
    ranges: dict[str, NDArray[np.float32]] = {}
    for picture in looked_at:
        values = request.infer([picture[None]])
        for index, name in enumerate(sources):
            channels = np.asarray(values[index][0], np.float32)
            least, most = channels.min((1, 2)), channels.max((1, 2))
            before = ranges.get(name, np.stack([least, most]))
            ranges[name] = np.stack([np.minimum(before[0], least), np.maximum(before[1], most)])
    return ranges


def as_text(ends: NDArray[np.float32]) -> str:
    """In JSON, with three digits, which is closer than the rounding that it is for."""
    return json.dumps([[float(f"{value:.3g}") for value in row] for row in ends], separators=(",", ":"))


def main() -> None:
    looked_at = list(pictures([Path(file) for file in sys.argv[1:]]))
    ranges = measured(RECIPE, looked_at)
    file = REPOSITORY / "blur" / "detect" / "models" / RANGES
    lines = (f'"{name}": {as_text(ends)}' for name, ends in ranges.items())
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    print(f"{len(ranges)} convolutions on {len(looked_at)} pictures; for MANIFEST.toml: {digest}")


if __name__ == "__main__":
    main()
