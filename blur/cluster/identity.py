"""What must be the same on all machines: Blur, the detectors' weights, and what carries the work."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from blur import __version__
from blur.detect.weights import all_weights, weights

_PARTS = {"blur": "another version of Blur", "weights": "other weights", "dask": "another version of dask"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Versions, and a hash over the hashes of the weights, which were checked when this was made."""

    blur: str
    weights: str
    dask: str

    @classmethod
    def own(cls) -> Identity:
        """This machine's. Raises WeightsError where weights are absent or altered."""
        import distributed

        listed = all_weights()
        for file in listed:
            weights(file)
        told = json.dumps(sorted(listed.items())).encode()
        return cls(__version__, hashlib.sha256(told).hexdigest(), distributed.__version__)

    @property
    def resource(self) -> str:
        """The name of what a worker offers and a clip takes: dask gives no clip to a worker without it."""
        return "blur-" + hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()

    def against(self, other: dict[str, object]) -> str | None:
        """What is different there, in plain words; None where nothing is."""
        own = asdict(self)
        if all(other.get(name) == value for name, value in own.items()):
            return None
        parts = [said for name, said in _PARTS.items() if other.get(name) != own[name]]
        return f"it has {' and '.join(parts)}"
