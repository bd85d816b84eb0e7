"""Settings from below the options of a call: your own profile, the folder's, and the environment.

Each overrides what comes before it. A ``blur.toml`` may lie among footage that somebody else made, so
that the one of the folder can only strengthen protection; what would weaken it is an error.
"""

from __future__ import annotations

import json
import operator
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from blur.errors import UsageError
from blur.events import Notice, Steps
from blur.media.plain import has_an_end
from blur.settings import PRESETS, Settings
from blur.text import printable

Source: TypeAlias = Literal["default", "profile", "folder", "environment", "option"]
Result = TypeVar("Result")

FILE = "blur.toml"
SCHEMA = "blur-config/1"
PREFIX = "BLUR_"
TOLD: dict[Source, str] = {
    "default": "default",
    "profile": "your profile",
    "folder": f"{FILE} in this folder",
    "environment": "the environment",
    "option": "option",
}
ONCE = ("mute", "private")
"""What is said of one clip, and no profile can set."""
KINDS: dict[str, type] = {
    field.name: float if field.default is None else type(field.default)
    for field in fields(Settings)
    if field.name not in ONCE
}
"""What a profile can set, and as what."""
_KIND_NAMES = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false"}
_OTHERS = {"BLUR_DEBUG", "BLUR_SHARED", "BLUR_STATE"}
_LARGEST = 1 << 16
_FAR = 1 << 31
_SIMILAR = 0.75
"""How like a setting's name that of a variable must be to be taken for a slip; others are not Blur's."""

_STRENGTH: dict[str, Callable[[Any], Any]] = {
    "audio": ("keep", "mute", "disguise", "remove").index,
    "preset": PRESETS.index,
    "grow": float,
    "threshold": lambda score: -(score or 0.0),  # what the preset takes is for nobody else to change
    "camera_trace": ("keep", "reduce").index,
    "encoder": ("hardware", "software").index,  # a graphics card's output differs from machine to machine
    "on_damage": ("cover", "refuse").index,
    "rounds": int,
    "accept_unverified": operator.not_,
}
"""Grows with protection, for the settings that have to do with it."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one source sets."""

    source: Source
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a run, and where those come from that are not the defaults."""

    settings: Settings
    sources: Mapping[str, Source]


def layered(layers: Sequence[Layer]) -> Config:
    """The settings that come of all layers, the later ones over the earlier ones.

    Raises UsageError for a value out of its range, and where the folder would weaken protection.
    """
    settings, values, sources = Settings(), dict[str, Any](), dict[str, Source]()
    for layer in layers:
        if layer.source == "folder":
            _refuse_weakening(layer.values, settings)
        values |= layer.values
        sources |= dict.fromkeys(layer.values, layer.source)
        try:
            settings = Settings(**values)
        except UsageError as error:
            if layer.source == "option":
                raise
            raise UsageError(f"{TOLD[layer.source]}: {error.message}", error.hint) from error
    return Config(settings, sources)


def _refuse_weakening(values: Mapping[str, Any], before: Settings) -> None:
    for key, value in values.items():
        strength = _STRENGTH.get(key)
        if strength and _known(strength, value) < strength(getattr(before, key)):
            raise UsageError(
                f"{FILE} in this folder would weaken protection: {key} = {json.dumps(value)}",
                "Move it away if it is not yours; else choose this by an option or in your own profile.",
            )


def _known(strength: Callable[[Any], Any], value: Any) -> Any:
    try:
        return strength(value)
    except ValueError:
        return sys.maxsize  # no such value: said when the settings are made


def below() -> list[Layer]:
    """The layers below the options. Raises UsageError where one is no profile."""
    return [
        Layer("profile", _file(user_folder() / FILE, "profile")),
        Layer("folder", _file(Path(FILE), "folder")),
        Layer("environment", _environment(os.environ)),
    ]


def user_folder() -> Path:
    """Where the user's own profile lies."""
    if sys.platform == "win32" and (told := os.environ.get("APPDATA")):
        return Path(told) / "Blur"
    home = os.path.expanduser("~")  # noqa: PTH111 - it fails for nobody
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path(home) / ".config") / "blur"


def _file(path: Path, source: Source) -> dict[str, Any]:
    try:
        if not path.exists() or not has_an_end(path):
            return {}
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{TOLD[source]} cannot be read", "Check that you may open it.") from error
    if len(content) > _LARGEST:
        raise UsageError(f"{TOLD[source]} is too large for a profile", "Move it away.")
    return parsed(content, source)


def parsed(content: bytes, source: Source) -> dict[str, Any]:
    """What a profile sets. Raises UsageError where it is none, and for an unknown key or kind of value."""
    import tomllib

    try:
        told = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        what = printable(str(error))[:120]
        raise UsageError(f"{TOLD[source]} is no TOML: {what}", "Write lines such as: grow = 1.8") from error
    values = {}
    for spelling, given in told.items():
        key = spelling.replace("-", "_")
        if key not in KINDS:
            nearest = _nearest(key, 0.0)
            hint = "It is of one clip: use the option." if key in ONCE else f"The nearest one is {nearest}."
            raise UsageError(f"{TOLD[source]}: there is no setting {printable(spelling)[:40]}", hint)
        small = type(given) is int and abs(given) < _FAR  # a longer one is no float, and cannot be printed
        value = float(given) if small and KINDS[key] is float else given
        if type(value) is not KINDS[key] or (type(given) is int and not small):
            raise UsageError(f"{TOLD[source]}: {key} must be {_KIND_NAMES[KINDS[key]]}")
        values[key] = value
    return values


def _environment(variables: Mapping[str, str]) -> dict[str, Any]:
    """What variables such as BLUR_STYLE set; empty ones set nothing."""
    values = {}
    for name, text in variables.items():
        if not text or not name.startswith(PREFIX) or name in _OTHERS:
            continue
        key = name.removeprefix(PREFIX).lower()
        if key in KINDS:
            values[key] = _of_text(name, text, KINDS[key])
        elif nearest := _nearest(key, _SIMILAR):
            raise UsageError(f"there is no setting {printable(name)}", f"Is it {PREFIX}{nearest.upper()}?")
    return values


def _of_text(name: str, text: str, kind: type) -> Any:
    try:
        return (
            {"true": True, "1": True, "false": False, "0": False}[text.lower()]
            if kind is bool
            else kind(text)
        )
    except (ValueError, KeyError) as error:
        raise UsageError(f"{name} must be {_KIND_NAMES[kind]}") from error


def _nearest(key: str, similar: float) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(key[:40], KINDS, 1, similar)), "")


def announced(config: Config, events: Steps[Result]) -> Steps[Result]:
    """The same events; what comes from other places than the options is told first."""
    said = [
        f"{key} = {json.dumps(getattr(config.settings, key))} (from {TOLD[source]})"
        for key, source in config.sources.items()
        if source != "option"
    ]
    if said:
        yield Notice("", "profile", f"Set: {', '.join(said)}.")
    return (yield from events)


def as_json(config: Config) -> dict[str, Any]:
    """Every setting, its value, and where it comes from."""
    values = asdict(config.settings)
    return {
        "schema": SCHEMA,
        "settings": [
            {"name": key, "value": values[key], "from": config.sources.get(key, "default")} for key in KINDS
        ],
    }


def as_text(config: Config) -> str:
    """The same as a profile, with where each comes from as comments."""
    lines = []
    for key in KINDS:
        value = getattr(config.settings, key)
        line = f"# {key} is the preset's own" if value is None else f"{key} = {json.dumps(value)}"
        lines.append(f"{line:<30}  # {TOLD[config.sources.get(key, 'default')]}")
    return "\n".join(lines)
