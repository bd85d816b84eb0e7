"""Machines work together only if they would make the same of a clip."""

from __future__ import annotations

from dataclasses import replace

import pytest

from blur import __version__
from blur.cluster.identity import Identity
from blur.errors import WeightsError


def test_the_own_one_names_versions_and_weights() -> None:
    own = Identity.own()
    assert own.blur == __version__
    assert len(own.weights) == 64
    assert own == Identity.own()


def test_altered_weights_have_no_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    def altered(_: str) -> bytes:
        raise WeightsError("altered")

    monkeypatch.setattr("blur.cluster.identity.weights", altered)
    with pytest.raises(WeightsError):
        Identity.own()


@pytest.mark.parametrize("part", ["blur", "weights", "dask"])
def test_dask_gives_no_clip_to_a_worker_that_offers_another_resource(part: str) -> None:
    own = Identity("1", "2", "3")
    assert own.resource == Identity("1", "2", "3").resource
    assert own.resource != replace(own, **{part: "other"}).resource
