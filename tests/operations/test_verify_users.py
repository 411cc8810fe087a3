"""The operator's function that marks existing users' addresses as verified."""

import pytest
import sqlalchemy as sa

from infra.deployed.operations import verify_users
from tests.conftest import NewUser
from tests.support.client import Context


def verified(db: sa.Connection) -> list[str]:
    found = "SELECT username FROM users WHERE verified_email_key = email_key ORDER BY id"
    return list(db.scalars(sa.text(found)))


@pytest.fixture
def people(new_user: NewUser) -> None:
    for name in ("alice", "bob", "carol"):
        new_user(name, email=f"{name}@example.com", email_key=f"{name}@example.com")
    new_user("dave")  # without an address
    new_user("erin", email="e@example.com", email_key="e@example.com", pending_email="new@example.com")


@pytest.mark.usefixtures("people")
def test_it_verifies_the_address_that_each_user_has(db: sa.Connection) -> None:
    answer = verify_users.handler({}, Context())
    assert (answer["verified"], answer["done"]) == (4, True)
    assert verified(db) == ["alice", "bob", "carol", "erin"]
    assert verify_users.handler({}, Context())["verified"] == 0


@pytest.mark.usefixtures("people")
def test_it_goes_on_where_its_time_ended(db: sa.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_users, "BATCH", 2)
    assert verify_users.handler({}, Context(milliseconds=1_000)) == {"verified": 0, "after": 0, "done": False}

    class Ending(Context):
        calls = 0

        def get_remaining_time_in_millis(self) -> int:
            type(self).calls += 1
            return 20_000 if self.calls < 2 else 0

    first = verify_users.handler({}, Ending())
    assert first == {"verified": 2, "after": 2, "done": False}
    assert verified(db) == ["alice", "bob"]
    assert verify_users.handler({"after": first["after"]}, Context())["done"]
    assert verified(db) == ["alice", "bob", "carol", "erin"]
