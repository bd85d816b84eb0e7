"""What the libraries are told before they are loaded: to stay at home, to leave no files, to keep still."""

from __future__ import annotations

import os
import sys
from types import ModuleType

SWITCHES = {
    "DO_NOT_TRACK": "1",
    "IMAGEIO_NO_INTERNET": "1",
}
"""Each is asked for by something that comes with Blur; tests/sandbox/test_environment.py looks for more."""

THREADS = {
    "OPENBLAS_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
}
"""Decoding, looking, covering and encoding run beside each other; threads of numpy's and OpenCV's own
would only wait in circles."""

UNUSED = ("matplotlib", "matplotlib.pyplot")
"""mediapipe loads these for drawings that Blur never makes; loading them writes a list of the
machine's fonts into the user's cache folder and takes 0.3 s."""


BARRED = ("openvino.tools", "sounddevice")
"""mediapipe and openvino load these if they can: the second opens sound
devices, the first reports its use to an analytics host."""


def settle() -> None:
    """Sets the switches for this process and its children, stands in for UNUSED, and bars BARRED."""
    os.environ.update(SWITCHES | THREADS)
    if UNUSED[0] not in sys.modules:
        for name in UNUSED:
            sys.modules[name] = ModuleType(name, "Stands in for a library that Blur never uses.")
    for name in BARRED:
        sys.modules[name] = None  # type: ignore[assignment]
