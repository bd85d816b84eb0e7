"""What the tests share: where the real media lie, and what is run only when asked for."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import hypothesis
import pytest

REPO = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("BLUR_SHARED", REPO.parent / "shared"))
IN_CI = os.environ.get("CI") == "true"

# How long an example takes says more of what else the machine does than of Blur.
hypothesis.settings.register_profile("blur", deadline=None)
hypothesis.settings.load_profile("blur")


def pytest_configure(config: pytest.Config) -> None:  # noqa: ARG001 - pytest names it
    # Run in the background, a shell has Ctrl-C ignored, and so would every program that a test interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if IN_CI and not (SHARED / "media").is_dir():
        pytest.exit(f"CI has no real media at {SHARED}: tests would be skipped that must run", returncode=1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if IN_CI or "packaging" in config.option.markexpr:
        return
    for item in items:
        if item.get_closest_marker("packaging"):
            item.add_marker(
                pytest.mark.skip(reason="takes a minute and needs the package index: -m packaging")
            )


@pytest.fixture(autouse=True, scope="session")
def _state(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads or writes what Blur remembers of the batches of whoever runs it, or their profile."""
    os.environ["BLUR_STATE"] = str(tmp_path_factory.mktemp("state"))
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("config"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real media and their lists; skips the test where it is absent."""
    if not (SHARED / "media").is_dir():
        pytest.skip(f"no real media at {SHARED}")
    return SHARED
