"""What the house asks of every file, measured."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from blur import errors

REPO = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))
REVIEWED: dict[str, dict[str, str]] = tomllib.loads(
    (REPO / "docs" / "dependencies.toml").read_text(encoding="utf-8")
)
SYSTEMS = (
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
)


@cache
def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=REPO, capture_output=True, check=True)
    return [path for name in listing.stdout.decode().split("\0") if name and (path := REPO / name).is_file()]


@cache
def trees() -> list[tuple[str, str, ast.Module]]:
    sources = [
        (str(p.relative_to(REPO)), p.read_text(encoding="utf-8")) for p in tracked() if p.suffix == ".py"
    ]
    return [(name, source, ast.parse(source)) for name, source in sources]


def test_no_module_is_longer_than_400_lines() -> None:
    lines = {name: source.count("\n") for name, source, _ in trees() if not name.startswith("tests")}
    assert lines
    assert {name: count for name, count in lines.items() if count > 400} == {}


def test_no_function_is_longer_than_50_lines() -> None:
    functions = [
        (f"{name}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for name, _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert functions
    assert {name: count for name, count in functions if count > 50} == {}


def test_the_repository_holds_no_media_and_nothing_large() -> None:
    assert [path.name for path in tracked() if path.stat().st_size > 1024 * 1024] == []
    assert [path.name for path in tracked() if b"\0" in path.read_bytes()] == []


def test_the_command_line_imports_nothing_that_could_open_a_connection() -> None:
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    forbidden = {name for contract in contracts for name in contract.get("forbidden_modules", ())}
    assert "socket" in forbidden
    tree = ast.parse((REPO / "cli.py").read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported & forbidden == set()


def declared(extra: str | None) -> list[Requirement]:
    project = PROJECT["project"]
    lines = project["dependencies"] if extra is None else project["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("extra", [None, *PROJECT["project"]["optional-dependencies"]])
def test_every_dependency_has_a_lower_and_an_upper_bound(extra: str | None) -> None:
    for requirement in declared(extra):
        operators = {specifier.operator for specifier in requirement.specifier}
        own = requirement.name == PROJECT["project"]["name"]
        assert own or operators in ({"=="}, {">=", "<"}), str(requirement)


def closure(roots: list[Requirement]) -> set[str]:
    """The names of everything that these bring on any system, as far as it is installed here."""
    names: set[str] = set()
    rest = list(roots)
    while rest:
        requirement = rest.pop()
        name = canonicalize_name(requirement.name)
        marker = requirement.marker
        wanted = marker is None or any(marker.evaluate({"extra": "", **system}) for system in SYSTEMS)
        if not wanted or name in names:
            continue
        names.add(name)
        try:
            rest += [Requirement(line) for line in requires(name) or ()]
        except PackageNotFoundError:
            assert marker is not None, f"{name} is not installed"
    return names


def test_every_dependency_was_reviewed() -> None:
    core = closure(declared(None))
    assert core == set(REVIEWED["core"])
    assert closure(declared("demo")) - core == set(REVIEWED["demo"])
    assert closure(declared("cluster")) - core == set(REVIEWED["cluster"])
    assert closure(declared("desktop")) == set(REVIEWED["desktop"])
    assert all(note.strip() for part in REVIEWED.values() for note in part.values())


def test_the_list_of_what_is_installed_is_whole_and_within_the_bounds() -> None:
    listed = tomllib.loads((REPO / "docs" / "installed.toml").read_text(encoding="utf-8"))
    extras = ("cluster", "demo", "desktop")
    assert listed.keys() == {name for part in ("core", *extras) for name in REVIEWED[part]}
    assert all(re.fullmatch("[0-9a-f]{64}", part["sha256"]) and part["licence"] for part in listed.values())
    for requirement in (*declared(None), *(each for extra in extras for each in declared(extra))):
        version = listed[canonicalize_name(requirement.name)]["version"]
        assert version in requirement.specifier, "write the list anew"


def test_there_is_one_opencv() -> None:
    names = closure(declared(None)) | closure(declared("demo"))
    assert {name for name in names if name.startswith("opencv")} == {"opencv-contrib-python"}


def test_the_readme_tells_every_exit_code() -> None:
    readme = (REPO / "README.md").read_text(encoding="utf-8")
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", readme, flags=re.MULTILINE)}
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.BlurError)
    ]
    assert told == {kind.exit_code for kind in kinds} | {errors.EXIT_OK, errors.EXIT_LOOK, errors.EXIT_BATCH}
