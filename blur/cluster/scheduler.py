"""dask's scheduler in the run that has the footage: workers connect to it, and it connects to nobody."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future as Answer
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from blur.cluster.address import Address
from blur.cluster.desk import Desk
from blur.cluster.hands import work
from blur.cluster.keys import security
from blur.cluster.piece import Order

if TYPE_CHECKING:
    from distributed import Client
    from distributed.scheduler import Scheduler

RETRIES = 3
"""How often an order whose work came to nothing is begun anew, beside what is lost with workers."""


def scheduler_at(
    place: Address, keys: Path, own: Path, desk: Desk, counted: Callable[[int], None]
) -> Scheduler:
    """A scheduler that listens at one address, without a web server; not started yet.

    ``own`` is a folder for what dask writes; ``counted`` is told how many clips its workers take at once,
    whenever that changes.
    """
    from distributed.diagnostics.plugin import SchedulerPlugin
    from distributed.scheduler import Scheduler

    class Count(SchedulerPlugin):  # type: ignore[misc] # dask is not read
        def add_worker(self, scheduler: Scheduler, worker: str) -> None:  # noqa: ARG002 - dask names it
            counted(sum(state.nthreads for state in scheduler.workers.values()))

        def remove_worker(self, scheduler: Scheduler, worker: str, **_: Any) -> None:
            counted(sum(state.nthreads for name, state in scheduler.workers.items() if name != worker))

    class Quiet(Scheduler):  # type: ignore[misc] # dask is not read
        def start_http_server(self, *_: Any, **__: Any) -> None:
            pass

    scheduler = Quiet(
        host=["", place.host],
        port=[0, place.port],
        protocol=["inproc", "tls"],
        security=security(keys, "run"),
        plugins=(Count(),),
        local_directory=str(own),
        extensions={},
    )
    desk.attach(scheduler)
    return scheduler


class Running:
    """The scheduler, in a thread of its own, with a client of dask's in the same process."""

    def __init__(self, make: Callable[[], Scheduler]) -> None:
        self._make = make
        self._began: Answer[None] = Answer()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="scheduler")
        self._watched: dict[int, asyncio.Task[None]] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        self._began.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def submit(self, order: Order, resource: str, lost: Callable[[int], None]) -> None:
        """Has a worker work on an order; ``lost`` is called where it comes to nothing for good."""

        def begin() -> None:
            watch = self._watch(order, resource, lost)
            self._watched[order.number] = self._loop.create_task(watch)

        self._loop.call_soon_threadsafe(begin)

    def forget(self, number: int) -> None:
        """An order is over: whoever works on it still need not."""
        self._loop.call_soon_threadsafe(lambda: self._watched.pop(number).cancel())

    async def _watch(self, order: Order, resource: str, lost: Callable[[int], None]) -> None:
        from distributed import wait

        future = self._client.submit(
            work, order, resources={resource: 1}, retries=RETRIES, pure=False, key=f"order-{order.number}"
        )
        try:
            await wait(future)
            if future.status == "error":
                lost(order.number)
            await asyncio.Event().wait()  # until it is forgotten
        finally:
            future.release()

    async def _serve(self) -> None:
        from distributed import Client

        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        async with AsyncExitStack() as stack:
            try:
                scheduler = await stack.enter_async_context(self._make())
                client = Client(scheduler.address, asynchronous=True, security=scheduler.security)
                self._client: Client = await stack.enter_async_context(client)
            except Exception as error:  # noqa: BLE001 - it is raised in the other thread
                self._began.set_exception(error)
                return
            self._began.set_result(None)
            await self._stop.wait()
