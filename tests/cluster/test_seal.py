"""What a process of a cluster can still reach: one port at one address, and the files that it needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from blur.cluster.seal import check
from blur.errors import MissingError
from blur.sandbox.landlock import version
from tests.sandbox.trying import needs_landlock, needs_seccomp, tried

needs_ports = pytest.mark.skipif(version() < 4, reason="this kernel's Landlock cannot tell ports apart")

TRY = """
import errno, socket
from pathlib import Path
from blur.cluster.address import Address
from blur.cluster.seal import narrow
from blur.sandbox.offline import seal

def attempt(act):
    try:
        act()
    except PermissionError as error:
        return "refused by Python" if error.errno is None else "refused"
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

def connect(host, port):
    with socket.socket() as end:
        end.settimeout(5)
        end.connect((host, port))

def listen(host, port):
    with socket.socket() as end:
        end.bind((host, port))
        end.listen()

own, secret, port = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
answering = socket.socket()
answering.bind(("127.0.0.1", port))
answering.listen()
"""

CALL = """
seal("call")
said = narrow(Address("127.0.0.1", port), "call", own, [])
told = dict(
    there=attempt(lambda: connect("127.0.0.1", port)),
    port=attempt(lambda: connect("127.0.0.1", port + 1)),
    address=attempt(lambda: connect("127.0.0.2", port)),
    listen=attempt(lambda: socket.socket().listen()),
    bind=attempt(lambda: listen("127.0.0.1", port + 2)),
    udp=attempt(lambda: socket.socket(type=socket.SOCK_DGRAM)),
    local=attempt(lambda: socket.socket(socket.AF_UNIX)),
    fast=attempt(lambda: socket.socket().sendto(b"x", 0x20000000, ("127.0.0.2", port))),
    own=attempt(lambda: (own / "folder").mkdir()),
    secret=attempt(lambda: secret.read_bytes()),
    said=said,
)
"""

ANSWER = """
answering.close()
seal("answer")
said = narrow(Address("127.0.0.1", port), "answer", own, [])
told = dict(
    there=attempt(lambda: listen("127.0.0.1", port)),
    port=attempt(lambda: listen("127.0.0.1", port + 1)),
    address=attempt(lambda: listen("127.0.0.2", port)),
    connect=attempt(lambda: connect("127.0.0.1", port)),
    secret=attempt(lambda: secret.read_bytes()),
)
"""

BY_KERNEL = """
import ctypes, struct
from blur.sandbox import landlock
seal("call")
landlock.restrict({own: landlock.OWN, Path("/usr"): landlock.READ}, {port: landlock.CONNECT_TCP})
told = [attempt(lambda: connect("127.0.0.1", port)), attempt(lambda: connect("127.0.0.1", port + 1))]
"""


@pytest.fixture
def places(tmp_path: Path, unused_port: int) -> tuple[Path, Path, int]:
    own = tmp_path / "own"
    own.mkdir()
    secret = tmp_path / "secret"
    secret.write_text("x")
    return own, secret, unused_port


@needs_seccomp
@needs_landlock
def test_a_worker_calls_one_address_and_is_never_called(places: tuple[Path, Path, int]) -> None:
    told = tried(TRY + CALL, *places)
    assert f"127.0.0.1:{places[2]} and to nothing else" in told.pop("said")
    assert told == {
        "there": "done",
        "port": "refused by Python",
        "address": "refused by Python",
        "listen": "refused",
        "bind": "refused",
        "udp": "refused",
        "local": "refused",
        "fast": "refused",
        "own": "done",
        "secret": "refused",
    }


@needs_seccomp
@needs_landlock
def test_a_run_answers_at_one_address_and_calls_nobody(places: tuple[Path, Path, int]) -> None:
    assert tried(TRY + ANSWER, *places) == {
        "there": "done",
        "port": "refused by Python",
        "address": "refused by Python",
        "connect": "refused",
        "secret": "refused",
    }


@needs_seccomp
@needs_ports
def test_the_kernel_itself_refuses_other_ports(places: tuple[Path, Path, int]) -> None:
    assert tried(TRY + BY_KERNEL, *places) == ["done", "refused"]


@pytest.mark.parametrize("lock", ["none", "python", "sandbox_init", None])
def test_no_cluster_where_the_kernel_holds_nothing(lock: object) -> None:
    with pytest.raises(MissingError, match="one connection"):
        check(lock)  # type: ignore[arg-type]
    check("seccomp")
