"""The issuer's RSA keys in JWK form (RFC 7517), each named by its thumbprint (RFC 7638)."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import RSAAlgorithm


def public_jwk(pem: bytes) -> dict[str, Any]:
    """The public half of a private key in PEM form, with its `kid`."""
    key = load_pem_private_key(pem, password=None)
    assert isinstance(key, RSAPrivateKey)
    jwk = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    required = {name: jwk[name] for name in ("e", "kty", "n")}  # in this order, RFC 7638 section 3.2
    thumbprint = sha256(json.dumps(required, separators=(",", ":")).encode()).digest()
    kid = urlsafe_b64encode(thumbprint).rstrip(b"=").decode()
    return required | {"kid": kid, "alg": "RS256", "use": "sig"}
