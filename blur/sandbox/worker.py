"""A child process that does the dangerous part, decoding: it is confined, and only its events come back.

A file that breaks a decoder ends the child and not the program; the next clip gets a new one.
"""

from __future__ import annotations

import json
import os
import signal
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from typing import Any, BinaryIO, NoReturn, TypeAlias

from blur.errors import CrashedError
from blur.events import Event, Steps, as_json, from_json
from blur.sandbox.kernel import PR_SET_PDEATHSIG, prctl
from blur.text import printable

Piece: TypeAlias = Callable[[], Steps[int]]
"""The work on one clip, which returns its exit code."""

PATIENCE = 10.0
"""Seconds that a child has for clearing up before it is killed."""

_LONGEST = 1 << 24
"""Bytes of a line; the summary of ten thousand clips is a tenth of it."""

_ENDINGS = (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM))

_WHY = {
    "SIGKILL": "the system stopped reading it, perhaps for want of memory",
    "SIGXCPU": "it takes longer to read than any clip of its size should",
}


_ENDS: set[int] = set()
"""This process's ends of the pipes to its children. A child that kept another's would keep it waiting."""


class Worker:
    """The child; it waits for the number of a piece, works on it, and tells of it in lines of JSON.

    Args:
        pieces: the work; every child can do all of it, since it is a copy of this process.
        settle: called first in each child; gives what the user should know about it, which is told once.
        told: whether the user knows it already.
    """

    def __init__(
        self, pieces: Sequence[Piece], settle: Callable[[], list[Event]], *, told: bool = False
    ) -> None:
        self._pieces = pieces
        self._settle = settle
        self._told = told
        self._child = 0
        self._busy = False
        self._unended = b""
        self._start()

    def run(self, index: int) -> Steps[int]:
        """The events of a piece and its exit code. Raises CrashedError where the child died of it."""
        self.begin(index)
        try:
            while True:
                for told in self.hear():
                    if isinstance(told, int):
                        return told
                    yield told
        except CrashedError:
            raise
        except BaseException:
            self.close()
            raise

    def begin(self, index: int) -> None:
        """Has a piece worked on. Whatever was begun before must have ended."""
        if not self._child:
            self._start()
        self._busy = True
        with suppress(BrokenPipeError):  # a child that is gone shows when it is listened to
            os.write(self._orders, b"%d\n" % index)

    def fileno(self) -> int:
        """What can be read when the child has said something; so that several can be waited for."""
        return self._results

    def hear(self) -> list[Event | int]:
        """What the child says next, the exit code last; waits until it says something.

        Raises CrashedError where it died.
        """
        with suppress(ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
            # Whatever of these it raises, the child is not itself any more.
            heard: list[Event | int] = []
            said = os.read(self._results, 1 << 16)
            if said and len(self._unended) < _LONGEST:
                *lines, self._unended = (self._unended + said).split(b"\n")
                for told in (_checked(json.loads(line)) for line in lines):
                    heard.append(from_json(told) if "event" in told else int(told["code"]))
                    self._busy = "event" in told
                return heard
        raise CrashedError(_WHY.get(self.close(), "a library that reads it crashed"))

    def close(self) -> str:
        """Ends the child, which clears up first; returns the name of the signal that it died of, if any."""
        child, self._child = self._child, 0
        if not child:
            return ""
        _close(self._orders)
        status = _wait(child, 0.2 if self._busy else PATIENCE)  # an idle one leaves by itself
        if status is None:
            os.kill(child, signal.SIGTERM)
            status = _wait(child, PATIENCE)
        if status is None:
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
        _close(self._results)
        return signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else ""

    def _start(self) -> None:
        ordered, self._orders = os.pipe()
        self._results, told = os.pipe()
        parent = os.getpid()
        with warnings.catch_warnings():
            # Only the thread that draws progress may be there, which the child has no use for.
            warnings.simplefilter("ignore", DeprecationWarning)
            # The child may not be interrupted before it has left this stack for good.
            blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)
            self._child = os.fork()
        if not self._child:
            for end in (*_ENDS, self._orders, self._results):
                with suppress(OSError):
                    os.close(end)
            _serve(parent, open(ordered, "rb"), open(told, "wb"), self._pieces, self._settling)  # noqa: PTH123, SIM115
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        os.close(ordered)
        os.close(told)
        _ENDS.update((self._orders, self._results))
        self._unended = b""
        self._told = True

    def _settling(self) -> list[Event]:
        """Settles the child, also one that takes the place of another; what was told is not told again."""
        notices = self._settle()
        return [] if self._told else notices


def _close(end: int) -> None:
    _ENDS.discard(end)
    os.close(end)


def _serve(
    parent: int,
    orders: BinaryIO,
    results: BinaryIO,
    pieces: Sequence[Piece],
    settle: Callable[[], list[Event]],
) -> NoReturn:
    """The child's life. It never returns, since all that is above it on the stack is its parent's.

    Signals are blocked when it begins. Whatever is raised, and when, ends in the last line.
    """
    code = 1
    try:
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDINGS)
            prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() == parent:
                _obey(orders, results, pieces, settle())
            code = 0
        except (KeyboardInterrupt, BrokenPipeError):
            pass  # everything is cleared up; the parent knows, or is gone
        finally:
            for number in _ENDINGS:
                signal.signal(number, lambda *_: None)
    except KeyboardInterrupt:
        pass  # it came while the work was over already
    finally:
        os._exit(code)  # what libraries do at the end takes a tenth of a second and serves nobody


def _obey(orders: BinaryIO, results: BinaryIO, pieces: Sequence[Piece], notices: list[Event]) -> None:
    for order in orders:
        for event in notices:
            _tell(results, as_json(event))
        notices = []
        _tell(results, {"code": _work(pieces[int(order)], results)})


def _work(piece: Piece, results: BinaryIO) -> int:
    with closing(piece()) as steps:
        try:
            while True:
                _tell(results, as_json(next(steps)))
        except StopIteration as stop:
            return int(stop.value)


def _tell(results: BinaryIO, what: dict[str, Any]) -> None:
    results.write(json.dumps(what).encode() + b"\n")
    results.flush()


def _checked(told: Any) -> dict[str, Any]:
    """What the child told, with nothing in it that would steer a terminal."""
    return {key: printable(value) if isinstance(value, str) else value for key, value in told.items()}


def _wait(child: int, seconds: float) -> int | None:
    """The child's status once it has ended, None where it has not after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status
        if time.monotonic() > end:
            return None
        time.sleep(0.002)
