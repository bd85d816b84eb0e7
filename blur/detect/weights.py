"""The detectors' weights: verified bytes, or an error. There is no fall-back to a weaker detector."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from blur.errors import WeightsError

_MODELS = files("blur.detect") / "models"


def all_weights() -> Mapping[str, str]:
    """Every weights file that Blur needs, by name, with its sha256 in hexadecimal.

    Raises:
        WeightsError: the list of them is missing or damaged.
    """
    try:
        manifest = tomllib.loads((_MODELS / "MANIFEST.toml").read_text(encoding="utf-8"))
        return {entry["file"]: entry["sha256"] for entry in manifest["weights"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError("the list of the detectors' weights is missing or damaged") from error


@cache
def weights(file: str) -> bytes:
    """The content of a weights file, such as ``"centerface.onnx"``, checked against its sha256.

    Bytes and not a path, so that what was checked is what is used. The check is made once a process.

    Raises:
        WeightsError: the file is absent, altered, or none of Blur's.
    """
    expected = all_weights().get(file)
    if expected is None:
        raise WeightsError(f"{file} is none of Blur's weights")
    try:
        content = (_MODELS / file).read_bytes()
    except OSError as error:
        raise WeightsError(f"the weights {file} are missing") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise WeightsError(f"the weights {file} are not the ones that Blur was built with")
    return content
