"""What a failure is called: in the words of the route, of the constraint, of the standard."""

import importlib

from shared.database import get_or_404
from shared.http import Output, lambda_handler, one_route_app
from shared.http.action import Action
from shared.http.errors import AlreadyExists, NotFound, ReferenceNotFound

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tests.http.apps import APPS
from tests.support.client import Client, Context, make_event

GERUNDS = {
    "change": "changing",
    "create": "creating",
    "delete": "deleting",
    "end": "ending",
    "follow": "following",
    "get": "getting",
    "invite": "inviting",
    "issue": "issuing",
    "like": "liking",
    "list": "listing",
    "log": "logging",
    "refresh": "refreshing",
    "register": "registering",
    "request": "requesting",
    "reset": "resetting",
    "retweet": "retweeting",
    "send": "sending",
    "undo": "undoing",
    "unfollow": "unfollowing",
    "unlike": "unliking",
    "unretweet": "unretweeting",
    "update": "updating",
    "verify": "verifying",
}
WRITES = [name for name, route in APPS.items() if route.methods != {"GET"}]


@pytest.mark.parametrize("operation", WRITES)
def test_a_route_says_in_good_english_what_it_does(operation: str) -> None:
    app = importlib.import_module(APPS[operation].endpoint.__module__).app
    action: Action = app.state.action or Action.named(operation)
    verb, _, rest = action.infinitive.partition(" ")
    assert verb in GERUNDS, f"{operation}: give one_route_app() its Action, or {verb!r} its gerund here"
    assert action.gerund == f"{GERUNDS[verb]} {rest}".rstrip()


@pytest.mark.parametrize(
    ("operation", "path", "body", "message", "logged"),
    [
        (
            "login",
            "/api/v1/auth/login",
            {"username": "demo", "password": "x"},
            "Failed to log in",
            "Database error occurred while logging in",
        ),
        (
            "logout",
            "/api/v1/auth/logout",
            {"refresh_token": "x"},
            "Failed to log out",
            "Database error occurred while logging out",
        ),
        (
            "create_gadget",
            "/api/v1/gadgets",
            {"name": "x"},
            "Failed to create gadget",
            "Database error occurred while creating gadget",
        ),
    ],
)
def test_a_database_error_is_told_in_the_words_of_the_route(
    api: Client,
    db: sa.Connection,
    logs: list[dict[str, str]],
    operation: str,
    path: str,
    body: dict[str, str],
    message: str,
    logged: str,
) -> None:
    api.get("/api/v1/users/me")  # who calls is known
    tables = ["users", "refresh_tokens", "gadgets"]
    for table in tables:
        db.execute(sa.text(f"ALTER TABLE {table} RENAME TO hidden_{table}"))
    db.commit()
    answer = api.post(path, json=body)
    for table in tables:
        db.execute(sa.text(f"ALTER TABLE hidden_{table} RENAME TO {table}"))
    db.commit()
    assert (answer.status, answer.error, answer.json()["message"]) == (500, "database_error", message)
    assert [line["message"] for line in logs if line["level"] == "ERROR"] == [logged]


class Apart(DeclarativeBase):
    """Its tables are no migration's."""


class TwoWords(Apart):
    __tablename__ = "gadgets"

    id: Mapped[int] = mapped_column(primary_key=True)


def test_names_of_two_words_are_told_in_words(db: sa.Connection) -> None:
    with pytest.raises(NotFound) as raised, Session(db) as session:
        get_or_404(session, sa.select(TwoWords).where(sa.false()))
    assert (raised.value.code, raised.value.message) == ("two_words_not_found", "Two words not found")
    assert AlreadyExists("due_date").message == "Due date exists"
    assert ReferenceNotFound("reading_list").message == "Reading list not found"


class Thing(Output):
    id: int


@pytest.mark.parametrize("returned", [{"id": "s3cret"}, {"password": "s3cret"}])
def test_an_answer_that_does_not_fit_its_schema_shows_no_value(
    logs: list[dict[str, str]], returned: dict[str, str]
) -> None:
    app = one_route_app()

    @app.get("/things", response_model=Thing)
    async def endpoint() -> dict[str, str]:
        return returned

    answer = lambda_handler(app)(make_event("GET", "/things", "/things"), Context())
    assert answer["statusCode"] == 500
    [line] = [line for line in logs if line["level"] == "ERROR"]
    assert "s3cret" not in str(line) + answer["body"]
    assert "does not fit its response_model: response.id" in line["exception"]
