"""A forgotten password: the mail that is asked for, and the link that sets another one."""

from shared.identity.mail_tokens import Purpose

import pytest
import sqlalchemy as sa

from tests.accounts.conftest import PASSWORD, Person, follow_link, jobs, mailed, refresh, sign_in
from tests.support.client import Client
from tests.support.redis_server import SetEnv
from tests.support.statements import recorded

FORGOT, RESET = "/api/v1/auth/password/forgot", "/api/v1/auth/password/reset"
NEW = "looking glass 1871"


def test_forgot_does_the_same_for_every_address(anyone: Client, alice: Person, db: sa.Connection) -> None:
    jobs(db)
    done = []
    for address in (alice.email, "nobody@example.com"):
        with recorded() as sent:
            answer = anyone.post(FORGOT, json={"email": address})
        [job] = jobs(db)
        assert (job.kind, job.user_id, job.payload) == ("recovery", None, {"email": address})
        done.append((answer.status, answer.body, [statement for statement, _ in sent]))
    assert done[0] == done[1]
    assert done[0][:2] == (202, b"{}")
    assert not [statement for statement in done[0][2] if "users" in statement]


def test_a_link_sets_a_password_once_and_ends_every_session(
    anyone: Client, alice: Person, db: sa.Connection
) -> None:
    session = sign_in(anyone).json()["refresh_token"]
    jobs(db)
    token = mailed(Purpose.RECOVERY, alice.id, alice.email)
    follow_link(anyone, "password/reset", token, new_password=NEW)
    assert sign_in(anyone).error == "invalid_credentials"
    assert sign_in(anyone, password=NEW).status == 200
    assert refresh(anyone, session).error == "invalid_refresh_token"
    assert alice.client.get("/api/v1/users/me").json()["email_verified"] is True
    [told] = jobs(db)
    assert (told.kind, told.user_id) == ("password_reset", alice.id)
    answer = anyone.post(RESET, json={"token": token, "new_password": "another passphrase"})
    assert (answer.status, answer.error) == (400, "invalid_mail_token")
    assert sign_in(anyone, password=NEW).status == 200


def test_the_other_links_of_the_account_end_with_it(anyone: Client, alice: Person) -> None:
    first, second = (mailed(Purpose.RECOVERY, alice.id, alice.email) for _ in range(2))
    verification = mailed(Purpose.VERIFICATION, alice.id, alice.email)
    follow_link(anyone, "password/reset", first, new_password=NEW)
    assert anyone.post(RESET, json={"token": second, "new_password": PASSWORD}).error == "invalid_mail_token"
    answer = anyone.post("/api/v1/auth/email/verify", json={"token": verification})
    assert answer.error == "invalid_mail_token"


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE mail_tokens SET expires_at = now()",
        "UPDATE mail_tokens SET purpose = 'verification'",
        "DELETE FROM mail_tokens",
        "UPDATE users SET email = 'b@example.com', email_key = 'b@example.com'",
    ],
)
def test_a_token_that_is_not_due_changes_nothing(
    anyone: Client, alice: Person, db: sa.Connection, spoil: str
) -> None:
    token = mailed(Purpose.RECOVERY, alice.id, alice.email)
    db.execute(sa.text(spoil))
    db.commit()
    answer = anyone.post(RESET, json={"token": token, "new_password": NEW})
    assert (answer.status, answer.error) == (400, "invalid_mail_token")
    assert sign_in(anyone).status == 200


def test_a_password_that_is_refused_leaves_the_link_good(anyone: Client, alice: Person) -> None:
    token = mailed(Purpose.RECOVERY, alice.id, alice.email)
    for password in ("short", "password1"):
        assert anyone.post(RESET, json={"token": token, "new_password": password}).status == 422
    follow_link(anyone, "password/reset", token, new_password=NEW)


def test_the_owner_keeps_only_their_own_address_as_known(
    anyone: Client, alice: Person, db: sa.Connection, set_env: SetEnv
) -> None:
    set_env(SIGN_IN_RATE_LIMIT="10")
    body = {"username": "alice", "password": PASSWORD}
    assert anyone.post("/api/v1/auth/login", json=body, address="198.51.100.7").status == 200
    token = mailed(Purpose.RECOVERY, alice.id, alice.email)
    follow_link(anyone, "password/reset", token, new_password=NEW)
    assert db.scalar(sa.text("SELECT count(*) FROM sign_in_addresses")) == 1


def test_a_changed_password_is_told(alice: Person, db: sa.Connection) -> None:
    jobs(db)
    change = {"current_password": PASSWORD, "new_password": NEW}
    assert alice.client.put("/api/v1/users/me/password", json=change).status == 204
    [told] = jobs(db)
    assert (told.kind, told.user_id) == ("password_changed", alice.id)
