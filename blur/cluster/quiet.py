"""dask, loaded with Blur's choices: no dashboard, no diagnostics, and nothing that the user set for it."""

from __future__ import annotations

import os
import warnings
from typing import Any

from blur.errors import MissingError
from blur.sandbox.confine import NOWHERE

WORKER_TTL = 60
"""Seconds after which a worker that says nothing has lost its clips to others."""

_LEVEL = "info" if os.environ.get("BLUR_DEBUG") == "1" else "critical"
CHOICES: dict[str, Any] = {
    "distributed.logging": dict.fromkeys(("distributed", "distributed.client", "distributed.gc"), _LEVEL),
    "distributed.comm.require-encryption": True,
    "distributed.comm.tls.min-version": 1.3,
    "distributed.comm.timeouts.connect": "10s",
    "distributed.comm.timeouts.tcp": "30s",
    "distributed.scheduler.worker-ttl": f"{WORKER_TTL}s",
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
    "distributed.diagnostics.nvml": False,
    "distributed.admin.system-monitor.disk": False,
    "distributed.admin.system-monitor.gil.enabled": False,
}


def load() -> None:
    """Loads dask and distributed. Nothing that the user or the system set for dask counts.

    Raises MissingError where they are not installed.
    """
    os.environ["DASK_CONFIG"] = os.environ["DASK_ROOT_CONFIG"] = str(NOWHERE)
    try:
        import dask.config

        dask.config.refresh(paths=[], env={})
        dask.config.set(CHOICES)
        import distributed
        import distributed.comm.inproc as inproc
    except ModuleNotFoundError as error:
        raise MissingError("a cluster needs dask", "Run: pip install 'blur-faces[cluster]'") from error
    # It would look for this machine's address by way of a public name server's.
    inproc.global_manager._ip = "127.0.0.1"  # noqa: SLF001
    warnings.filterwarnings("ignore", module=distributed.__name__)
