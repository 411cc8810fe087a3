"""Refresh and logout: the life of a sign-in's tokens."""

from pathlib import Path

from shared.identity.keys import FILE

import pytest
import sqlalchemy as sa

from infra.local.keys import ensure_key
from tests.accounts.conftest import Person, logout, refresh, sign_in
from tests.conftest import forget_keys
from tests.support.client import Client

type Pair = dict[str, str]


def later(db: sa.Connection, interval: str) -> None:
    """Lets time pass for every session."""
    for table, columns in {
        "refresh_tokens": ("spent_at", "expires_at"),
        "refresh_families": ("expires_at", "last_used_at"),
    }.items():
        moved = ", ".join(f"{column} = {column} - interval '{interval}'" for column in columns)
        db.execute(sa.text(f"UPDATE {table} SET {moved}"))
    db.commit()


class TestRefresh:
    @pytest.fixture
    def pair(self, anyone: Client, alice: Person) -> Pair:
        return sign_in(anyone).json()

    def test_gives_a_new_pair_and_spends_the_old_token(
        self, anyone: Client, pair: Pair, db: sa.Connection
    ) -> None:
        answer = refresh(anyone, pair["refresh_token"])
        assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
        assert answer.json()["refresh_token"] != pair["refresh_token"]
        later(db, "11 seconds")
        again = refresh(anyone, pair["refresh_token"])
        assert (again.status, again.error) == (401, "invalid_refresh_token")
        assert again.headers["www-authenticate"] == "Bearer"

    def test_a_token_outlives_its_issuers_name_and_key(
        self, anyone: Client, pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As when the issuer is given a host name of its own, or its stack is made anew."""
        ensure_key(tmp_path / "key.pem")
        monkeypatch.setenv("JWT_ISSUER", "https://issuer.example.com")
        monkeypatch.setenv("SIGNING_KEY", f"{FILE}{tmp_path / 'key.pem'}")
        forget_keys()
        assert refresh(anyone, pair["refresh_token"]).status == 200

    def test_one_seen_later_ends_the_whole_family(
        self, anyone: Client, pair: Pair, db: sa.Connection
    ) -> None:
        other = sign_in(anyone).json()
        second = refresh(anyone, pair["refresh_token"]).json()
        later(db, "11 seconds")
        assert refresh(anyone, pair["refresh_token"]).error == "invalid_refresh_token"
        assert refresh(anyone, second["refresh_token"]).error == "invalid_refresh_token"
        assert refresh(anyone, other["refresh_token"]).status == 200  # another family

    @pytest.mark.parametrize("token", ["", "x", "\ud800", "a.b.c"])
    def test_refuses_what_it_never_gave(self, anyone: Client, pair: Pair, token: str) -> None:
        assert refresh(anyone, token).status in (401, 422)

    def test_refuses_an_access_token(self, anyone: Client, pair: Pair) -> None:
        assert refresh(anyone, pair["access_token"]).error == "invalid_refresh_token"

    def test_a_token_lives_7_days_and_a_family_30(
        self, anyone: Client, pair: Pair, db: sa.Connection
    ) -> None:
        token = pair["refresh_token"]
        for _ in range(4):
            later(db, "6 days 23 hours")
            token = refresh(anyone, token).json()["refresh_token"]
        later(db, "2 days 5 hours")  # 30 days and an hour after the sign-in, within the token's own 7 days
        assert refresh(anyone, token).error == "invalid_refresh_token"
        fresh = sign_in(anyone).json()["refresh_token"]
        later(db, "7 days 1 hour")
        assert refresh(anyone, fresh).error == "invalid_refresh_token"

    def test_refuses_an_inactive_user(self, anyone: Client, pair: Pair, db: sa.Connection) -> None:
        db.execute(sa.text("UPDATE users SET is_active = false"))
        db.commit()
        answer = refresh(anyone, pair["refresh_token"])
        assert (answer.status, answer.error) == (403, "user_inactive")

    def test_no_token_is_kept_but_its_hash(self, pair: Pair, db: sa.Connection) -> None:
        kept = db.execute(sa.text("SELECT * FROM refresh_tokens, refresh_families")).all()
        assert pair["refresh_token"] not in str(kept)

    def test_a_failed_commit_does_not_spend_it(self, anyone: Client, pair: Pair, db: sa.Connection) -> None:
        db.execute(
            sa.text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'refused at commit'; END $$"
            )
        )
        db.execute(
            sa.text(
                "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON refresh_tokens DEFERRABLE"
                " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        )
        db.commit()
        assert refresh(anyone, pair["refresh_token"]).error == "database_error"
        db.execute(sa.text("DROP FUNCTION refuse CASCADE"))
        db.commit()
        assert refresh(anyone, pair["refresh_token"]).status == 200


class TestLogout:
    def test_ends_the_family(self, anyone: Client, alice: Person) -> None:
        first = sign_in(anyone).json()["refresh_token"]
        second = refresh(anyone, first).json()["refresh_token"]
        assert (logout(anyone, second).status, logout(anyone, second).body) == (204, b"")
        assert refresh(anyone, second).error == "invalid_refresh_token"

    def test_an_unknown_token_is_204_too(self, anyone: Client) -> None:
        assert logout(anyone, "unknown").status == 204
