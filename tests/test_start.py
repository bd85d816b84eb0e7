from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

START = Path(__file__).resolve().parent.parent / "start.py"


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """start.py as if it lay in a folder of its own with a space in its name; it installs nothing."""
    spec = importlib.util.spec_from_file_location("start", START)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    root = tmp_path / "a folder"
    models = root / "blur" / "detect" / "models"
    models.mkdir(parents=True)
    (models / "MANIFEST.toml").write_text('[[weights]]\nfile = "a.onnx"\n', encoding="utf-8")
    (models / "a.onnx").write_bytes(b"")
    for name in ("pyproject.toml", "hatch_build.py"):
        (root / name).write_text(name, encoding="utf-8")
    for name, path in {"ROOT": root, "MODELS": models, "STAMP": root / "stamp", "PYTHON": Path("no")}.items():
        monkeypatch.setattr(module, name, path)
    return module


@pytest.fixture
def calls(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that the set-up would have run, each successfully."""
    seen: list[list[str]] = []
    monkeypatch.setattr(start, "quiet_call", lambda command: seen.append(command) or 0)
    return seen


def test_an_old_python_is_told_so(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    assert start.main([]) == 7
    assert "3.11" in capsys.readouterr().err


def test_old_pythons_can_read_it() -> None:
    tree = ast.parse(START.read_text(encoding="utf-8"), feature_version=(3, 6))
    imported = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    assert imported == {"hashlib", "os", "signal", "subprocess", "sys"}


def test_the_first_run_sets_up_and_the_second_does_not(start: ModuleType, calls: list[list[str]]) -> None:
    assert start.set_up("demo") == 0
    assert [command[2] for command in calls] == ["venv", "pip"]
    assert calls[1][-1] == ".[demo]"
    calls.clear()
    assert start.set_up("demo") == 0
    assert calls == []


def test_development_brings_all_that_the_rest_needs_but_not_the_other_way(
    start: ModuleType, calls: list[list[str]]
) -> None:
    start.set_up("dev")
    calls.clear()
    start.set_up("demo")
    assert calls == []
    start.STAMP.unlink()
    start.set_up("demo")
    calls.clear()
    start.set_up("dev")
    assert calls[-1][-1] == ".[dev]"


def test_the_window_is_brought_when_it_is_asked_for(start: ModuleType, calls: list[list[str]]) -> None:
    start.run_blur = lambda arguments: 0 if arguments == ["desktop"] else 1
    start.set_up("demo")
    calls.clear()
    assert start.main(["desktop"]) == 0
    assert calls[-1][-1] == ".[demo,desktop]"
    calls.clear()
    start.set_up("demo")
    assert calls == []


@pytest.mark.parametrize(
    "change",
    [
        lambda start: (start.ROOT / "pyproject.toml").write_text("other"),
        lambda start: (start.MODELS / "a.onnx").unlink(),
        lambda start: setattr(start.sys, "version", "3.99"),
    ],
    ids=["pyproject", "weights", "python"],
)
def test_a_change_sets_up_again(
    start: ModuleType,
    calls: list[list[str]],
    change: Callable[[ModuleType], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start.set_up("demo")
    calls.clear()
    monkeypatch.setattr(sys, "version", sys.version)
    change(start)
    start.set_up("demo")
    assert calls


def test_a_failed_set_up_is_exit_code_7_and_tried_again(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "quiet_call", lambda _: 1)
    assert start.main(["clip.mp4"]) == 7
    assert not start.STAMP.exists()


def test_a_folder_that_cannot_be_written_is_exit_code_8(
    start: ModuleType, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "STAMP", start.ROOT / "absent" / "stamp")
    assert start.main(["clip.mp4"]) == 8
    assert calls


@pytest.mark.parametrize(
    ("arguments", "passed"), [(["a b.mp4", "-o", "c"], ["a b.mp4", "-o", "c"]), ([], None)]
)
def test_blur_gets_the_arguments_and_its_exit_code_comes_back(
    tmp_path: Path, arguments: list[str], passed: list[str] | None
) -> None:
    root = tmp_path / "a folder"
    root.mkdir()
    (root / "cli.py").write_text("import sys; print(sys.argv[1:]); sys.exit(4)", encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; import start; start.set_up = lambda extra: 0;"
        f"start.PYTHON = Path(sys.executable); start.ROOT = Path({str(root)!r});"
        f"sys.exit(start.main({arguments}))"
    )
    environment = {**os.environ, "PYTHONPATH": str(START.parent)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 4, done.stderr
    assert ast.literal_eval(done.stdout) == (passed or ["demo", str(root / "demo"), "--force"])


def test_every_check_is_run_and_one_failure_fails(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = []
    monkeypatch.setattr(start.subprocess, "call", lambda command, **_: ran.append(command) or len(ran) == 3)
    assert start.run_checks() == 1
    assert len(ran) == len(start.CHECKS) == 5
    assert "mypy" in capsys.readouterr().err
