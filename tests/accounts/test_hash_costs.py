"""The cost of a sign-in distinguishes no users: one argon2 and, while imported users remain, their bcrypt."""

import shlex
import subprocess
import sys
from collections.abc import Callable

import bcrypt
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from tests.accounts.conftest import PASSWORD, Person, sign_in
from tests.conftest import NewUser
from tests.support.client import ROOT, Client

type Hashes = list[str]


def imported(cost: int) -> str:
    return bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(cost)).decode()


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Hashes:
    """The hashes that were computed, by name; bcrypt's with their cost."""
    computed: Hashes = []

    def note(owner: object, name: str, shown: Callable[..., str]) -> None:
        real = getattr(owner, name)

        def noted(*arguments: object) -> object:
            computed.append(shown(*arguments))
            return real(*arguments)

        monkeypatch.setattr(owner, name, noted)

    note(PasswordHasher, "hash", lambda *_: "argon2")
    note(PasswordHasher, "verify", lambda *_: "argon2")
    note(bcrypt, "checkpw", lambda _, hashed: f"bcrypt {int(hashed[4:6])}")
    return computed


def of(hashes: Hashes, anyone: Client, username: str, password: str = "wrong password") -> Hashes:
    hashes.clear()
    sign_in(anyone, username, password)
    return sorted(hashes)


@pytest.fixture
def people(anyone: Client, alice: Person, new_user: NewUser) -> None:
    """alice has an argon2 hash, demo none; nobody is not there."""
    new_user("demo")


def test_without_imported_users_it_is_one_argon2(anyone: Client, people: None, hashes: Hashes) -> None:
    for username in ("alice", "demo", "nobody"):
        assert of(hashes, anyone, username) == ["argon2"], username
    assert of(hashes, anyone, "alice", PASSWORD) == ["argon2"]


def test_with_one_everybody_pays_for_its_bcrypt_until_it_signs_in(
    anyone: Client, people: None, new_user: NewUser, hashes: Hashes
) -> None:
    new_user("imported", password_hash=imported(5))
    for username in ("alice", "demo", "nobody", "imported"):
        assert of(hashes, anyone, username) == ["argon2", "bcrypt 5"], username
    assert of(hashes, anyone, "alice", PASSWORD) == ["argon2", "bcrypt 5"]
    assert of(hashes, anyone, "imported", PASSWORD) == ["argon2", "bcrypt 5"]
    assert of(hashes, anyone, "imported", PASSWORD) == ["argon2"]
    assert of(hashes, anyone, "nobody") == ["argon2"]


def test_of_several_costs_everybody_pays_the_highest(
    anyone: Client, people: None, new_user: NewUser, hashes: Hashes
) -> None:
    for cost in (4, 5, 7):
        new_user(f"cost{cost}", password_hash=imported(cost))
    assert of(hashes, anyone, "nobody") == ["argon2", "bcrypt 7"]
    for cost in (4, 5, 7):
        paid = of(hashes, anyone, f"cost{cost}")
        assert sum(2 ** int(each.split()[1]) for each in paid if each != "argon2") == 2**7
        assert paid.count("argon2") == 1


def test_a_text_that_normalizing_changes_costs_everybody_twice(
    anyone: Client, people: None, new_user: NewUser, hashes: Hashes
) -> None:
    text = "caf\u00e9 cafe\u0301"
    for username in ("alice", "demo", "nobody"):
        assert of(hashes, anyone, username, text) == ["argon2"] * 2, username
    for cost in (4, 6):
        new_user(f"cost{cost}", password_hash=imported(cost))
    for username in ("alice", "demo", "nobody", "cost6"):
        assert of(hashes, anyone, username, text) == ["argon2"] * 2 + ["bcrypt 6"] * 2, username
    paid = of(hashes, anyone, "cost4", text)
    assert sum(2 ** int(each.split()[1]) for each in paid if each != "argon2") == 2 * 2**6
    assert paid.count("argon2") == 2


@pytest.mark.parametrize("malformed", ["$2", "$2b$zz$" + "x" * 53, "$2b$05$short", "md5", ""])
def test_a_malformed_hash_is_nobodys_password_and_stops_nobody(
    anyone: Client, people: None, new_user: NewUser, malformed: str
) -> None:
    new_user("broken", password_hash=malformed)
    assert sign_in(anyone, "broken").status == 401
    assert sign_in(anyone, "alice").status == 200


def documented(beginning: str) -> str:
    """The one command of the operator's documents that begins so."""
    lines = (ROOT / "docs/run.md").read_text().splitlines()
    [command] = [line.strip() for line in lines if line.startswith(f"    {beginning}")]
    return command


def test_the_documented_cut_off_ends_it_and_a_password_set_anew_signs_in(
    anyone: Client, people: None, new_user: NewUser, db: sa.Connection, hashes: Hashes
) -> None:
    new_user("imported", password_hash=imported(5))
    db.execute(sa.text(documented("UPDATE users SET password_hash = NULL")))
    db.commit()
    assert sign_in(anyone, "imported").status == 401
    assert sign_in(anyone, "alice").status == 200
    assert of(hashes, anyone, "nobody") == ["argon2"]

    command = documented("PYTHONPATH=.:functions").replace(".venv/bin/python", shlex.quote(sys.executable))
    made = subprocess.run(command, shell=True, cwd=ROOT, input="set anew\n", capture_output=True, text=True)
    anew = {"hash": made.stdout.strip()}
    db.execute(sa.text("UPDATE users SET password_hash = :hash WHERE username = 'imported'"), anew)
    db.commit()
    assert sign_in(anyone, "imported", "set anew").status == 200


def test_a_sign_in_reads_users_by_index_alone(
    anyone: Client, db: sa.Connection, statements: list[tuple[str, tuple[object, ...]]]
) -> None:
    db.execute(
        sa.text(
            "INSERT INTO users (username, username_key, email_key, password_hash)"
            " SELECT 'u' || n, 'u' || n, 'u' || n || '@example.com', '$argon2id$' || n"
            " FROM generate_series(1, 20000) n"
        )
    )
    db.commit()
    db.execute(sa.text("ANALYZE users"))
    db.commit()
    for imports in (False, True):
        if imports:
            db.execute(sa.text("UPDATE users SET password_hash = :hash WHERE id = 7"), {"hash": imported(4)})
            db.commit()
        for name in ("nobody", "nobody@example.com"):
            statements.clear()
            sign_in(anyone, name)
            [(statement, parameters), _] = statements  # the other one records the failure
            plan = db.connection.cursor()
            plan.execute(f"EXPLAIN {statement}", parameters)
            text = "\n".join(row[0] for row in plan.fetchall())
            assert "ix_users_imported_cost" in text, text
            assert "Seq Scan" not in text, text


def test_its_reading_is_one_statement(
    anyone: Client, alice: Person, statements: list[tuple[str, tuple[object, ...]]]
) -> None:
    sign_in(anyone, "alice", "wrong password")
    assert [statement.split()[0] for statement, _ in statements] == ["SELECT", "INSERT"]
