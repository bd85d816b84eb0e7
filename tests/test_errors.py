from __future__ import annotations

from collections.abc import Iterator

import pytest

from blur import errors
from blur.errors import BlurError

CODES = {
    "BlurError": 1,
    "UsageError": 2,
    "InputError": 3,
    "UnreadableError": 3,
    "UnsupportedError": 3,
    "EncryptedError": 3,
    "DamagedError": 3,
    "CrashedError": 3,
    "AuditError": 5,
    "MissingError": 7,
    "WeightsError": 7,
    "OutputError": 8,
    "ExistsError": 8,
    "Interrupted": 130,
}


def tree(kind: type[BlurError] = BlurError) -> Iterator[type[BlurError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


def named() -> list[type[BlurError]]:
    return [kind for kind in tree() if kind.__module__ == errors.__name__]


def test_exit_codes_are_the_fixed_ones() -> None:
    assert {kind.__name__: kind.exit_code for kind in named()} == CODES
    assert (errors.EXIT_OK, errors.EXIT_LOOK, errors.EXIT_BATCH) == (0, 4, 6)


@pytest.mark.parametrize("kind", named())
def test_every_error_has_a_message_a_hint_and_a_name(kind: type[BlurError]) -> None:
    error = kind("it went wrong")
    assert (str(error), error.message, error.name) == ("it went wrong", "it went wrong", kind.__name__)
    assert error.hint
    assert "\n" not in error.hint
    assert kind("it went wrong", "Do this.").hint == "Do this."


@pytest.mark.parametrize("kind", named())
def test_the_tree_in_the_text_names_every_error_with_its_code(kind: type[BlurError]) -> None:
    assert errors.__doc__ is not None
    assert kind.__name__ in errors.__doc__
    if kind.exit_code != kind.__base__.__dict__.get("exit_code") and "exit_code" in kind.__dict__:
        (line,) = [line for line in errors.__doc__.splitlines() if f" {kind.__name__} " in line]
        assert f" {kind.exit_code} " in line
