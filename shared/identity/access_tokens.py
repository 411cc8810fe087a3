"""Verifies access tokens in the function: PyJWT with the issuer's published keys."""

import json
import time
import urllib.request
from functools import cache
from typing import Any

from shared.http.errors import InvalidToken, ServiceUnavailable
from shared.runtime.settings import settings

import jwt

JWKS_LIFETIME = 3600  # seconds
COOL_DOWN = 30  # seconds between fetches that unknown key ids, or a failing issuer, can cause
FETCH_TIMEOUT = 2  # seconds
MAX_TOKEN_LENGTH = 8192  # characters; the gateway's own limit for all headers is 10 KB


class IssuerKeys(jwt.PyJWKClient):
    """The issuer's key set, found by OIDC discovery. A failed fetch starts the cool-down too."""

    def __init__(self, issuer: str, jwks_url: str | None) -> None:
        super().__init__(
            jwks_url or issuer, lifespan=JWKS_LIFETIME, timeout=FETCH_TIMEOUT, cooldown_duration=COOL_DOWN
        )
        self._discovery = None if jwks_url else issuer.rstrip("/") + "/.well-known/openid-configuration"
        self._failed_at: float | None = None

    def fetch_data(self) -> Any:
        if self._failed_at is not None and time.monotonic() - self._failed_at < COOL_DOWN:
            raise jwt.PyJWKClientConnectionError("the last fetch failed a moment ago")
        try:
            if self._discovery:
                with urllib.request.urlopen(self._discovery, timeout=FETCH_TIMEOUT) as answer:  # noqa: S310
                    self.uri = json.load(answer)["jwks_uri"]
                self._discovery = None
            data = super().fetch_data()
        except Exception as error:
            self._failed_at = time.monotonic()
            raise jwt.PyJWKClientConnectionError("the key set cannot be had") from error
        self._failed_at = None
        return data


@cache
def issuer_keys() -> IssuerKeys:
    return IssuerKeys(settings().jwt_issuer, settings().jwks_url)


def verify(token: str) -> dict[str, Any]:
    """Returns an access token's claims. Errors: 401 for the token, 503 if the keys are unavailable."""
    try:
        if len(token) > MAX_TOKEN_LENGTH:
            raise jwt.InvalidTokenError
        kid = jwt.get_unverified_header(token).get("kid")
    except (jwt.InvalidTokenError, UnicodeError):
        raise InvalidToken("Malformed token: unable to read header") from None
    try:
        key = issuer_keys().get_signing_key(str(kid))
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=settings().jwt_issuer,
            audience=settings().jwt_audience,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
    except jwt.PyJWKClientConnectionError:
        raise ServiceUnavailable("Unable to fetch JWKS") from None
    except jwt.PyJWTError:
        raise InvalidToken from None
    return claims
