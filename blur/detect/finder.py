"""Which detectors look at videos."""

from __future__ import annotations

from blur.detect.centerface import CenterFace
from blur.detect.detector import Detector
from blur.detect.ensemble import Ensemble, Member
from blur.detect.retinaface import RetinaFace
from blur.settings import Preset

TRUST = 0.2
"""RetinaFace scores clutter up to 0.8, and BlazeFace hands and necks, so that alone they must be sure."""


def finder(preset: Preset) -> Detector:
    """The detector that a preset looks with. Raises WeightsError where weights are absent or altered.

    CenterFace alone finds what there is at several sizes and times. Other opinions cost more than they
    gave on the benchmark, so only the thorough preset asks for them, since other footage may differ.
    """
    if preset != "thorough":
        return CenterFace()
    from blur.detect.blazeface import BlazeFace  # mediapipe takes half a second to load

    return Ensemble(CenterFace(), [Member(RetinaFace(), TRUST), Member(BlazeFace(), TRUST)])
