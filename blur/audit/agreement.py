"""Faint finds that another look agrees on: the camera takes the one to where the other is.

Clutter that looks a little like a face does so in one light and from one side; a face goes on doing so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby

import numpy as np

from blur.audit.finding import Finding
from blur.track.link import link
from blur.track.observe import Look, Observations

WITHIN = Fraction(2)
"""Seconds between two looks that can agree, at most."""


def agreed(faint: Sequence[Finding], seen: Observations, sure: float) -> tuple[Finding, ...]:
    """Those of the findings that fit another one, or something sure that made the plan, in the same scene.

    Args:
        seen: what made the plan, in other frames than the findings are in.
        sure: score from which a sighting made it by itself.
    """
    held = {frame: list(group) for frame, group in groupby(sorted(faint, key=_frame), key=_frame)}
    found = [_as_look(group) for group in held.values()]
    looks = tuple(sorted([*found, *(_sure(look, sure) for look in seen.looks)], key=_frame))
    chains = link(replace(seen, looks=looks), seen.time_base.ticks(WITHIN))
    return tuple(
        held[frame][one.face]
        for chain in chains
        if len(chain) > 1
        for one in chain
        if (frame := looks[one.look].frame) in held
    )


def _frame(seen: Finding | Look) -> int:
    return seen.frame


def _as_look(findings: Sequence[Finding]) -> Look:
    boxes = np.array([finding.box for finding in findings], np.float32)
    scores = np.array([finding.score for finding in findings], np.float32)
    followed = np.empty((len(findings), 0, 4), np.float32)
    return Look(findings[0].frame, boxes, scores, followed, followed)


def _sure(look: Look, sure: float) -> Look:
    kept = look.scores >= sure
    return Look(look.frame, look.boxes[kept], look.scores[kept], look.ahead[kept], look.behind[kept])
