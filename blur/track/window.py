"""Between two looks: where the faces of each go on their way to the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from blur.geometry import Boxes, iou
from blur.track.flow import Paths, carried_paths, flowing_paths
from blur.track.motion import Grey, Similarity

SETTLED = 0.5
"""A face that the camera alone brings this close (IoU) to one of the other look's needs no flow."""


def follow(
    earlier: Boxes,
    later: Boxes,
    clear: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    greys: Sequence[Grey],
    moves: Sequence[Similarity],
) -> tuple[Paths, Paths]:
    """Paths of the earlier look's faces forwards and of the later look's backwards.

    Args:
        earlier, later: shapes (N, 4) and (M, 4), in pixels of the small pictures.
        clear: shapes (N,) and (M,): which of them are clear enough to be worth following.
        greys: the S + 1 small pictures from the earlier look's to the later's.
        moves: the S movements of the camera between them.

    Returns:
        Shapes (N, S, 4) and (M, S, 4). The camera says where most faces go; what moves by itself
        is followed by its own flow, which costs more.
    """
    back = [np.asarray(np.linalg.inv(move), np.float64) for move in reversed(moves)]
    ahead, behind = carried_paths(earlier, moves), carried_paths(later, back)
    if not moves:
        return ahead, behind
    lost = clear[0] & _unsettled(ahead[:, -1], later)
    new = clear[1] & _unsettled(behind[:, -1], earlier)
    if lost.any():
        ahead[lost] = flowing_paths(earlier[lost], greys, moves)
    if new.any():
        behind[new] = flowing_paths(later[new], greys[::-1], back)
    return ahead, behind


def _unsettled(arrived: Boxes, others: Boxes) -> NDArray[np.bool_]:
    best: NDArray[np.float32] = iou(arrived, others).max(axis=1, initial=0.0)
    return best < SETTLED
