from typing import Annotated, Any, Literal

from shared.http import PRINTABLE, Input, Name, Output, Time

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

type EventKind = Literal[
    "signed_in",
    "sign_in_failed",
    "password_changed",
    "password_reset",
    "email_changed",
    "email_restored",
    "email_verified",
    "role_changed",
    "activated",
    "deactivated",
    "session_ended",
    "token_reused",
    "invited",
    "deleted",
]
type Role = Literal["user", "admin"]

MAX_OLD_PASSWORD = 4096  # characters


def _email(text: str) -> str:
    from email_validator import EmailNotValidError, validate_email  # 40 ms that few routes spend

    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        raise PydanticCustomError("email", "Input should be an e-mail address") from None


def _normalize(password: object) -> object:
    from accounts.passwords import normalize  # with argon2, which no reading route needs

    return (
        normalize(password) if isinstance(password, str) and len(password) <= MAX_OLD_PASSWORD else password
    )


def _uncommon(password: str) -> str:
    from accounts.passwords import is_common

    if is_common(password):
        raise PydanticCustomError("common_password", "This password is among the most common ones")
    return password


Username = Annotated[str, StringConstraints(min_length=3, max_length=50, pattern=r"^[A-Za-z0-9_]*$")]
Email = Annotated[str, StringConstraints(max_length=254, pattern=PRINTABLE), AfterValidator(_email)]
# Whatever an older system accepted signs in. The pattern makes Pydantic refuse lone surrogates too.
Password = Annotated[str, StringConstraints(max_length=MAX_OLD_PASSWORD, pattern=r"^[^\x00]*$")]
NewPassword = Annotated[
    str,
    StringConstraints(min_length=8, max_length=128, pattern=PRINTABLE),
    BeforeValidator(_normalize),
    AfterValidator(_uncommon),
]
Token = Annotated[str, StringConstraints(max_length=8192)]
MailToken = Annotated[str, StringConstraints(max_length=128, pattern=r"^[A-Za-z0-9_-]*$")]


class NewUser(Input):
    username: Username = Field(description="Unique without regard to case", examples=["alice"])
    name: Name | None = Field(None, description="The full name, as others see it", examples=["Alice Liddell"])
    email: Email = Field(description="Unique without regard to case", examples=["alice@example.com"])


class Registration(NewUser):
    password: NewPassword = Field(description="Must not be a common password", examples=["rabbit hole 1865"])


class Invitation(NewUser):
    role: Role | None = None


class MeUpdate(Input):
    """An absent field stays as it is. Null clears only `name`.

    A change of `email` by more than its case needs `current_password`.
    """

    username: Username | None = None
    name: Name | None = None
    email: Email | None = None
    current_password: Password | None = Field(
        None, description="Required to change `email`", examples=["rabbit hole 1865"]
    )


class PasswordChange(Input):
    current_password: Password = Field(
        description="The password that the account has now", examples=["rabbit hole 1865"]
    )
    new_password: NewPassword = Field(
        description="Must not be a common password", examples=["looking glass 1871"]
    )


class AccountDeletion(Input):
    """Empty with another issuer."""

    current_password: Password | None = Field(None, examples=["rabbit hole 1865"])


class MailRequest(Input):
    email: Email = Field(
        description="Any address: the answer is the same without an account", examples=["alice@example.com"]
    )


class Accepted(Output):
    """A mail is sent if the address belongs to an account that is due for one."""


class MailedToken(Input):
    token: MailToken = Field(
        description="The token of the mailed link; works once", examples=["kR3v9X2mQ8bT5wZ1"]
    )


class PasswordReset(MailedToken):
    new_password: NewPassword = Field(
        description="Must not be a common password", examples=["looking glass 1871"]
    )


class UserUpdate(Input):
    """A field that is absent or null stays as it is."""

    is_active: bool | None = None
    role: Role | None = None


class RefreshRequest(Input):
    refresh_token: Token = Field(description="A JWT, which works once", examples=["eyJhbGciOi.e30.c2ln"])


class AccessToken(Output):
    access_token: str = Field(
        description="A JWT for `Authorization: Bearer …`", examples=["eyJhbGciOi.e30.c2ln"]
    )
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds until the access token expires", examples=[1800])


class TokenPair(AccessToken):
    refresh_token: str


class UserOut(Output):
    id: int
    username: str
    name: str | None
    email: str | None
    email_verified: bool = Field(description="True if the user opened the link mailed to this address")
    pending_email: str | None = Field(
        description="The new address, until it is verified", examples=["alice@example.org"]
    )
    is_active: bool
    role: Role
    created_at: Time


class SessionOut(Output):
    id: int
    created_at: Time
    last_used_at: Time = Field(description="The sign-in or the last refresh")
    expires_at: Time = Field(
        description="The latest end; without a refresh the session ends 7 days after its last use"
    )
    current: bool = Field(description="True for the session of this call's access token")


class AccountEventOut(Output):
    id: int
    kind: EventKind
    at: Time
    by: int | None = Field(description="The id of the user who did it; null if unknown", examples=[1])
    request_id: str | None = Field(examples=["Oyx3nh0sliAEPMg="])


class ExportedOut(Output):
    kind: str = Field(examples=["user"])
    data: dict[str, Any] = Field(examples=[{"id": 1, "username": "alice"}])


class ProfileOut(Output):
    id: int
    username: str
    name: str | None
    created_at: Time
    followers_count: int
    following_count: int


class FollowOut(Output):
    id: int
    username: str
    followed_at: Time
