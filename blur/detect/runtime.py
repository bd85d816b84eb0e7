"""OpenVINO without its reporter: whoever needs it takes it from here, and nowhere is it imported but here.

It loads its converter of models if it can, and that reports its use to an analytics host.
"""

from __future__ import annotations

import sys

sys.modules["openvino.tools"] = None  # type: ignore[assignment]

import openvino as ov  # noqa: E402
from openvino import opset13 as operations  # noqa: E402
from openvino import preprocess  # noqa: E402

__all__ = ["operations", "ov", "preprocess"]
