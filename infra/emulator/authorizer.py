"""The JWT authorizer of API Gateway's HTTP APIs.

Source: API Gateway developer guide, "Control access to HTTP APIs with JWT authorizers" and "Troubleshooting
issues with HTTP API JWT authorizers", whose one published error_description is that of the audience.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import aiohttp
import jwt

from infra.emulator.model import Authorizer

ALGORITHMS = ["RS256", "RS384", "RS512"]
KEYS_LIFETIME = 7200  # seconds
COOL_DOWN = 5  # seconds between fetches; AWS does not document its own
FETCH_TIMEOUT = 5  # seconds; enough for a cold worker that serves the keys


class Unauthorized(Exception):
    """401. The message is the error_description of RFC 6750, empty if the request has no token."""

    @property
    def challenge(self) -> str:
        described = f'Bearer scope="" error="invalid_token" error_description="{self}"'
        return described if self.args else "Bearer"


class Forbidden(Exception):
    """403: the token has none of the route's scopes."""


class JwtAuthorizer:
    def __init__(self, config: Authorizer) -> None:
        self._config = config
        self._keys: dict[tuple[str, str], jwt.PyJWK] = {}  # by kid and algorithm
        self._fetched_at = -float(KEYS_LIFETIME)
        self._fetching = asyncio.Lock()

    async def authorize(self, headers: Mapping[str, str], scopes: tuple[str, ...]) -> dict[str, Any]:
        """Returns `requestContext.authorizer` for the function. Errors: Unauthorized, Forbidden.

        Two Authorization fields arrive joined, and so are no valid token.
        """
        claims = await self._claims(_token(headers.get(self._config.header)))
        granted = claims.get("scope", claims.get("scp"))
        granted = granted.split() if isinstance(granted, str) else _texts(granted)
        if scopes and not set(scopes) & set(granted):
            raise Forbidden
        texts = {name: _as_text(value) for name, value in claims.items()}
        return {"jwt": {"claims": texts, "scopes": list(scopes) or None}}

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            key = await self._key(jwt.get_unverified_header(token))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self._config.issuer,
                options={"require": ["exp"], "verify_aud": False, "verify_sub": False, "verify_jti": False},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthorized("the token has expired") from None
        except (jwt.PyJWTError, UnicodeError, RecursionError):
            raise Unauthorized("the token is not valid") from None
        audience = claims["aud"] if "aud" in claims else claims.get("client_id")
        if not set(self._config.audience) & set(_texts(audience)):
            raise Unauthorized("the token does not have a valid audience")
        return claims

    async def _key(self, header: dict[str, Any]) -> jwt.PyJWK:
        kid = str(header.get("kid")), str(header.get("alg"))
        async with self._fetching:  # concurrent calls wait for one fetch
            age = time.monotonic() - self._fetched_at
            if age > KEYS_LIFETIME or (kid not in self._keys and age > COOL_DOWN):
                await self._fetch()
        try:
            return self._keys[kid]
        except KeyError:
            raise Unauthorized("the signing key is not known") from None

    async def _fetch(self) -> None:
        discovery = self._config.issuer.rstrip("/") + "/.well-known/openid-configuration"
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(FETCH_TIMEOUT)) as session:
                document = await _json(session, discovery)
                keys = await _json(session, document["jwks_uri"])
            found = dict(_usable(keys["keys"]))
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError, AttributeError):
            self._fetched_at = time.monotonic()
            raise Unauthorized("the issuer's keys cannot be had") from None
        self._fetched_at = time.monotonic()  # unset if the caller disconnected during the fetch
        self._keys = found


def _usable(keys: list[dict[str, Any]]) -> Iterator[tuple[tuple[str, str], jwt.PyJWK]]:
    """RSA keys with an id. A key without `alg`, which RFC 7517, 4.4, allows, serves each algorithm."""
    for key in keys:
        if key.get("kty") == "RSA" and key.get("kid"):
            for algorithm in [key["alg"]] if "alg" in key else ALGORITHMS:
                with suppress(jwt.PyJWTError):
                    yield (key["kid"], algorithm), jwt.PyJWK(key, algorithm)


def _texts(value: Any) -> list[str]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]


async def _json(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async with session.get(url) as answer:
        answer.raise_for_status()
        return dict(await answer.json(content_type=None))


def _token(header: str | None) -> str:
    if not header:
        raise Unauthorized
    scheme, _, token = header.partition(" ")
    # The prefix is optional: the identity source is the header's whole value.
    return token.strip() if token and scheme.lower() == "bearer" else header


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return "[" + " ".join(_as_text(each) for each in value) + "]"
    return value if isinstance(value, str) else json.dumps(value)
