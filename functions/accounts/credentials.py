"""The body of a sign-in: JSON, or the password form of OAuth2 (RFC 6749, section 4.3.2)."""

from dataclasses import dataclass
from typing import Annotated, Literal

from shared.http import PRINTABLE, Input, InvalidJson, UnsupportedMediaType
from shared.http.body import media_type, parse_json
from shared.http.errors import ValidationFailed
from shared.identity.users import email_key, name_key

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from accounts import forms
from accounts.schemas import Password

AccountName = Annotated[str, StringConstraints(min_length=1, max_length=254, pattern=PRINTABLE)]


class LoginJson(Input):
    """Either `username` or `email`, and the password."""

    email: AccountName | None = Field(
        None, description="The account's e-mail address", examples=["alice@example.com"]
    )
    username: AccountName | None = Field(None, description="The account's username", examples=["alice"])
    password: Password = Field(description="The account's password", examples=["rabbit hole 1865"])

    @model_validator(mode="after")
    def _one_name(self) -> "LoginJson":
        if (self.email is None) == (self.username is None):
            raise PydanticCustomError("one_name", "Give either email or username")
        return self


class LoginForm(Input):
    """The password grant of OAuth2 (RFC 6749, section 4.3.2).

    Other parameters, such as `scope`, `client_id` and `client_secret`, are ignored and not checked; an empty
    one counts as absent, and a repeated one is refused (sections 3.2 and 2.3.1).
    """

    model_config = ConfigDict(extra="ignore")

    username: AccountName = Field(description="A username or an e-mail address", examples=["alice"])
    password: Password = Field(description="The account's password", examples=["rabbit hole 1865"])
    grant_type: Literal["password"] = "password"


@dataclass(frozen=True)
class Credentials:
    """The forms in which names are compared, None for the one that is not meant, and the password."""

    email_key: str | None
    username_key: str | None
    password: str

    @property
    def key(self) -> str:
        return self.email_key or self.username_key or ""


async def read_credentials(request: Request) -> Credentials:
    body = await request.body()
    try:
        match media_type(request):
            case "application/json":
                given = LoginJson.model_validate(parse_json(body))
                return _credentials(given.email, given.username, given.password)
            case forms.FORM:
                form = LoginForm.model_validate(_parameters(body))
                return _credentials(None, form.username, form.password)
    except UnicodeDecodeError:
        raise InvalidJson("The body is not UTF-8") from None
    except ValidationError as error:
        errors = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(errors) from None
    raise UnsupportedMediaType("The body must be application/json or application/x-www-form-urlencoded")


def _parameters(body: bytes) -> dict[str, str]:
    """Errors: ValidationFailed for a parameter that is repeated, also where it is empty or unknown."""
    given, repeated = forms.parse_form(body)
    if repeated:
        raise ValidationFailed(
            [{"loc": ("body", name), "msg": "Parameter is repeated", "type": "repeated"} for name in repeated]
        )
    return given


def _credentials(email: str | None, username: str | None, password: str) -> Credentials:
    """A username with an `@` is an e-mail address or an imported username; the form has one place for all."""
    if email is None and username is not None and "@" in username:
        email = username
    return Credentials(
        email_key(email) if email is not None else None,
        name_key(username) if username is not None else None,
        password,
    )
