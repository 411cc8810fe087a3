from functools import cache
from pathlib import Path
from typing import Annotated

from shared.http import Input, Name, Output, Time
from shared.identity.scopes import scopes_of

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from accounts.schemas import AccessToken

FUNCTIONS = Path(__file__).parents[1]


@cache
def known_scopes() -> list[str]:
    """Returns the scopes of the domains that are deployed: each is a folder of functions/."""
    return scopes_of(file.parent.name for file in FUNCTIONS.glob("*/__init__.py*"))


def _known(scope: str) -> str:
    if scope not in known_scopes():
        raise PydanticCustomError("scope", "Input should be <domain>:read or <domain>:write")
    return scope


Scope = Annotated[str, AfterValidator(_known)]


class ServiceCreate(Input):
    name: Name = Field(description="For people", examples=["nightly import"])
    scopes: list[Scope] = Field(
        min_length=1,
        description="`<domain>:read` and `<domain>:write`, of all domains but accounts and meta",
        examples=[["<domain>:read"]],
    )


class ServiceOut(Output):
    id: int
    client_id: str = Field(examples=["service-12"])
    name: str
    scopes: list[str] = Field(examples=[["<domain>:read"]])
    created_at: Time
    last_used_at: Time | None = Field(description="When it last got a token")


class SecretOut(Output):
    client_secret: str = Field(
        description="Shown this once, and stored as a hash",
        examples=["3vWkQm0eTqf8bYz1uXhJ6d9LrPnC2aSgOiMt7w4KxEo"],
    )


class NewServiceOut(ServiceOut, SecretOut):
    pass


class ServiceToken(AccessToken):
    scope: str = Field(description="Separated by spaces", examples=["<domain>:read"])
