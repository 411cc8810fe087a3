"""The journey of a user or a service: it signs in, then does what infra/domains has of each domain."""

import os
import secrets
from dataclasses import dataclass
from typing import Any

from infra.domains import names, provided
from infra.tools.smoke.api import Answer, Api

MAY_SIGN_IN = (
    'SMOKE_USER must name an active user with a verified address (docs/run.md, "Require verified addresses")'
)


class Stopped(Exception):
    """A step failed; the message names it."""


@dataclass(frozen=True)
class Caller:
    name: str
    token: str
    domains: list[str]  # that it may read and write


def enter(api: Api) -> Caller:
    """Returns the service of SMOKE_SERVICE, else a user. Errors: Stopped."""
    service = os.environ.get("SMOKE_SERVICE")
    if not service:
        return Caller("a user signed in", sign_in(api), names())
    answer = api.post_form("/api/v1/auth/token", {"grant_type": "client_credentials"}, service)
    token = _expect(answer, 200, "get the service's token")
    scopes = set(token["scope"].split())
    domains = [each for each in names() if {f"{each}:read", f"{each}:write"} <= scopes]
    return Caller("a service got its token", token["access_token"], domains)


def sign_in(api: Api) -> str:
    """Returns an access token of SMOKE_USER, whose password is SMOKE_PASSWORD, or of a new user.

    Registers SMOKE_USER if nobody has the name, as after a stage's first deployment. The mail to a new user
    goes to SES's mailbox simulator. Errors: Stopped.
    """
    given = os.environ.get("SMOKE_USER")
    username = given or f"smoke_{secrets.token_hex(8)}"
    password = os.environ.get("SMOKE_PASSWORD", "") if given else secrets.token_urlsafe()
    credentials = {"username": username, "password": password}
    answer = api.call("POST", "/api/v1/auth/login", credentials) if given else None
    if answer is None or answer.status == 401:
        account = credentials | {"email": f"success+{username}@simulator.amazonses.com"}
        registered = api.call("POST", "/api/v1/auth/register", account)
        step = f"log in as {username} ({answer}), or register" if answer else "register"
        _expect(registered, 201, step, if_forbidden=MAY_SIGN_IN)
        answer = api.call("POST", "/api/v1/auth/login", credentials)
    return str(_expect(answer, 200, "log in", if_forbidden=MAY_SIGN_IN)["access_token"])


def live(api: Api, caller: Caller) -> list[str]:
    """Takes the journeys of the caller's domains and returns what they were, in words. Errors: Stopped."""

    def call(method: str, path: str, body: Any, status: int, step: str) -> Any:
        return _expect(api.call(method, path, body, caller.token), status, step)

    return [journey(call) for journey in provided("journey", caller.domains)]


def _expect(answer: Answer, status: int, step: str, if_forbidden: str = "") -> Any:
    if answer.status != status:
        what_to_do = f". {if_forbidden}" if if_forbidden and answer.status == 403 else ""
        raise Stopped(f"{step}: expected {status}, got {answer}{what_to_do}")
    return answer.json()
