"""Issues the built-in issuer's tokens: RS256 through PyJWT, signed by a file's or KMS's key."""

import json
import time
import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any

from shared.http.errors import ServiceUnavailable
from shared.identity import ACCESS_LIFETIME, REFRESH_LIFETIME
from shared.identity.keys import SigningKey, SigningUnavailable, signing_key
from shared.runtime.observability import count
from shared.runtime.settings import settings

from jwt import PyJWS
from jwt.algorithms import Algorithm


class _ByKey(Algorithm):
    """Lets PyJWT sign through the key object, since a KMS key never leaves KMS."""

    def prepare_key(self, key: SigningKey) -> SigningKey:
        return key

    def sign(self, msg: bytes, key: SigningKey) -> bytes:
        return key.sign(msg)

    def verify(self, msg: bytes, key: SigningKey, sig: bytes) -> bool:
        raise NotImplementedError("shared/identity/access_tokens.py verifies by the published keys")

    @staticmethod
    def to_jwk(key_obj: SigningKey, as_dict: bool = False) -> Any:
        raise NotImplementedError

    @staticmethod
    def from_jwk(jwk: Any) -> SigningKey:
        raise NotImplementedError


@dataclass(frozen=True)
class Issuer:
    url: str
    audience: str
    key: SigningKey

    def access_token(self, user_id: int, role: str, session_id: int) -> str:
        """Errors: ServiceUnavailable."""
        session = str(session_id)  # as the gateway passes every claim on
        return self._signed(user_id, ACCESS_LIFETIME, self.audience, type="access", role=role, sid=session)

    def refresh_token(self, user_id: int) -> str:
        """Returns a token with its own audience, which the gateway rejects. Errors: ServiceUnavailable."""
        return self._signed(user_id, REFRESH_LIFETIME, f"{self.audience}:refresh", type="refresh")

    def _signed(self, user_id: int, lifetime: int, audience: str, **more: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": audience,
            "sub": str(user_id),
            "iat": now,
            "exp": now + lifetime,
            "jti": uuid.uuid4().hex,
            **more,
        }
        payload = json.dumps(claims, separators=(",", ":")).encode()
        try:
            header = {"kid": self.key.public_jwk["kid"]}
            return _jws().encode(payload, self.key, algorithm="RS256", headers=header)  # type: ignore[arg-type]
        except SigningUnavailable as error:
            count("SigningUnavailable")
            raise ServiceUnavailable from error


@cache
def _jws() -> PyJWS:
    jws = PyJWS()
    jws.unregister_algorithm("RS256")
    jws.register_algorithm("RS256", _ByKey())
    return jws


@cache
def issuer() -> Issuer:
    return Issuer(settings().jwt_issuer, settings().jwt_audience, signing_key())
