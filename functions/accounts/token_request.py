"""The request of a service for a token: its form, and how the service authenticates.

Source: RFC 6749, sections 2.3.1, 3.2, 4.4.2 and 5.2; RFC 7617.
"""

import re
from base64 import b64decode
from dataclasses import dataclass
from urllib.parse import unquote_plus

from shared.http import UnsupportedMediaType
from shared.http.body import media_type

from fastapi import Request

from accounts.account_errors import InvalidClient, InvalidRequest, InvalidScope, UnsupportedGrantType
from accounts.forms import FORM, parse_form

SCOPE = r"[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*"  # section 3.3


@dataclass(frozen=True)
class TokenRequest:
    client_id: str
    client_secret: str
    scopes: list[str]  # empty for all that the service has


async def read_token_request(request: Request) -> TokenRequest:
    """Errors: UnsupportedMediaType, and those of section 5.2. Nobody is authenticated yet."""
    if media_type(request) != FORM:
        raise UnsupportedMediaType(f"The body must be {FORM}, not compressed")
    try:
        given, repeated = parse_form(await request.body())
    except UnicodeDecodeError:
        raise InvalidRequest("The body is not UTF-8") from None
    if repeated:
        raise InvalidRequest("A parameter is repeated")
    if "grant_type" not in given:
        raise InvalidRequest("grant_type is missing")
    if given["grant_type"] != "client_credentials":
        raise UnsupportedGrantType
    client_id, client_secret = _client(request.headers.get("authorization"), given)
    scope = given.get("scope", "")
    if scope and not re.fullmatch(SCOPE, scope):
        raise InvalidScope
    return TokenRequest(client_id, client_secret, scope.split(" ") if scope else [])


def _client(authorization: str | None, form: dict[str, str]) -> tuple[str, str]:
    """Returns id and secret. Errors: InvalidRequest for two methods at once, InvalidClient for none."""
    if authorization is None:
        if not {"client_id", "client_secret"} <= set(form):
            raise InvalidClient
        return form["client_id"], form["client_secret"]
    client_id, client_secret = _basic(authorization)
    if "client_secret" in form or form.get("client_id", client_id) != client_id:
        raise InvalidRequest("The client authenticates by Basic or in the form, not by both")
    return client_id, client_secret


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient
    try:
        name, _, secret = b64decode(encoded.strip(), validate=True).decode().partition(":")
        return unquote_plus(name, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:  # no base64, or not UTF-8
        raise InvalidClient from None
