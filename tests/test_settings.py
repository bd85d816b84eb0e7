from __future__ import annotations

from dataclasses import FrozenInstanceError
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.errors import UsageError
from blur.settings import AUDIO, PRESETS, STYLES, Audio, Preset, Settings, Style

SPANS = ((Fraction(1), Fraction(2)),)


def test_the_defaults_are_safe() -> None:
    settings = Settings()
    assert (settings.style, settings.audio, settings.preset) == ("veil", "remove", "balanced")
    assert settings.grow > 1
    assert settings.threshold is None
    assert settings.rounds > 0
    assert not settings.accept_unverified


@given(
    st.sampled_from(STYLES),
    st.sampled_from(AUDIO),
    st.booleans(),
    st.sampled_from(PRESETS),
    st.floats(1, 4),
    st.none() | st.floats(0, 1, exclude_min=True, exclude_max=True),
    st.integers(0, 51),
)
def test_every_value_in_its_range_is_taken(
    style: Style, audio: Audio, beeps: bool, preset: Preset, grow: float, threshold: float | None, crf: int
) -> None:
    mute = SPANS if audio == "mute" or (beeps and audio == "disguise") else ()
    settings = Settings(style, audio, preset, grow, threshold, crf, mute)
    assert (settings.grow, settings.threshold, settings.crf, settings.mute) == (grow, threshold, crf, mute)


@pytest.mark.parametrize(
    "wrong",
    [
        {"style": "blurry"},
        {"audio": "louder"},
        {"audio": "mute"},
        {"audio": "keep", "mute": SPANS},
        {"mute": SPANS},
        {"preset": "slow"},
        {"grow": 0.99},
        {"grow": 4.01},
        {"grow": float("nan")},
        {"grow": float("inf")},
        {"threshold": 0.0},
        {"threshold": 1.0},
        {"threshold": -0.1},
        {"threshold": float("nan")},
        {"crf": -1},
        {"crf": 52},
        {"rounds": -1},
        {"rounds": 11},
    ],
    ids=str,
)
def test_what_is_out_of_range_is_refused_with_a_hint(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError) as caught:
        Settings(**wrong)  # type: ignore[arg-type]
    assert caught.value.exit_code == 2
    assert caught.value.hint.endswith(".")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().grow = 1.0  # type: ignore[misc]
