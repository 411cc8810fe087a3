"""The built-in issuer's signing key on one machine."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from infra.local.atomic_files import write_private


def ensure_key(file: Path) -> None:
    """Makes an RSA key in PEM form that only its owner can read, unless there is one."""
    if file.exists() and file.stat().st_size:  # an earlier release could leave it empty in a crash
        return
    key = generate_private_key(public_exponent=65537, key_size=2048)
    write_private(file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
