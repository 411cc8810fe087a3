"""The issuer's RSA keys: a KMS key, whose private half never leaves KMS, or a key file on one machine.

In JWK form (RFC 7517) a key's name is its thumbprint (RFC 7638).
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from shared.runtime.settings import settings

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_private_key
from jwt.algorithms import RSAAlgorithm

FILE = "file:"


class SigningUnavailable(Exception):
    """KMS does not answer, or refuses."""


class SigningKey(Protocol):
    @property
    def public_jwk(self) -> dict[str, Any]:
        """Returns the public half with its `kid`. Errors: SigningUnavailable."""

    def sign(self, message: bytes) -> bytes:
        """Signs by RSASSA-PKCS1-v1_5 with SHA-256 (RS256 of RFC 7518). Errors: SigningUnavailable."""


class FileKey:
    """A private key in PEM form."""

    def __init__(self, file: Path) -> None:
        key = load_pem_private_key(file.read_bytes(), password=None)
        assert isinstance(key, RSAPrivateKey)
        self._key = key

    @cached_property
    def public_jwk(self) -> dict[str, Any]:
        return _jwk(self._key.public_key())

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, PKCS1v15(), SHA256())


class KmsKey:
    """An asymmetric KMS key for signing, by its id or ARN."""

    def __init__(self, key_id: str) -> None:
        self._id = key_id

    @cached_property
    def public_jwk(self) -> dict[str, Any]:
        key = load_der_public_key(self._call("get_public_key")["PublicKey"])
        assert isinstance(key, RSAPublicKey)
        return _jwk(key)

    def sign(self, message: bytes) -> bytes:
        # As it is, since a token is far below the 4,096 bytes that KMS takes without a digest.
        algorithm = "RSASSA_PKCS1_V1_5_SHA_256"
        answer = self._call("sign", Message=message, MessageType="RAW", SigningAlgorithm=algorithm)
        signature: bytes = answer["Signature"]
        return signature

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: dict[str, Any] = getattr(_kms(), operation)(KeyId=self._id, **parameters)
        except (BotoCoreError, ClientError) as error:
            raise SigningUnavailable from error
        return answer


@cache
def _kms() -> Any:
    import boto3  # takes 200 ms, so only for signing by KMS
    from botocore.config import Config

    patience = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2})
    return boto3.client("kms", config=patience)


@cache
def signing_key() -> SigningKey:
    """Returns the key of SIGNING_KEY."""
    key = settings().signing_key
    return FileKey(Path.from_uri(key)) if key.startswith(FILE) else KmsKey(key)


def key_set(keys: Iterable[SigningKey]) -> str:
    """Returns the published key set (RFC 7517, section 5) as JSON. Errors: SigningUnavailable."""
    return json.dumps({"keys": [key.public_jwk for key in keys]}, separators=(",", ":"))


def _jwk(key: RSAPublicKey) -> dict[str, Any]:
    jwk = RSAAlgorithm.to_jwk(key, as_dict=True)
    required = {name: jwk[name] for name in ("e", "kty", "n")}  # in this order, RFC 7638 section 3.2
    thumbprint = sha256(json.dumps(required, separators=(",", ":")).encode()).digest()
    kid = urlsafe_b64encode(thumbprint).rstrip(b"=").decode()
    return required | {"kid": kid, "alg": "RS256", "use": "sig"}
