"""The cookie that holds a page's refresh token, and the check that a page of ours sends it.

Sources: RFC 6265bis, section 4.1.3.2 (`__Host-`: no other host and no subdomain sets it); OWASP's CSRF cheat
sheet, "Verifying origin with standard headers".
"""

from shared.identity import REFRESH_LIFETIME
from shared.runtime.settings import settings

from fastapi import Depends, Request, Response

from accounts.account_errors import OriginNotAllowed
from accounts.schemas import AccessToken, TokenPair

NAME = "__Host-refresh"


async def _require_allowed_origin(request: Request) -> None:
    """SameSite alone admits every other page of the site. Errors: OriginNotAllowed."""
    if request.headers.get("origin") not in settings().allowed_origins:
        raise OriginNotAllowed


AllowedOrigin = Depends(_require_allowed_origin)


def token_of(request: Request) -> str:
    """Returns the cookie's token, empty without one."""
    return request.cookies.get(NAME, "")


def keep_token(response: Response, pair: TokenPair) -> AccessToken:
    """Puts the refresh token into the cookie, and returns the rest."""
    _set(response, pair.refresh_token, REFRESH_LIFETIME)
    return AccessToken(access_token=pair.access_token, expires_in=pair.expires_in)


def forget_token(response: Response) -> None:
    _set(response, "", 0)


def _set(response: Response, value: str, seconds: int) -> None:
    response.set_cookie(NAME, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="strict")
