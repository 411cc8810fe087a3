"""What a sign-in sends: JSON, or the password form of OAuth2 (RFC 6749, section 4.3.2)."""

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import parse_qsl

from shared.http import PRINTABLE, Input, InvalidJson, UnsupportedMediaType
from shared.http.body import media_type, parse_json

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from accounts.schemas import Password

AccountName = Annotated[str, StringConstraints(min_length=1, max_length=254, pattern=PRINTABLE)]


class LoginJson(Input):
    """Either `username` or `email`, and the password."""

    email: AccountName | None = Field(None, examples=["alice@example.com"])
    username: AccountName | None = Field(None, examples=["alice"])
    password: Password = Field(examples=["rabbit hole 1865"])

    @model_validator(mode="after")
    def _one_name(self) -> "LoginJson":
        if (self.email is None) == (self.username is None):
            raise PydanticCustomError("one_name", "Give either email or username")
        return self


class LoginForm(Input):
    """The password grant of OAuth2 (RFC 6749, section 4.3.2). `scope` and `client_id` mean nothing here."""

    username: AccountName = Field(description="A username or an e-mail address", examples=["alice"])
    password: Password = Field(examples=["rabbit hole 1865"])
    grant_type: Literal["password"] = "password"
    scope: str = ""
    client_id: str = ""


@dataclass(frozen=True)
class Credentials:
    name: str
    is_email: bool
    password: str


async def read_credentials(request: Request) -> Credentials:
    body = await request.body()
    try:
        match media_type(request):
            case "application/json":
                given = LoginJson.model_validate(parse_json(body))
                return _credentials(given.email, given.username or "", given.password)
            case "application/x-www-form-urlencoded":
                form = LoginForm.model_validate(dict(parse_qsl(body.decode(), keep_blank_values=True)))
                return _credentials(None, form.username, form.password)
    except UnicodeDecodeError:
        raise InvalidJson("The body is not UTF-8") from None
    except ValidationError as error:
        errors = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(errors) from None
    raise UnsupportedMediaType("The body must be application/json or application/x-www-form-urlencoded")


def _credentials(email: str | None, username: str, password: str) -> Credentials:
    """A username with an `@`, which none has, is an e-mail address: the form has no other place for it."""
    name = username if email is None else email
    return Credentials(name, email is not None or "@" in name, password)
