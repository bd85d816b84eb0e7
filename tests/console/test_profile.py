"""Profiles: what overrides what, what is refused, and that a folder's file never weakens protection."""

from __future__ import annotations

import contextlib
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from blur.console.profile import _STRENGTH, KINDS, PREFIX, Config, Layer, layered, parsed
from blur.errors import UsageError
from blur.settings import AUDIO, CAMERA_TRACES, CODECS, ENCODERS, ON_DAMAGE, PRESETS, STYLES, Settings
from cli import cli

VALUES = st.fixed_dictionaries(
    {},
    optional={
        "style": st.sampled_from(STYLES),
        "audio": st.sampled_from([audio for audio in AUDIO if audio != "mute"]),
        "preset": st.sampled_from(PRESETS),
        "grow": st.floats(1, 4),
        "threshold": st.floats(0.01, 0.99),
        "crf": st.integers(0, 51),
        "camera_trace": st.sampled_from(CAMERA_TRACES),
        "codec": st.sampled_from(CODECS),
        "encoder": st.sampled_from(ENCODERS),
        "on_damage": st.sampled_from(ON_DAMAGE),
        "rounds": st.integers(0, 10),
        "accept_unverified": st.booleans(),
    },
)
SOURCES = ("profile", "environment", "option")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a call; the user's own profile lies in config/blur."""
    (tmp_path / "config" / "blur").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("APPDATA", raising=False)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def blur(*args: str, env: Mapping[str, str] | None = None) -> Result:
    return CliRunner().invoke(cli, args, prog_name="blur", env=env)


def config(*args: str, env: Mapping[str, str] | None = None) -> dict[str, tuple[Any, str]]:
    result = blur("--print-config", "--json", *args, env=env)
    assert result.exit_code == 0, result.stderr
    return {each["name"]: (each["value"], each["from"]) for each in json.loads(result.stdout)["settings"]}


def test_each_place_overrides_the_one_before_it(folder: Path) -> None:
    assert set(config().values()) == {(getattr(Settings(), name), "default") for name in KINDS}
    own = "audio = 'disguise'\ncrf = 10\ngrow = 2\nrounds = 4\nstyle = 'solid'"
    (folder / "config" / "blur" / "blur.toml").write_text(own)
    (folder / "here" / "blur.toml").write_text("crf = 11\ngrow = 2.5\nrounds = 5\ncamera-trace = 'reduce'")
    env = {"BLUR_GROW": "1.7", "BLUR_ROUNDS": "2", "BLUR_ACCEPT_UNVERIFIED": "true", "BLUR_CODEC": ""}
    found = config("--rounds", "1", env=env)
    assert {name: value for name, value in found.items() if value[1] != "default"} == {
        "style": ("solid", "profile"),
        "audio": ("disguise", "profile"),
        "crf": (11, "folder"),
        "camera_trace": ("reduce", "folder"),
        "grow": (1.7, "environment"),
        "accept_unverified": (True, "environment"),
        "rounds": (1, "option"),
    }
    assert config("--no-accept-unverified", env=env)["accept_unverified"] == (False, "option")
    assert config("--replacewith", "mosaic")["style"] == ("mosaic", "option")


def test_what_is_printed_is_a_profile_that_gives_the_same(folder: Path) -> None:
    text = blur("--print-config", "--grow", "2", "--audio", "disguise", "--preset", "thorough").stdout
    (folder / "config" / "blur" / "blur.toml").write_text(text)
    assert tomllib.loads(text).keys() == KINDS.keys() - {"threshold"}
    values = {name: value for name, (value, _) in config().items()}
    assert Settings(**values) == Settings(grow=2, audio="disguise", preset="thorough")


def test_beeps_go_with_a_profile_that_disguises(folder: Path) -> None:
    assert config("--mute", "1-2")["audio"] == ("mute", "option")
    (folder / "config" / "blur" / "blur.toml").write_text("audio = 'disguise'")
    assert config("--mute", "1-2")["audio"] == ("disguise", "option")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prest = 'fast'", "The nearest one is preset"),
        ("accept_unverifed = true", "The nearest one is accept_unverified"),
        ("force = true", "there is no setting force"),
        ("mute = '1-2'", "use the option"),
        ("[style]", "style must be text"),
        ("crf = true", "crf must be a whole number"),
        ("crf = 18.0", "crf must be a whole number"),
        ("grow = '2'", "grow must be a number"),
        ("accept_unverified = 0", "must be true or false"),
        ("grow = 9", "--grow 9 is out of range"),
        ("grow = nan", "out of range"),
        ("style = 'blurry'", "unknown style"),
        ("audio = 'mute'", "mute"),
        ("grow = ", "no TOML"),
        ("crf = 1\ncrf = 2", "no TOML"),
        ("a = " + "[" * 9000, "no TOML"),
        ("crf = " + "1" * 9000, "no TOML"),
        ("#" * 70000, "too large"),
        ("grow = " + "1" * 4000, "grow must be a number"),
        ("rounds = 0x" + "f" * 9000, "rounds must be a whole number"),
        ("style = '\u202e" + "x" * 9000 + "'", "unknown style"),
        ("\x00", "no TOML"),
    ],
    ids=lambda text: text[:20],
)
@pytest.mark.parametrize("place", ["config/blur", "here"])
def test_a_profile_with_a_fault_is_refused_with_its_place(
    folder: Path, place: str, text: str, said: str
) -> None:
    (folder / place / "blur.toml").write_text(text)
    result = blur("a.mp4")
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert result.stderr.startswith("your profile" if place == "config/blur" else "blur.toml in this folder")
    assert len(result.stderr) < 400


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("BLUR_STILE", "solid", "Is it BLUR_STYLE?"),
        ("BLUR_ACCEPT_UNVERIFY", "1", "Is it BLUR_ACCEPT_UNVERIFIED?"),
        ("BLUR_GROW", "wide", "BLUR_GROW must be a number"),
        ("BLUR_CRF", "1.5", "BLUR_CRF must be a whole number"),
        ("BLUR_ACCEPT_UNVERIFIED", "perhaps", "true or false"),
        ("BLUR_STYLE", "blurry", "the environment: unknown style"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_variable_with_a_fault_is_refused(name: str, text: str, said: str) -> None:
    result = blur("a.mp4", env={name: text})
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.usefixtures("folder")
def test_variables_of_other_programs_are_left_to_them() -> None:
    assert config(env={"BLUR_RADIUS": "5", "BLUR_STATE": "x"}) == config()


@pytest.mark.parametrize(
    "text",
    [
        *("audio = 'keep'", "audio = 'disguise'", "preset = 'fast'", "grow = 1.4", "threshold = 0.01"),
        *("rounds = 2", "accept_unverified = true", "on-damage = 'cover'", "encoder = 'hardware'"),
    ],
)
def test_the_file_of_a_folder_cannot_weaken_protection(folder: Path, text: str) -> None:
    (folder / "here" / "blur.toml").write_text(text)
    result = blur("a.mp4")
    assert result.exit_code == 2
    assert result.stderr.startswith("blur.toml in this folder would weaken protection")
    (folder / "here" / "blur.toml").rename(folder / "config" / "blur" / "blur.toml")
    assert blur("--print-config").exit_code == 0  # it is for the user to say


def test_of_every_setting_it_is_known_whether_protection_depends_on_it() -> None:
    assert KINDS.keys() - _STRENGTH.keys() == {"style", "codec", "crf"}


def test_the_footage_s_folder_has_no_say_where_blur_is_started_elsewhere(folder: Path) -> None:
    (folder / "card").mkdir()
    (folder / "card" / "blur.toml").write_text("style = 'solid'")
    assert config("../card/a.mp4")["style"] == ("veil", "default")


def test_what_comes_from_elsewhere_is_announced_before_all_else(folder: Path) -> None:
    (folder / "here" / "blur.toml").write_text("preset = 'thorough'")
    result = blur("absent.mp4", "--json", "--crf", "20", env={"BLUR_STYLE": "solid"})
    notice = json.loads(result.stdout.splitlines()[0])
    assert (notice["event"], notice["code"]) == ("notice", "profile")
    assert 'preset = "thorough" (from blur.toml in this folder)' in notice["message"]
    assert 'style = "solid" (from the environment)' in notice["message"]
    assert "crf" not in notice["message"]
    (folder / "here" / "blur.toml").unlink()
    assert "profile" not in blur("absent.mp4", "--json", "--crf", "20").stdout


def fifo(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.skipif(os.name == "nt", reason="files of POSIX systems")
@pytest.mark.parametrize("make", [fifo, device, dangling, Path.mkdir, Path.touch])
def test_what_holds_nothing_sets_nothing_and_is_not_waited_for(folder: Path, make: Any) -> None:
    make(folder / "here" / "blur.toml")
    assert config()["style"] == ("veil", "default")


def merged(*layers: Layer) -> Config | None:
    with contextlib.suppress(UsageError):
        return layered(layers)
    return None


@given(VALUES, VALUES)
def test_whatever_a_folder_sets_protects_no_less(own: dict[str, Any], hostile: dict[str, Any]) -> None:
    before = layered([Layer("profile", own)]).settings
    after = merged(Layer("profile", own), Layer("folder", hostile))
    for name, strength in _STRENGTH.items():
        if after is not None:
            assert strength(getattr(after.settings, name)) >= strength(getattr(before, name))
    assert after is not None or hostile


@given(st.lists(st.tuples(st.sampled_from(SOURCES), VALUES), max_size=4))
def test_the_last_to_set_a_value_decides(layers: list[tuple[Any, dict[str, Any]]]) -> None:
    found = layered([Layer(source, values) for source, values in layers])
    expected = {name: (source, value) for source, values in layers for name, value in values.items()}
    assert {name: (found.sources[name], getattr(found.settings, name)) for name in found.sources} == expected
    rest = KINDS.keys() - expected.keys()
    assert all(getattr(found.settings, name) == getattr(Settings(), name) for name in rest)


TOKENS = st.sampled_from(
    [
        *KINDS,
        *STYLES,
        *AUDIO,
        "=",
        " = ",
        "\n",
        '"',
        "'",
        "[",
        "]",
        "{",
        "1.5",
        "true",
        "-",
        ".",
        ",",
        "é",
        "\x00",
    ]
)


@given(st.binary(max_size=80) | st.lists(TOKENS, max_size=20).map(lambda parts: "".join(parts).encode()))
def test_any_bytes_are_a_profile_or_a_named_error(content: bytes) -> None:
    with contextlib.suppress(UsageError):
        values = parsed(content, "folder")
        assert values.keys() <= KINDS.keys()
        layered([Layer("folder", values)])


def test_each_setting_can_be_set_by_a_variable() -> None:
    defaults = {name: getattr(Settings(), name) for name in KINDS if name != "threshold"}
    env = {f"{PREFIX}{name.upper()}": str(value) for name, value in defaults.items()} | {
        "BLUR_THRESHOLD": "0.2"
    }
    assert {name: value for name, (value, source) in config(env=env).items() if source == "environment"} == {
        **defaults,
        "threshold": 0.2,
    }
