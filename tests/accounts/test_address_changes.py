"""Another e-mail address: it waits until it is verified, and the owner of the old one can undo it."""

from shared.identity.mail_tokens import Purpose

import pytest
import sqlalchemy as sa

from tests.accounts.conftest import (
    PASSWORD,
    Person,
    follow_link,
    jobs,
    mailed,
    move,
    refresh,
    register,
    registration,
    sign_in,
    verify,
)
from tests.support.client import Answer, Client
from tests.support.redis_server import SetEnv

ME, VERIFY, UNDO = "/api/v1/users/me", "/api/v1/auth/email/verify", "/api/v1/auth/email/undo"
NEW = "alice@example.org"


def change(person: Person, email: str = NEW, password: str = PASSWORD) -> Answer:
    return person.client.put(ME, json={"email": email, "current_password": password})


@pytest.fixture
def bob(anyone: Client, alice: Person) -> Person:
    return register(anyone, "bob")


class TestRequest:
    def test_another_address_takes_the_current_password(self, alice: Person) -> None:
        answer = alice.client.put(ME, json={"email": NEW})
        assert (answer.status, answer.error) == (422, "current_password_required")
        answer = change(alice, password="wrong")
        assert (answer.status, answer.error) == (401, "invalid_credentials")
        assert alice.client.get(ME).json()["pending_email"] is None
        assert alice.client.put(ME, json={"email": "ALICE@example.com", "name": "A"}).status == 200

    def test_wrong_passwords_are_counted_by_account(self, alice: Person, set_env: SetEnv, store: str) -> None:
        set_env(SIGN_IN_RATE_LIMIT="3")
        statuses = [change(alice, password="wrong").status for _ in range(4)]
        assert statuses == [401, 401, 401, 429]
        body = {"current_password": PASSWORD, "new_password": "another passphrase"}
        assert alice.client.put("/api/v1/users/me/password", json=body).status == 429
        assert alice.client.put(ME, json={"name": "Alice"}).status == 200

    def test_right_passwords_are_not_counted(self, alice: Person, set_env: SetEnv, store: str) -> None:
        set_env(SIGN_IN_RATE_LIMIT="3")
        assert {change(alice).status for _ in range(4)} == {200}

    def test_it_waits_and_the_account_keeps_its_own(self, alice: Person, db: sa.Connection) -> None:
        verify(db, alice)
        jobs(db)
        answer = change(alice)
        shown = {name: answer.json()[name] for name in ("email", "email_verified", "pending_email")}
        assert shown == {"email": alice.email, "email_verified": True, "pending_email": NEW}
        [job] = jobs(db)
        assert (job.kind, job.user_id, job.payload) == ("email_change", alice.id, {})

    def test_the_current_address_ends_the_wait(self, anyone: Client, alice: Person) -> None:
        change(alice)
        token = mailed(Purpose.VERIFICATION, alice.id, NEW)
        assert alice.client.put(ME, json={"email": alice.email}).json()["pending_email"] is None
        assert anyone.post(VERIFY, json={"token": token}).error == "invalid_mail_token"

    def test_a_second_address_takes_the_place_of_the_first(self, anyone: Client, alice: Person) -> None:
        change(alice)
        token = mailed(Purpose.VERIFICATION, alice.id, NEW)
        assert change(alice, "second@example.org").json()["pending_email"] == "second@example.org"
        assert anyone.post(VERIFY, json={"token": token}).error == "invalid_mail_token"

    def test_an_address_that_somebody_holds_is_refused(self, alice: Person, bob: Person) -> None:
        assert change(alice, "BOB@example.com").error == "email_exists"

    def test_without_mail_it_takes_effect_unverified(
        self, alice: Person, bob: Person, db: sa.Connection, set_env: SetEnv
    ) -> None:
        verify(db, alice)
        set_env(MAIL_FROM="")
        jobs(db)
        assert alice.client.put(ME, json={"email": NEW}).error == "current_password_required"
        user = change(alice).json()
        assert (user["email"], user["email_verified"], user["pending_email"]) == (NEW, False, None)
        assert change(alice, bob.email).error == "email_exists"
        assert jobs(db) == []


class TestVerification:
    def test_a_verified_address_becomes_the_accounts(
        self, anyone: Client, alice: Person, db: sa.Connection
    ) -> None:
        change(alice)
        jobs(db)
        follow_link(anyone, "email/verify", mailed(Purpose.VERIFICATION, alice.id, NEW))
        user = alice.client.get(ME).json()
        assert (user["email"], user["email_verified"], user["pending_email"]) == (NEW, True, None)
        [told] = jobs(db)
        assert (told.kind, told.user_id, told.payload) == ("email_changed", alice.id, {"email": alice.email})
        assert db.scalar(sa.text("SELECT count(*) FROM mail_tokens WHERE purpose = 'undo'")) == 0

    def test_of_two_who_wait_for_one_the_first_to_verify_gets_it(
        self, anyone: Client, alice: Person, bob: Person
    ) -> None:
        for person in (alice, bob):
            assert change(person).json()["pending_email"] == NEW
        tokens = [mailed(Purpose.VERIFICATION, person.id, NEW) for person in (alice, bob)]
        follow_link(anyone, "email/verify", tokens[0])
        answer = anyone.post(VERIFY, json={"token": tokens[1]})
        assert (answer.status, answer.error) == (400, "email_exists")
        assert bob.client.get(ME).json()["email"] == bob.email


class TestUndo:
    def test_it_gives_the_account_back_to_the_owner_of_the_address(
        self, anyone: Client, alice: Person, db: sa.Connection
    ) -> None:
        move(db, alice, NEW)
        session = sign_in(anyone).json()["refresh_token"]
        change(alice, "third@example.org")
        pending = mailed(Purpose.VERIFICATION, alice.id, "third@example.org")
        recovery = mailed(Purpose.RECOVERY, alice.id, NEW)
        jobs(db)
        follow_link(anyone, "email/undo", mailed(Purpose.UNDO, alice.id, alice.email))
        user = alice.client.get(ME).json()
        assert (user["email"], user["email_verified"], user["pending_email"]) == (alice.email, True, None)
        assert sign_in(anyone).error == "invalid_credentials"
        assert refresh(anyone, session).error == "invalid_refresh_token"
        [job] = jobs(db)
        assert (job.kind, job.user_id) == ("recovery", alice.id)
        assert anyone.post(VERIFY, json={"token": pending}).error == "invalid_mail_token"
        body = {"token": recovery, "new_password": PASSWORD}
        assert anyone.post("/api/v1/auth/password/reset", json=body).error == "invalid_mail_token"

    def test_an_address_is_reserved_while_it_can_be_restored(
        self, anyone: Client, alice: Person, bob: Person, db: sa.Connection
    ) -> None:
        move(db, alice, NEW)
        eve = registration(username="eve", email=alice.email)
        assert anyone.post("/api/v1/auth/register", json=eve).error == "email_exists"
        assert change(bob, alice.email).error == "email_exists"
        assert change(alice, alice.email).json()["pending_email"] == alice.email
        db.execute(sa.text("UPDATE mail_tokens SET expires_at = now() WHERE purpose = 'undo'"))
        db.commit()
        assert anyone.post("/api/v1/auth/register", json=eve).status == 201

    def test_an_address_that_the_release_before_gave_away_is_not_restored(
        self, anyone: Client, alice: Person, bob: Person, db: sa.Connection
    ) -> None:
        """It knows no reservation."""
        move(db, alice, NEW)
        taken = {"id": bob.id, "email": alice.email}
        db.execute(
            sa.text("UPDATE users SET email = :email, email_key = lower(:email) WHERE id = :id"), taken
        )
        db.commit()
        answer = anyone.post(UNDO, json={"token": mailed(Purpose.UNDO, alice.id, alice.email)})
        assert (answer.status, answer.error) == (400, "email_exists")
        assert alice.client.get(ME).json()["email"] == NEW

    def test_the_oldest_undo_wins(self, anyone: Client, alice: Person, db: sa.Connection) -> None:
        move(db, alice, "second@example.org")
        move(db, alice, "third@example.org")
        first, second = (mailed(Purpose.UNDO, alice.id, each) for each in (alice.email, "second@example.org"))
        follow_link(anyone, "email/undo", first)
        assert anyone.post(UNDO, json={"token": second}).error == "invalid_mail_token"
        assert alice.client.get(ME).json()["email"] == alice.email

    def test_a_later_undo_leaves_the_oldest_good(
        self, anyone: Client, alice: Person, db: sa.Connection
    ) -> None:
        move(db, alice, "second@example.org")
        move(db, alice, "third@example.org")
        follow_link(anyone, "email/undo", mailed(Purpose.UNDO, alice.id, "second@example.org"))
        assert alice.client.get(ME).json()["email"] == "second@example.org"
        follow_link(anyone, "email/undo", mailed(Purpose.UNDO, alice.id, alice.email))
        assert alice.client.get(ME).json()["email"] == alice.email

    def test_an_unverified_address_cannot_be_restored(
        self, anyone: Client, alice: Person, db: sa.Connection
    ) -> None:
        change(alice)
        follow_link(anyone, "email/verify", mailed(Purpose.VERIFICATION, alice.id, NEW))
        assert anyone.post("/api/v1/auth/register", json=registration(username="eve")).status == 201
