"""dask is loaded as Blur wants it, whatever lies on the machine for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from blur.cluster import quiet
from blur.errors import MissingError
from tests.conftest import REPO

LOADED = """
import socket
def refused(*_, **__):
    raise SystemExit("it looked for an address")
socket.getaddrinfo = socket.socket.connect = refused
from blur.cluster import quiet
quiet.load()
import dask.config
from distributed.comm.inproc import new_address
print(dask.config.get("distributed.scheduler.preload"), dask.config.get("distributed.comm.tls.min-version"))
print(new_address().split("/")[2])
"""


def test_settings_of_the_user_and_of_the_system_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "dask.yaml").write_text("distributed: {scheduler: {preload: [evil]}}")
    set_by_user = {
        "DASK_CONFIG": str(tmp_path),
        "DASK_ROOT_CONFIG": str(tmp_path),
        "DASK_DISTRIBUTED__SCHEDULER__PRELOAD": "['evil']",
        "DASK_DISTRIBUTED__COMM__TLS__MIN_VERSION": "1.2",
    }
    run = subprocess.run(
        [sys.executable, "-c", LOADED],
        env=os.environ | set_by_user,
        capture_output=True,
        text=True,
        check=False,
        cwd=REPO,
    )
    assert (run.returncode, run.stdout.split("\n")[:2]) == (0, ["[] 1.3", "127.0.0.1"]), run.stderr


def test_without_dask_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingError) as caught:
        quiet.load()
    assert "blur-faces[cluster]" in caught.value.hint
