"""Filters in the kernel: no system call by which a process could reach the network, and no child processes.

Seccomp filters are programs for the BPF machine of the kernel: prctl(2), seccomp(2) and
Documentation/userspace-api/seccomp_filter.rst. They need no privilege, hold for all threads and
for whatever the process starts, and can never be taken off again.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from blur.sandbox.kernel import PR_SET_NO_NEW_PRIVS, call, machine, prctl

Network: TypeAlias = Literal["none", "local", "call", "answer"]
"""What a process keeps of the network.

``local`` are sockets within this machine, without which there is no window. The other two are for a cluster
and leave TCP alone: ``call`` may connect and can never be called, ``answer`` may be called and connects to
nobody. Pairs of sockets between a process and its own children are allowed always.
"""

# BPF_LD|BPF_W|BPF_ABS, BPF_ALU|BPF_AND|BPF_K, BPF_RET|BPF_K; BPF_JMP|BPF_K with JEQ, JGE and JSET
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_SET = 0x15, 0x35, 0x45
# Places in struct seccomp_data; of the arguments the lower halves, on both processors the first.
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND, _THIRD, _FOURTH = 0, 4, 16, 24, 32, 40
_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10
_SOCK_STREAM, _KIND_OF_SOCKET, _IPPROTO_TCP = 1, 0xF, 6
_MSG_FASTOPEN = 0x20000000
_CLONE_THREAD = 0x00010000
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_SET_MODE_FILTER, _ALL_THREADS = 1, 1

_X32 = 0x40000000
"""Numbers from here on are x86-64's second set of calls, which would lead round the filter."""


@dataclass(frozen=True, slots=True)
class Calls:
    """The numbers of a processor's system calls, and how the kernel names the processor.

    ``ways_round`` are io_uring_setup, whose rings open sockets past any filter, and ptrace,
    process_vm_readv, process_vm_writev and pidfd_getfd, which would have another process do it. ``forks`` are
    fork and vfork, where the processor has them.
    """

    architecture: int
    seccomp: int
    socket: int
    connect: int
    ways_round: tuple[int, ...]
    bind: int
    listen: int
    sendto: int
    sendmsg: int
    sendmmsg: int
    clone: int
    forks: tuple[int, ...]


_CLONE3 = 435  # the same on all processors

CALLS = {
    "x86_64": Calls(0xC000003E, 317, 41, 42, (425, 101, 310, 311, 438), 49, 50, 44, 46, 307, 56, (57, 58)),
    "aarch64": Calls(0xC00000B7, 277, 198, 203, (425, 117, 270, 271, 438), 200, 201, 206, 211, 269, 220, ()),
}

Step: TypeAlias = tuple[int, int, int, int]


_REFUSE: Step = (_RETURN, 0, 0, _ERRNO | errno.EACCES)
_UNKNOWN: Step = (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)
_LET: Step = (_RETURN, 0, 0, _ALLOW)


def program(calls: Calls, network: Network) -> bytes:
    """The filter that refuses the network."""
    steps: list[Step] = []
    refused = {
        "none": (calls.socket, calls.connect),
        "local": (),
        "call": (calls.bind, calls.listen),
        "answer": (calls.connect,),
    }[network]
    for number in (*calls.ways_round, *refused):
        steps += [(_JUMP_EQUAL, 0, 1, number), _REFUSE]
    if network == "local":
        steps += [
            (_JUMP_EQUAL, 0, 3, calls.socket),
            (_LOAD, 0, 0, _FIRST),
            (_JUMP_EQUAL, 1, 0, _AF_UNIX),
            _REFUSE,
        ]
    elif network != "none":
        steps += _tcp_alone(calls)
    return _assembled(calls, steps)


def childless(calls: Calls) -> bytes:
    """The filter that lets a process start threads, and no other process.

    clone3 hides its flags in memory, where no filter looks; where it is unknown, libraries use clone.
    """
    steps: list[Step] = [(_JUMP_EQUAL, 0, 1, _CLONE3), _UNKNOWN]
    for number in calls.forks:
        steps += [(_JUMP_EQUAL, 0, 1, number), _REFUSE]
    steps += [
        (_JUMP_EQUAL, 0, 3, calls.clone),
        (_LOAD, 0, 0, _FIRST),
        (_JUMP_SET, 1, 0, _CLONE_THREAD),
        _REFUSE,
    ]
    return _assembled(calls, steps)


def _assembled(calls: Calls, steps: list[Step]) -> bytes:
    """A filter: eight bytes for each instruction, as the kernel's struct sock_filter.

    ``steps`` find the call's number loaded; where they come to no end, it is let.
    """
    first: list[Step] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, calls.architecture),
        _UNKNOWN,
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_AT_LEAST, 0, 1, _X32),
        _UNKNOWN,
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in (*first, *steps, _LET))


def _tcp_alone(calls: Calls) -> list[Step]:
    """Refuses all sockets but those of TCP, and connecting by the way, with the first bytes that are sent."""
    flags = ((calls.sendto, _FOURTH), (calls.sendmsg, _THIRD), (calls.sendmmsg, _FOURTH))
    steps: list[Step] = []
    for number, place in flags:
        steps += [
            (_JUMP_EQUAL, 0, 4, number),
            (_LOAD, 0, 0, place),
            (_JUMP_SET, 0, 1, _MSG_FASTOPEN),
            _REFUSE,
            _LET,
        ]
    return [
        *steps,
        (_JUMP_EQUAL, 0, 10, calls.socket),
        (_LOAD, 0, 0, _FIRST),
        (_JUMP_EQUAL, 1, 0, _AF_INET),
        (_JUMP_EQUAL, 0, 6, _AF_INET6),
        (_LOAD, 0, 0, _SECOND),
        (_AND, 0, 0, _KIND_OF_SOCKET),
        (_JUMP_EQUAL, 0, 3, _SOCK_STREAM),
        (_LOAD, 0, 0, _THIRD),
        (_JUMP_EQUAL, 2, 0, 0),
        (_JUMP_EQUAL, 1, 0, _IPPROTO_TCP),
        _REFUSE,
    ]


def install(network: Network = "none") -> None:
    """Puts the filter of ``program`` on all threads of this process. Raises OSError where there is none."""
    _install(lambda calls: program(calls, network))


def bar_children() -> None:
    """Puts the filter of ``childless`` on all threads of this process. Raises OSError where there is none."""
    _install(childless)


def _install(made: Callable[[Calls], bytes]) -> None:
    kind = machine()
    if kind is None:
        raise OSError(errno.ENOSYS, "no filter for this system")
    calls = CALLS[kind]
    code = ctypes.create_string_buffer(made(calls))
    header = struct.pack("@HP", (len(code) - 1) // 8, ctypes.addressof(code))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    if call(calls.seccomp, _SET_MODE_FILTER, _ALL_THREADS, header) != 0:
        raise OSError(errno.EBUSY, "a thread cannot take the filter")
