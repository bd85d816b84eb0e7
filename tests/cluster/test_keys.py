"""Keys let in who has them, on the side that they are made for, for a while."""

from __future__ import annotations

import os
import shutil
import ssl
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from blur.cluster.keys import AUTHORITY, CERTIFICATE, KEY, Role, make_keys, security
from blur.errors import ExistsError, OutputError, UsageError


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys") / "made"
    make_keys(folder)
    return folder


def context(side: int, identity: Path, trusts: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(side)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_REQUIRED
    made.verify_flags |= ssl.VERIFY_X509_STRICT
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.load_cert_chain(identity / CERTIFICATE, identity / KEY)
    made.load_verify_locations(trusts / AUTHORITY)
    return made


def meet(answers: Path, calls: Path) -> None:
    """Shakes hands in memory. Raises ssl.SSLError where either side refuses the other."""
    a, b = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context(ssl.PROTOCOL_TLS_SERVER, answers, answers).wrap_bio(a, b, server_side=True)
    client = context(ssl.PROTOCOL_TLS_CLIENT, calls, calls).wrap_bio(b, a)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue


def test_the_two_sides_know_each_other(keys: Path) -> None:
    meet(keys / "run", keys / "worker")


def test_a_worker_cannot_give_out_work_nor_the_run_take_it(keys: Path) -> None:
    with pytest.raises(ssl.SSLError):
        meet(keys / "worker", keys / "worker")
    with pytest.raises(ssl.SSLError):
        meet(keys / "run", keys / "run")


def test_other_keys_are_strangers(keys: Path, tmp_path: Path) -> None:
    make_keys(tmp_path / "other")
    with pytest.raises(ssl.SSLError):
        meet(keys / "run", tmp_path / "other" / "worker")


def test_nobody_else_can_read_them_and_the_authority_has_no_key_left(keys: Path) -> None:
    for role in ("run", "worker"):
        assert stat.S_IMODE((keys / role).stat().st_mode) == 0o700
        files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (keys / role).iterdir()}
        assert files == dict.fromkeys((AUTHORITY, CERTIFICATE, KEY), 0o600)
    private = [path for path in keys.rglob("*.pem") if b"PRIVATE KEY" in path.read_bytes()]
    assert sorted(private) == [keys / "run" / KEY, keys / "worker" / KEY]


def test_keys_are_never_replaced(keys: Path) -> None:
    before = (keys / "run" / KEY).read_bytes()
    with pytest.raises(ExistsError):
        make_keys(keys)
    assert (keys / "run" / KEY).read_bytes() == before


def test_a_place_that_cannot_be_written_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        make_keys(tmp_path / "file" / "keys")


def test_each_side_takes_its_own_folder_alone(keys: Path, tmp_path: Path) -> None:
    assert security(keys / "worker", "worker").require_encryption is True
    with pytest.raises(UsageError, match="keys of the machine with the footage"):
        security(keys / "run", "worker")
    with pytest.raises(UsageError, match="keys of a worker"):
        security(keys / "worker", "run")
    with pytest.raises(UsageError, match="no keys"):
        security(tmp_path, "run")


BROKEN: list[Callable[[Path], object]] = [
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(os.urandom(3000)),
    lambda path: path.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    lambda path: os.truncate(path, 1 << 34),
    lambda path: (path.unlink(), os.mkfifo(path)),
    lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
]


@pytest.mark.parametrize("break_it", BROKEN, ids=["empty", "noise", "hollow", "huge", "pipe", "device"])
@pytest.mark.parametrize("name", [AUTHORITY, CERTIFICATE, KEY])
@pytest.mark.parametrize("role", ["run", "worker"])
def test_broken_keys_are_told_at_once(
    keys: Path, tmp_path: Path, role: Role, name: str, break_it: Callable[[Path], object]
) -> None:
    own = tmp_path / "own"
    shutil.copytree(keys / role, own)
    break_it(own / name)
    with pytest.raises(UsageError, match="keys"):
        security(own, role)


def test_keys_are_good_for_a_month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blur.cluster.keys.DAYS", -1)
    make_keys(tmp_path / "old")
    with pytest.raises(UsageError, match="out of date"):
        security(tmp_path / "old" / "run", "run")
