"""The keys by which the machines of a cluster know each other: TLS 1.3, both sides.

One authority signs two certificates, one to give out work and one to take it, and its own key is thrown
away: nobody can be added later. Each certificate is good for its side alone (extended key usage, RFC 5280
4.2.1.12), so that a worker's key cannot give out work.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from blur.errors import ExistsError, OutputError, UsageError
from blur.media.plain import has_an_end

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from distributed.security import Security

Role: TypeAlias = Literal["run", "worker"]
AUTHORITY, CERTIFICATE, KEY = FILES = ("authority.pem", "certificate.pem", "key.pem")
_LARGEST = 1 << 16
DAYS = 30
"""How long keys hold; long enough for a weekend's footage, short enough to be gone when they are found."""


def make_keys(folder: Path) -> None:
    """Makes ``folder``/run for the machine with the footage and ``folder``/worker for all others.

    Folders are 0700 and files 0600. Raises ExistsError and OutputError.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID

    authority, authority_key = _authority()
    sides = {"run": ExtendedKeyUsageOID.SERVER_AUTH, "worker": ExtendedKeyUsageOID.CLIENT_AUTH}
    with _named_errors():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for role, use in sides.items():
            certificate, key = _signed(role, use, authority, authority_key)
            place = folder / role
            place.mkdir(mode=0o700)
            _write(place / AUTHORITY, authority.public_bytes(Encoding.PEM))
            _write(place / CERTIFICATE, certificate.public_bytes(Encoding.PEM))
            private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            _write(place / KEY, private)


def security(folder: Path, role: Role) -> Security:
    """What dask needs to use the keys of a side. Raises UsageError where they do not hold."""
    from cryptography import x509
    from distributed.security import Security

    files = {name: str(folder / name) for name in (AUTHORITY, CERTIFICATE, KEY)}
    try:
        small = all(has_an_end(path) and path.stat().st_size < _LARGEST for path in map(Path, files.values()))
        certificate = x509.load_pem_x509_certificate(Path(files[CERTIFICATE]).read_bytes() if small else b"")
        names = [str(part.value) for part in certificate.subject]
    except (OSError, ValueError) as error:
        raise UsageError("there are no keys in the folder", "Make some: blur cluster keys DIR.") from error
    if names != [f"blur {role}"]:
        other = "the machine with the footage" if role == "worker" else "a worker"
        raise UsageError(f"these are the keys of {other}", f"Name the folder {role} of what was made.")
    if not certificate.not_valid_before_utc < datetime.now(UTC) < certificate.not_valid_after_utc:
        raise UsageError("these keys are out of date", "Make new ones, and mind the clocks.")
    dask_role = "scheduler" if role == "run" else "worker"
    made = Security(
        require_encryption=True,
        tls_ca_file=files[AUTHORITY],
        **{f"tls_{dask_role}_cert": files[CERTIFICATE], f"tls_{dask_role}_key": files[KEY]},
    )
    try:
        made.get_connection_args(dask_role)  # else a worker would wait for ever
    except OSError as error:
        raise UsageError("the keys are damaged", "Make new ones: blur cluster keys DIR.") from error
    return made


def _authority() -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("authority")
    certificate = (
        _begun(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate, key


def _signed(
    role: str, use: x509.ObjectIdentifier, authority: x509.Certificate, authority_key: EllipticCurvePrivateKey
) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _begun(_name(role), authority.subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([use]), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    return certificate, key


def _name(role: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"blur {role}")])


def _begun(subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    from cryptography import x509

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # the clocks of old laptops go wrong
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise ExistsError("there are keys in the folder already", "Name another folder.") from error
    except OSError as error:
        raise OutputError(
            f"the keys cannot be written: {error.strerror or error}", "Name another folder."
        ) from error
