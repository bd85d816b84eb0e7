"""Which detectors look at videos."""

from __future__ import annotations

from blur.detect.centerface import CenterFace
from blur.detect.detector import Detector
from blur.detect.ensemble import Ensemble, Member
from blur.detect.retinaface import RetinaFace
from blur.settings import Preset

RETINAFACE_TRUST = 0.2
"""RetinaFace scores clutter up to 0.8, so that alone it must be all but sure."""


def finder(preset: Preset) -> Detector:
    """The detector that a preset looks with. Raises WeightsError where weights are absent or altered.

    CenterFace alone finds what there is at several sizes and times; a second opinion of RetinaFace
    costs a third more and changed nothing on the benchmark, so only the thorough preset asks for it.
    """
    if preset == "thorough":
        return Ensemble(CenterFace(), [Member(RetinaFace(), RETINAFACE_TRUST)])
    return CenterFace()
