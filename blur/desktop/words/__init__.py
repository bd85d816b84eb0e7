"""Everything that the window says, in every language it speaks: one TOML file per language."""

from __future__ import annotations

import tomllib
from importlib.resources import files

LANGUAGES = ("en", "fr", "ar")
FROM_RIGHT_TO_LEFT = frozenset({"ar"})


def load(language: str) -> dict[str, str]:
    """The texts of a language by their keys."""
    text = files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return {
        f"{part}.{key}": value for part, texts in tomllib.loads(text).items() for key, value in texts.items()
    }


class _Words:
    def __init__(self) -> None:
        self.language = "en"
        self.texts = load("en")


_words = _Words()


def speak(language: str) -> str:
    """Chooses the language from a locale's name such as ``fr_CA``; English where Blur knows no better."""
    spoken = language.replace("-", "_").split("_")[0].lower()
    _words.language = spoken if spoken in LANGUAGES else "en"
    _words.texts = load(_words.language)
    return _words.language


def language() -> str:
    """The language that is spoken, one of LANGUAGES."""
    return _words.language


def say(key: str, /, **values: object) -> str:
    """The text of a key, with ``{names}`` in it replaced. Raises KeyError for a key that is not there."""
    return _words.texts[key].format(**values)


def knows(key: str) -> bool:
    """Whether a text is there; for names that the engine may learn before the window does."""
    return key in _words.texts
