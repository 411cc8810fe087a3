"""Real servers, as far as the machine has them, and certificates of a CA of our own."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NoReturn

from shared.database.engines import close_connections, engine
from shared.database.replica import replica
from shared.runtime.product import IDENTIFIER
from shared.runtime.settings import settings

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from infra.deployed.migrations.bootstrap import APP_ROLE
from infra.local import postgres
from infra.local.postgres import Cluster, free_port
from tests.integration.wire import Recorder


def missing(package: str) -> NoReturn:
    """Skip the test, or fail where all servers should be there."""
    message = f"this machine lacks a server: install the package {package}"
    if os.environ.get("REQUIRE_SERVERS"):
        pytest.fail(message)
    pytest.skip(message)


@dataclass(frozen=True)
class Authority:
    folder: Path
    key: EllipticCurvePrivateKey
    name: x509.Name

    @property
    def file(self) -> Path:
        return self.folder / "ca.pem"

    def issue(self, host: str) -> tuple[Path, Path]:
        """The files of a certificate and its key."""
        key = generate_private_key(SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        names = [x509.DNSName(host)] if host.isalpha() else [x509.IPAddress(ip_address(host))]
        made = (
            _certificate(subject, self.name, key)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
            .sign(self.key, SHA256())
        )
        certificate, private = self.folder / f"{host}.pem", self.folder / f"{host}.key"
        certificate.write_bytes(made.public_bytes(Encoding.PEM))
        private.touch(mode=0o600)
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate, private


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def make_authority(folder: Path) -> Authority:
    folder.mkdir(parents=True, exist_ok=True)
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        _certificate(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, SHA256())
    )
    authority = Authority(folder, key, name)
    authority.file.write_bytes(made.public_bytes(Encoding.PEM))
    return authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def tls_server(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Cluster]:
    """A Postgres that takes `by_token` as RDS does: over TLS, with its password in clear text inside."""
    if "site-packages" in str(postgres.find_binaries()):
        missing("postgresql")  # the wheel's has no TLS
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = authority.issue("localhost")
    rules = folder / "pg_hba.conf"
    rules.write_text(
        "hostssl all by_token 127.0.0.1/32 password\n"
        "host all by_token 127.0.0.1/32 reject\n"
        "host all all 127.0.0.1/32 scram-sha-256\n"
    )
    options = {"ssl": "on", "ssl_cert_file": certificate, "ssl_key_file": key, "hba_file": rules}
    with postgres.cluster(folder, settings={name: str(value) for name, value in options.items()}) as running:
        yield running


@dataclass(frozen=True)
class Pooler:
    url: str
    size: int


@contextmanager
def pooler(folder: Path, authority: Authority, behind: Cluster, size: int) -> Iterator[Pooler]:
    """pgbouncer as RDS Proxy's stand-in: pools by transaction, over TLS, passwords by SCRAM."""
    users = {APP_ROLE: behind.app_password}
    options = {"auth_type": "scram-sha-256", "default_pool_size": size}
    port = free_port()
    with pgbouncer(folder, authority, "localhost", port, behind, users, options):
        yield Pooler(f"postgresql://{APP_ROLE}:{behind.app_password}@localhost:{port}/{IDENTIFIER}", size)


@contextmanager
def pgbouncer(
    folder: Path,
    authority: Authority,
    host: str,
    port: int,
    behind: Cluster,
    users: Mapping[str, str],
    options: Mapping[str, Any],
    own_sessions: Iterable[str] = (),  # users who have one to the end, as on a server itself
) -> Iterator[None]:
    binary = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if binary is None:
        missing("pgbouncer")
    certificate, key = authority.issue(host)
    user_list, ini, log = folder / "users.txt", folder / "pgbouncer.ini", folder / "pgbouncer.log"
    user_list.write_text("".join(f'"{user}" "{password}"\n' for user, password in users.items()))
    all_options = {
        "listen_addr": "127.0.0.1" if host == "localhost" else host,
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_file": user_list,
        "pool_mode": "transaction",
        "max_client_conn": 1000,
        "client_tls_sslmode": "require",
        "client_tls_cert_file": certificate,
        "client_tls_key_file": key,
        **options,
    }
    lines = [f"{name} = {value}" for name, value in all_options.items()]
    database = f"* = host=127.0.0.1 port={behind.port}"
    modes = [f"{user} = pool_mode=session" for user in own_sessions]
    ini.write_text("\n".join(["[databases]", database, "[pgbouncer]", *lines, "[users]", *modes]) + "\n")
    runner = postgres.unprivileged(folder)
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*runner.prefix, str(binary), str(ini)], stdout=output, stderr=output, user=runner.user
        )
    try:
        while b"process up" not in log.read_bytes():
            assert server.poll() is None, log.read_text()
            time.sleep(0.05)
        yield
    finally:
        server.terminate()
        server.wait()


@contextmanager
def database_settings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Iterator[None]:
    """The functions of this process use this database, and afterwards the former one."""

    def forget() -> None:
        close_connections()
        engine.cache_clear()
        replica.cache_clear()
        settings.cache_clear()

    try:
        with monkeypatch.context() as patched:
            for name, value in environment.items():
                patched.setenv(name, value)
            forget()
            yield
    finally:
        forget()


@pytest.fixture
def recorder(cluster: Cluster) -> Iterator[Recorder]:
    running = Recorder(cluster.port)
    yield running
    running.close()
