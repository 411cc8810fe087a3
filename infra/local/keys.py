"""The built-in issuer's key on one machine, and tokens for trying the API."""

import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from shared.signing_keys import public_jwk

LIFETIME = 1800  # seconds


def ensure_key(file: Path) -> None:
    """Make an RSA key in PEM form, readable by its owner alone, where there is none yet."""
    if file.exists():
        return
    key = generate_private_key(public_exponent=65537, key_size=2048)
    file.touch(mode=0o600)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@dataclass(frozen=True)
class Issuer:
    url: str
    audience: str
    key_file: Path

    def access_token(self, user_id: str) -> str:
        now = int(time.time())
        pem = self.key_file.read_bytes()
        claims = {
            "iss": self.url,
            "aud": self.audience,
            "sub": user_id,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": uuid.uuid4().hex,
            "type": "access",
            "role": "user",
        }
        return jwt.encode(claims, pem, algorithm="RS256", headers={"kid": public_jwk(pem)["kid"]})
