"""Issues the built-in issuer's tokens: RS256, signed by a file's or KMS's key."""

import json
import time
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cache

from shared.http.errors import ServiceUnavailable
from shared.identity import ACCESS_LIFETIME, REFRESH_LIFETIME
from shared.identity.keys import SigningKey, SigningUnavailable, signing_key
from shared.runtime.observability import count
from shared.runtime.settings import settings


@dataclass(frozen=True)
class Issuer:
    url: str
    audience: str
    key: SigningKey

    def access_token(self, user_id: int, role: str, session_id: int) -> str:
        """Errors: ServiceUnavailable."""
        session = str(session_id)  # as the gateway passes every claim on
        return self._signed(user_id, ACCESS_LIFETIME, self.audience, type="access", role=role, sid=session)

    def service_token(self, user_id: int, client_id: str, scope: str) -> str:
        """Errors: ServiceUnavailable."""
        claims = {"type": "access", "role": "user", "client_id": client_id, "scope": scope}
        return self._signed(user_id, ACCESS_LIFETIME, self.audience, **claims)

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
        try:
            header = {"typ": "JWT", "alg": "RS256", "kid": self.key.public_jwk["kid"]}
            # RFC 7515, section 7.1: PyJWT takes no key that stays in KMS.
            message = ".".join(
                _base64(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims)
            )
            return f"{message}.{_base64(self.key.sign(message.encode()))}"
        except SigningUnavailable as error:
            count("SigningUnavailable")
            raise ServiceUnavailable from error


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


@cache
def issuer() -> Issuer:
    return Issuer(settings().jwt_issuer, settings().jwt_audience, signing_key())
