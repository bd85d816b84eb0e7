"""The filter's program is run here as the kernel would, for processors that the tests do not run on too."""

from __future__ import annotations

import errno
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.sandbox.seccomp import CALLS, Calls, Network, childless, program
from tests.sandbox.trying import needs_seccomp, tried

ALLOWED = 0x7FFF0000
REFUSED = 0x00050000 | errno.EACCES
UNKNOWN = 0x00050000 | errno.ENOSYS
NAMES = (
    "socket",
    "connect",
    "io_uring_setup",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_getfd",
)


def refused(calls: Calls) -> tuple[int, ...]:
    return (calls.socket, calls.connect, *calls.ways_round)


def verdict(calls: Calls, architecture: int, number: int, *arguments: int, network: Network = "none") -> int:
    """What the program returns for a call."""
    return run(program(calls, network), architecture, number, *arguments)


def run(code: bytes, architecture: int, number: int, *arguments: int) -> int:
    """What a filter returns for a call, by the rules of the kernel's BPF machine."""
    steps = list(struct.iter_unpack("=HBBI", code))
    words = [*arguments, 0, 0, 0, 0]
    data = struct.pack("=IIQ4Q", number, architecture, 0, *words[:4])
    place = accumulator = 0
    while True:
        code, yes, no, value = steps[place]
        place += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif code == 0x54:
            accumulator &= value
        elif code == 0x15:
            place += yes if accumulator == value else no
        elif code == 0x35:
            place += yes if accumulator >= value else no
        elif code == 0x45:
            place += yes if accumulator & value else no
        else:
            assert code == 0x06
            return value


@pytest.mark.parametrize("kind", CALLS)
@given(number=st.integers(0, 0x3FFFFFFF) | st.integers(0, 500))
def test_exactly_the_listed_calls_are_refused(kind: str, number: int) -> None:
    calls = CALLS[kind]
    expected = REFUSED if number in refused(calls) else ALLOWED
    assert verdict(calls, calls.architecture, number) == expected


@pytest.mark.parametrize("kind", CALLS)
def test_every_listed_call_is_refused(kind: str) -> None:
    calls = CALLS[kind]
    assert len(set(refused(calls))) == len(NAMES)
    assert {verdict(calls, calls.architecture, number) for number in refused(calls)} == {REFUSED}


@pytest.mark.parametrize("kind", CALLS)
@given(family=st.integers(0, 50) | st.integers(0, 0xFFFFFFFF), number=st.integers(0, 500))
def test_a_window_may_open_local_sockets_and_no_others(kind: str, family: int, number: int) -> None:
    calls = CALLS[kind]
    expected = ALLOWED if family == 1 else REFUSED
    assert verdict(calls, calls.architecture, calls.socket, family, network="local") == expected
    assert verdict(calls, calls.architecture, calls.connect, network="local") == ALLOWED
    expected = REFUSED if number in calls.ways_round else ALLOWED
    if number != calls.socket:
        assert verdict(calls, calls.architecture, number, family, network="local") == expected


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("network", ["call", "answer"])
@given(
    family=st.sampled_from([1, 2, 10, 16, 17, 40]),
    kind_of=st.sampled_from([1, 2, 3, 5, 6]),
    flags=st.sampled_from([0, 0x800, 0x80000, 0x80800]),
    protocol=st.sampled_from([0, 1, 6, 17, 132, 262]),
)
def test_a_cluster_opens_tcp_and_no_other_socket(
    kind: str, network: Network, family: int, kind_of: int, flags: int, protocol: int
) -> None:
    calls = CALLS[kind]
    tcp = family in (2, 10) and kind_of == 1 and protocol in (0, 6)
    told = verdict(
        calls, calls.architecture, calls.socket, family, kind_of | flags, protocol, network=network
    )
    assert told == (ALLOWED if tcp else REFUSED)


@pytest.mark.parametrize("kind", CALLS)
def test_who_calls_is_never_called_and_who_answers_never_calls(kind: str) -> None:
    calls = CALLS[kind]
    for number in (calls.bind, calls.listen):
        assert verdict(calls, calls.architecture, number, network="call") == REFUSED
        assert verdict(calls, calls.architecture, number, network="answer") == ALLOWED
    assert verdict(calls, calls.architecture, calls.connect, network="call") == ALLOWED
    assert verdict(calls, calls.architecture, calls.connect, network="answer") == REFUSED


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("network", ["call", "answer"])
@given(flags=st.integers(0, 0xFFFFFFFF))
def test_sending_connects_nowhere(kind: str, network: Network, flags: int) -> None:
    calls = CALLS[kind]
    expected = REFUSED if flags & 0x20000000 else ALLOWED
    for arguments in (
        (calls.sendto, 3, 4, 5, flags),
        (calls.sendmsg, 3, 4, flags),
        (calls.sendmmsg, 3, 4, 5, flags),
    ):
        assert verdict(calls, calls.architecture, *arguments, network=network) == expected


@pytest.mark.parametrize("kind", CALLS)
@given(number=st.integers(0, 0xFFFFFFFF))
def test_other_sets_of_calls_lead_round_nothing(kind: str, number: int) -> None:
    calls = CALLS[kind]
    for architecture in (0x40000003, 0x40000028, 0):  # i386, ARM, none
        assert verdict(calls, architecture, number) == UNKNOWN
    assert verdict(calls, calls.architecture, number | 0x40000000) == UNKNOWN


@pytest.mark.parametrize("kind", CALLS)
@given(number=st.integers(0, 0x3FFFFFFF) | st.integers(0, 500), flags=st.integers(0, 0xFFFFFFFF))
def test_a_childless_process_starts_threads_alone(kind: str, number: int, flags: int) -> None:
    calls = CALLS[kind]
    code = childless(calls)
    expected = {435: UNKNOWN, **dict.fromkeys(calls.forks, REFUSED)}.get(number, ALLOWED)
    if number != calls.clone:
        assert run(code, calls.architecture, number, flags) == expected
    for each in (*calls.forks, 435):
        assert run(code, calls.architecture, each, flags) != ALLOWED
    assert run(code, calls.architecture, calls.clone, flags) == (ALLOWED if flags & 0x10000 else REFUSED)
    assert run(code, 0x40000003, number) == run(code, calls.architecture, number | 0x40000000) == UNKNOWN


CHILDLESS = """
import os, subprocess, threading
import av, cv2, numpy as np
from blur.sandbox.kernel import call
from blur.sandbox.limits import hold

def ends(attempt):
    try:
        attempt()
    except OSError as error:
        return type(error).__name__
    return "done"

hold(childless=True)
done = []
thread = threading.Thread(target=lambda: done.append(ends(os.fork)))
thread.start()
thread.join()
cv2.setNumThreads(2)
cv2.GaussianBlur(np.zeros((2000, 2000, 3), np.uint8), (0, 0), 3)
told = [
    *done,
    ends(os.fork),
    ends(lambda: subprocess.run(["/bin/true"])),
    ends(lambda: os.posix_spawn("/bin/true", ["true"], {})),
    ends(lambda: call(435, 0, 0)),
]
"""


@needs_seccomp
def test_a_decoder_starts_no_process_also_as_root_and_its_threads_work() -> None:
    assert tried(CHILDLESS) == ["PermissionError"] * 4 + ["OSError"]


TRY = """
import ctypes, errno, socket, subprocess, threading
from blur.sandbox import seccomp
from blur.sandbox.kernel import call, machine

def opened(family, kind, protocol=0):
    try:
        socket.socket(family, kind, protocol).close()
    except OSError as error:
        return error.errno
    return 0

begun, go = [], threading.Event()
def wait():
    go.wait()
    begun.append(opened(socket.AF_INET, socket.SOCK_STREAM))
thread = threading.Thread(target=wait)
thread.start()
before = opened(socket.AF_INET, socket.SOCK_STREAM)
seccomp.install()
go.set()
thread.join()
families = [socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK, socket.AF_PACKET, 40]
kinds = [socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW]
calls = seccomp.CALLS[machine()]
numbers = (calls.socket, calls.connect, *calls.ways_round)
def called(number):
    try:
        return call(number, -1, 0, 0, 0, 0, 0)
    except OSError as error:
        return error.errno
opens = [sys.executable, "-c", "import socket; socket.socket()"]
child = subprocess.run(opens, capture_output=True, text=True)
left, right = socket.socketpair()
left.send(b"x")
told = dict(
    before=before,
    after=sorted({opened(f, k) for f in families for k in kinds}),
    thread=begun,
    calls=sorted({called(number) for number in numbers}),
    child="PermissionError" in child.stderr,
    pair=right.recv(1).decode(),
)
"""


@needs_seccomp
def test_nothing_opens_a_socket_once_the_filter_stands() -> None:
    told = tried(TRY)
    assert told.pop("before") == 0, "the probe proves nothing where sockets were refused before"
    assert told == {
        "after": [errno.EACCES],
        "thread": [errno.EACCES],
        "calls": [errno.EACCES],
        "child": True,
        "pair": "x",
    }


@needs_seccomp
def test_a_window_talks_to_its_screen_and_not_to_the_network() -> None:
    code = """
import socket
from blur.sandbox.offline import can_open_sockets, seal
told = [seal('local'), can_open_sockets()]
left = socket.socket(socket.AF_UNIX)
try:
    left.connect("/nowhere")
except OSError as error:
    told.append(type(error).__name__)
"""
    assert tried(code) == ["seccomp", False, "FileNotFoundError"]
