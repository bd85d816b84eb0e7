from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from blur import errors
from blur.desktop import words
from blur.desktop.actions import ACTS, MENUS
from blur.events import Stage
from blur.settings import STYLES

HERE = Path(words.__file__).parent.parent


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    words.speak("en")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_language_says_everything_with_the_same_values(language: str) -> None:
    english, other = words.load("en"), words.load(language)
    assert set(other) == set(english)
    assert {key: fields(text) for key, text in other.items()} == {k: fields(t) for k, t in english.items()}
    assert [key for key, text in other.items() if not text.strip()] == []


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_nothing_is_left_in_english(language: str) -> None:
    english, other = words.load("en"), words.load(language)
    alike = {key for key in english if english[key] == other[key]}
    assert alike <= {"app.name", "time.seconds", "time.minutes", "review.pause"}


def test_every_word_that_the_window_asks_for_is_there_and_none_is_idle() -> None:
    asked: set[str] = set()
    families = {"error.", "hint.", "look.", "close.", "anyway.", "remove."}  # asked for by names
    for path in HERE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                asked |= set(re.findall(r"^[a-z]+\.[a-z_]*[a-z]$", node.value))
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                families |= set(re.findall(r"^([a-z]+\.)", str(node.values[0].value)))
    known = set(words.load("en"))
    assert asked & known
    idle = {key for key in known - asked if not key.startswith(tuple(families))}
    said = {key for key in asked if key.split(".")[0] in {each.split(".")[0] for each in known}}
    assert (idle, said - known) <= (set(), set())


def test_every_act_error_stage_and_look_has_its_words() -> None:
    known = set(words.load("en"))
    names = [
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.BlurError) and kind is not errors.Interrupted
    ]
    wanted = {f"action.{act.id}" for act in ACTS} | {f"menu.{menu}" for menu in MENUS}
    wanted |= {f"stage.{stage}" for stage in Stage.__args__} | {f"look.{style}" for style in STYLES}
    base = {"InputError"}  # never raised itself
    wanted |= {f"{part}.{name}" for part in ("error", "hint") for name in names if name not in base}
    assert wanted - known == set()


def test_an_unknown_language_is_english() -> None:
    assert words.speak("tlh_KX") == "en"
    assert words.speak("fr-CA") == "fr"
    assert words.say("do.cancel") == "Annuler"
