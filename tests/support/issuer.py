"""An OIDC issuer for tests, and invalid tokens."""

import hashlib
import hmac
import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from shared.identity.keys import FileKey
from shared.runtime.product import NAME

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key


@dataclass
class Signer:
    """Signs any claims."""

    url: str
    key_file: Path
    user_id: str = "1"

    @cached_property
    def pem(self) -> bytes:
        return self.key_file.read_bytes()

    @cached_property
    def jwk(self) -> dict[str, Any]:
        return FileKey(self.key_file).public_jwk

    @property
    def public_pem(self) -> bytes:
        key = load_pem_private_key(self.pem, None).public_key()
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Returns a good token's claims; None removes one."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": NAME, "sub": self.user_id, "type": "access", "exp": now + 60}
        return {name: value for name, value in (claims | changed).items() if value is not None}

    def token(
        self, headers: dict[str, Any] | None = None, key: Any = None, algorithm: str = "RS256", **changed: Any
    ) -> str:
        header = {"kid": self.jwk["kid"]} | (headers or {})
        return jwt.encode(self.claims(**changed), key or self.pem, algorithm=algorithm, headers=header)

    def raw(self, header: dict[str, Any], secret: bytes | None = None) -> str:
        """Builds tokens by hand that PyJWT refuses to make."""
        parts = [json.dumps({"kid": self.jwk["kid"]} | header), json.dumps(self.claims())]
        message = b".".join(_base64(part.encode()) for part in parts)
        signature = hmac.digest(secret, message, hashlib.sha256) if secret else b""
        return (message + b"." + _base64(signature)).decode()


def _base64(value: bytes) -> bytes:
    return urlsafe_b64encode(value).rstrip(b"=")


def in_seconds(seconds: int) -> int:
    return int(time.time()) + seconds


FOREIGN_KEY = generate_private_key(65537, 2048)
ELSEWHERE = "http://127.0.0.1:9/keys"  # a key set of the attacker's

# Refused by the gateway and by the functions themselves.
FORGERIES: dict[str, Callable[[Signer], str]] = {
    "no token at all": lambda signer: "abc",
    "alg none": lambda signer: signer.raw({"alg": "none"}),
    "alg None": lambda signer: signer.raw({"alg": "None"}),
    "HS256 with the public key": lambda signer: signer.raw({"alg": "HS256"}, signer.public_pem),
    "kid missing": lambda signer: jwt.encode(signer.claims(), signer.pem, algorithm="RS256"),
    "kid like a path": lambda signer: signer.token(headers={"kid": "../../dev/null"}),
    "kid like SQL": lambda signer: signer.token(headers={"kid": "' OR 1=1 --"}),
    "kid unknown": lambda signer: signer.token(headers={"kid": "unknown"}),
    "jku": lambda signer: signer.token(headers={"kid": "x", "jku": ELSEWHERE}, key=FOREIGN_KEY),
    "x5u": lambda signer: signer.token(headers={"kid": "x", "x5u": ELSEWHERE}, key=FOREIGN_KEY),
    "jwk of its own": lambda signer: signer.token(
        headers={"jwk": json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(FOREIGN_KEY.public_key()))},
        key=FOREIGN_KEY,
    ),
    "foreign key": lambda signer: signer.token(key=FOREIGN_KEY),
    "expired": lambda signer: signer.token(exp=in_seconds(-1)),
    "not yet valid": lambda signer: signer.token(nbf=in_seconds(60)),
    "from the future": lambda signer: signer.token(iat=in_seconds(60)),
    "exp missing": lambda signer: signer.token(exp=None),
    "iss missing": lambda signer: signer.token(iss=None),
    "aud missing": lambda signer: signer.token(aud=None),
    "aud of another": lambda signer: signer.token(aud="other"),
    "aud list without ours": lambda signer: signer.token(aud=["other", f"{NAME}:refresh"]),
    "iss with a slash": lambda signer: signer.token(iss=signer.url + "/"),
    "iss of another": lambda signer: signer.token(iss="https://other.test"),
    "crit unknown": lambda signer: signer.token(headers={"crit": ["exp2"], "exp2": 1}),
    "refresh as access": lambda signer: signer.token(aud=f"{NAME}:refresh", type="refresh"),
}

# The gateway knows neither; the function that it calls refuses them.
FORGERIES_OF_OURS: dict[str, Callable[[Signer], str]] = {
    "sub missing": lambda signer: signer.token(sub=None),
    "sub empty": lambda signer: signer.token(sub=""),
    "sub no id": lambda signer: signer.token(sub="1 OR 1=1"),
    "sub too large": lambda signer: signer.token(sub=str(2**63)),
    "user deleted": lambda signer: signer.token(sub="999999"),
    "sid empty": lambda signer: signer.token(sid=""),
    "sid no id": lambda signer: signer.token(sid="1 OR 1=1"),
    "sid too large": lambda signer: signer.token(sid=str(2**63)),
    "session unknown": lambda signer: signer.token(sid="999999"),
    "type missing": lambda signer: signer.token(type=None),
    "type of another kind": lambda signer: signer.token(type="refresh"),
}


class IssuerServer(Signer):
    """A real issuer over HTTP that counts its requests."""

    def __init__(self, key_file: Path) -> None:
        self.fetches: list[str] = []
        self.up = True
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.fetches.append(self.path)
                body = json.dumps(outer.documents[self.path]).encode() if outer.up else b""
                self.send_response(200 if outer.up else 500)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        super().__init__(f"http://127.0.0.1:{self.server.server_port}", key_file)
        self.documents: dict[str, Any] = {
            "/.well-known/openid-configuration": {"jwks_uri": f"{self.url}/keys"},
            "/keys": {"keys": [self.jwk]},
        }
        threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
