"""E-mail addresses are compared by the folded local part and the domain's A-label."""

from collections.abc import Iterator

from shared.identity.users import email_key

import idna
import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infra.deployed.migrations import in_words, upgrade
from infra.local.postgres import Cluster
from tests.accounts.conftest import PASSWORD, Person, move, registration
from tests.support.client import Answer, Client

SPELLINGS = [
    "u@xn--bcher-kva.com",
    "u@bücher.com",
    "U@BÜCHER.com",
    "u@XN--BCHER-KVA.COM",
    "u@bu\u0308cher。com",
]


def log_in(anyone: Client, email: str) -> Answer:
    return anyone.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD})


def test_is_the_local_part_folded_and_the_domain_in_ascii() -> None:
    assert email_key("Straße@Bücher.COM") == "strasse@xn--bcher-kva.com"


@pytest.mark.parametrize("registered", SPELLINGS[:4])
def test_an_address_signs_in_by_every_spelling(anyone: Client, registered: str) -> None:
    made = anyone.post("/api/v1/auth/register", json=registration(email=registered))
    assert made.status == 201, made.body
    for spelling in [*SPELLINGS, made.json()["email"]]:
        assert log_in(anyone, spelling).status == 200, spelling
        taken = registration(username="other", email=spelling.replace("。", "."))
        assert anyone.post("/api/v1/auth/register", json=taken).error == "email_exists"


def test_domains_that_idna_2008_tells_apart_are_two_addresses(anyone: Client) -> None:
    for username, email in (("first", "u@faß.de"), ("second", "u@fass.de")):
        body = registration(username=username, email=email, password=f"password of {username}")
        assert anyone.post("/api/v1/auth/register", json=body).status == 201
    for username, email in (("first", "u@FAẞ.de"), ("second", "u@FASS.de")):
        body = {"email": email, "password": f"password of {username}"}
        assert anyone.post("/api/v1/auth/login", json=body).status == 200


def test_a_changed_address_signs_in_by_every_spelling(
    anyone: Client, alice: Person, db: sa.Connection
) -> None:
    move(db, alice, SPELLINGS[0])
    for spelling in SPELLINGS:
        assert log_in(anyone, spelling).status == 200


@pytest.mark.parametrize(
    "malformed",
    [
        "alice",
        "@",
        "a@",
        "@b",
        "a@b@c",
        "a@b..c",
        "a@.",
        "a@-b.c",
        "a@xn--a",
        "a@xn--\xff",
        "\uff20",
        "a@" + "b" * 252,
    ],
)
def test_a_malformed_address_is_nobodys(anyone: Client, alice: Person, malformed: str) -> None:
    answer = log_in(anyone, malformed)
    assert (answer.status, answer.error) == (401, "invalid_credentials")


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
@example("xn--")
@example("\u0345@\u0345")
def test_every_text_has_a_key(text: str) -> None:
    key = email_key(text)
    assert "@" in key


@settings(deadline=None)
@given(st.from_regex(r"[A-Za-z0-9.-]{1,40}", fullmatch=True))
def test_a_domain_in_ascii_has_the_key_that_idna_gives_it(domain: str) -> None:
    try:
        label = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        label = domain.lower()
    assert email_key(f"u@{domain}") == f"u@{label}"


@pytest.fixture
def before(cluster: Cluster) -> Iterator[sa.Engine]:
    """A database at the revision before addresses had these keys."""
    admin = sa.create_engine(cluster.owner_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    url = cluster.owner_url.rpartition("/")[0] + "/email_keys"
    with admin.connect() as db:
        db.execute(sa.text("CREATE DATABASE email_keys"))
        upgrade(url, "0003")
        yield sa.create_engine(url, poolclass=sa.NullPool)
        db.execute(sa.text("DROP DATABASE email_keys"))


def insert(engine: sa.Engine, users: dict[str, str]) -> None:
    """Users by their address, with the key that they had."""
    statement = sa.text(
        "INSERT INTO users (username, username_key, email, email_key) VALUES (:k, :k, :e, :k)"
    )
    with engine.begin() as db:
        db.execute(statement, [{"e": email, "k": key} for email, key in users.items()])


def url_of(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def test_stored_keys_are_recomputed(before: sa.Engine) -> None:
    insert(
        before, {"A@faß.de": "a@fass.de", "b@bücher.com": "b@bücher.com", "c@example.com": "c@example.com"}
    )
    upgrade(url_of(before), "0004")
    with before.connect() as db:
        kept = dict(tuple(row) for row in db.execute(sa.text("SELECT email, email_key FROM users")))
    assert kept == {email: email_key(email) for email in kept}
    assert kept["A@faß.de"] == "a@xn--fa-hia.de"


def test_addresses_that_collide_are_named_by_their_rows(before: sa.Engine) -> None:
    insert(
        before,
        {"u@bücher.com": "u@bücher.com", "x@a.com": "x@a.com", "u@xn--bcher-kva.com": "u@xn--bcher-kva.com"},
    )
    with pytest.raises(
        ValueError, match="Users with one e-mail address, differently spelt: 1 and 3\\."
    ) as refused:
        upgrade(url_of(before), "0004")
    assert "bcher" not in in_words(refused.value)  # it goes into the stack's events
    with before.connect() as db:
        assert db.scalar(sa.text("SELECT version_num FROM alembic_version")) == "0003"


def test_sessions_of_inactive_users_end(before: sa.Engine) -> None:
    insert(before, {"a@example.com": "a@example.com", "b@example.com": "b@example.com"})
    with before.begin() as db:
        db.execute(sa.text("UPDATE users SET is_active = false WHERE id = 1"))
        db.execute(sa.text("INSERT INTO refresh_families (user_id, expires_at) SELECT id, now() FROM users"))
    upgrade(url_of(before), "0004")
    with before.connect() as db:
        live = sa.text("SELECT user_id FROM refresh_families WHERE revoked_at IS NULL")
        assert db.scalars(live).all() == [2]
