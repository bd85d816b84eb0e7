"""A machine that helps: it gets clips of a run, has a sealed child work on each, and sends back results.

It opens no port. Where the run is not there yet, or is lost, it waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

from blur.batch.pool import side_by_side
from blur.cluster import quiet
from blur.cluster.address import Address
from blur.cluster.hands import EXTENSION, Hands
from blur.cluster.identity import Identity
from blur.cluster.keys import FILES, security
from blur.cluster.seal import narrow
from blur.cluster.workplace import workplace
from blur.errors import Interrupted, OutputError, UsageError

AGAIN = 2.0
"""Seconds between two tries to reach the run."""
MANY = 1 << 10

log = logging.getLogger(__name__)

Say: TypeAlias = Callable[[str], None]


def serve(run: Address, keys: Path, media: Path | None, clips: int | None, above: Path, say: Say) -> None:
    """Works for the run at an address until the user stops it.

    Args:
        keys: the folder ``worker`` of what ``blur cluster keys`` made.
        media: where this machine sees the batch's folder; None where it does not, and clips are sent.
        clips: how many to work on at once; None for as many as processors and memory allow.
        above: the folder in which clips lie while they are worked on.

    Raises UsageError where keys do not hold or the run refuses this machine, MissingError and OutputError
    where it cannot work.
    """
    try:
        with workplace(above) as place:
            reads = tuple(keys.absolute() / name for name in FILES)
            say(narrow(run, "call", place, reads if media is None else (*reads, media)))
            quiet.load()
            asyncio.run(_for_ever(run, keys, Hands(place, media), clips or side_by_side(MANY), say))
    except KeyboardInterrupt as error:
        raise Interrupted("stopped", "What was in hand is wiped here, and goes to other workers.") from error
    except OSError as error:
        raise OutputError(
            f"there is no place for clips: {error.strerror or error}", "Name another: --work DIR."
        ) from error


async def _for_ever(run: Address, keys: Path, hands: Hands, clips: int, say: Say) -> None:
    safe = security(keys, "worker")
    identity = Identity.own()
    waiting = False
    while True:
        try:
            seen = await _greet(run, safe.get_connection_args("worker"), identity)
            say(f"Working for {run}. Clips at a time: {clips}.")
            waiting = False
            options = {"security": safe, "name": seen, "contact_address": seen}
            await _session(run, hands, clips, {identity.resource: clips}, options)
            say(f"The connection to {run} is over.")
        except (OSError, RuntimeError) as error:  # dask's, where it was lost just as it began
            log.debug("%s", error)
            if not waiting:
                say(f"Waiting for {run}.")
            waiting = True
        await asyncio.sleep(AGAIN)


async def _greet(run: Address, connecting: dict[str, Any], identity: Identity) -> str:
    """The address under which the run sees this machine; nobody ever calls it.

    Raises OSError where it is not there, and UsageError where it will not have this machine.
    """
    from distributed.comm.core import FatalCommClosedError
    from distributed.core import rpc

    try:
        async with rpc(str(run), connection_args=connecting) as scheduler:
            answer = await scheduler.blur_welcome(identity=asdict(identity))
    except FatalCommClosedError as error:
        raise UsageError("the run has other keys", "Take worker and run of one blur cluster keys.") from error
    if answer["refused"] is not None:
        raise UsageError(
            f"the run refuses this machine: {answer['refused']}", "Install the same Blur on all machines."
        )
    return str(answer["seen"])


async def _session(
    run: Address, hands: Hands, clips: int, resources: dict[str, int], options: dict[str, Any]
) -> None:
    """From the run's greeting to the end of the connection. Raises what made the machine unfit, if it is."""
    from distributed import Worker

    class Quiet(Worker):  # type: ignore[misc] # dask is not read
        def start_http_server(self, *_: Any, **__: Any) -> None:
            pass

    worker = Quiet(
        str(run),
        nthreads=clips,
        resources=resources,
        protocol="inproc",  # it listens within this process alone
        local_directory=str(hands.place),
        memory_limit=0,
        extensions={EXTENSION: hands.attach},
        **options,
    )
    async with worker:
        await worker.finished()
    await asyncio.to_thread(hands.tidy)
    if hands.unfit is not None:
        raise hands.unfit
