"""A filter in the kernel that refuses every system call by which a process could reach the network.

Seccomp filters are programs for the BPF machine of the kernel: prctl(2), seccomp(2) and
Documentation/userspace-api/seccomp_filter.rst. They need no privilege, hold for all threads and
for whatever the process starts, and can never be taken off again.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from dataclasses import dataclass

from blur.sandbox.kernel import PR_SET_NO_NEW_PRIVS, call, machine, prctl

# BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_JMP|BPF_JGE|BPF_K, BPF_RET|BPF_K
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
# Places in struct seccomp_data; of the first argument the lower half, on both processors the first.
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_AF_UNIX = 1
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_SET_MODE_FILTER, _ALL_THREADS = 1, 1

_X32 = 0x40000000
"""Numbers from here on are x86-64's second set of calls, which would lead round the filter."""


@dataclass(frozen=True, slots=True)
class Calls:
    """The numbers of a processor's system calls, and how the kernel names the processor.

    ``ways_round`` are io_uring_setup, whose rings open sockets past any filter, and ptrace,
    process_vm_readv, process_vm_writev and pidfd_getfd, which would have another process do it.
    """

    architecture: int
    seccomp: int
    socket: int
    connect: int
    ways_round: tuple[int, ...]


CALLS = {
    "x86_64": Calls(0xC000003E, 317, 41, 42, (425, 101, 310, 311, 438)),
    "aarch64": Calls(0xC00000B7, 277, 198, 203, (425, 117, 270, 271, 438)),
}


def program(calls: Calls, local: bool) -> bytes:
    """The filter: eight bytes for each instruction, as the kernel's struct sock_filter.

    Args:
        local: whether sockets within this machine are allowed, without which there is no window.
            Where they are not, no service of this machine can be asked to look up a name. Pairs of
            sockets between a process and its own children are allowed always.
    """
    refuse = _ERRNO | errno.EACCES
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, calls.architecture),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
    ]
    for number in (*calls.ways_round, *(() if local else (calls.socket, calls.connect))):
        steps += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, refuse)]
    if local:
        steps += [
            (_JUMP_EQUAL, 0, 3, calls.socket),
            (_LOAD, 0, 0, _FIRST_ARGUMENT),
            (_JUMP_EQUAL, 1, 0, _AF_UNIX),
            (_RETURN, 0, 0, refuse),
        ]
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def install(local: bool = False) -> None:
    """Puts the filter of ``program`` on all threads of this process. Raises OSError where there is none."""
    kind = machine()
    if kind is None:
        raise OSError(errno.ENOSYS, "no filter for this system")
    calls = CALLS[kind]
    code = ctypes.create_string_buffer(program(calls, local))
    header = struct.pack("@HP", (len(code) - 1) // 8, ctypes.addressof(code))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    if call(calls.seccomp, _SET_MODE_FILTER, _ALL_THREADS, header) != 0:
        raise OSError(errno.EBUSY, "a thread cannot take the filter")
