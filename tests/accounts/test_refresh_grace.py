"""A lost answer and a second tab: a token that was just spent gives another pair, within bounds."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from shared.identity.keys import FILE
from shared.models.sign_in import RefreshFamily, RefreshToken

import pytest
import sqlalchemy as sa

from accounts import sign_in_sessions
from infra.local.postgres import Cluster
from tests.accounts.conftest import Person, bearer, refresh, sign_in
from tests.accounts.environments import Environment
from tests.accounts.test_refresh import later
from tests.support.client import Client

ROUNDS = 1000


@pytest.fixture
def token(anyone: Client, alice: Person) -> str:
    return sign_in(anyone).json()["refresh_token"]


def successor(anyone: Client, token: str) -> str:
    answer = refresh(anyone, token)
    assert answer.status == 200, answer.body
    return answer.json()["refresh_token"]


def has_ended(db: sa.Connection) -> bool:
    ended = db.scalar(sa.text("SELECT revoked_at IS NOT NULL FROM refresh_families"))
    db.rollback()
    return bool(ended)


def gives_three_pairs_in_all(anyone: Client, token: str, db: sa.Connection) -> None:
    successors = {successor(anyone, token) for _ in range(3)}
    assert len(successors) == 3
    assert not has_ended(db)
    assert refresh(anyone, token).error == "invalid_refresh_token"
    assert has_ended(db)


def spending_one_successor_spends_all(anyone: Client, token: str, db: sa.Connection) -> None:
    first, second = successor(anyone, token), successor(anyone, token)
    successor(anyone, first)
    later(db, "11 seconds")
    assert refresh(anyone, second).error == "invalid_refresh_token"
    assert has_ended(db)


def ends_once_a_successor_is_spent(anyone: Client, token: str, db: sa.Connection) -> None:
    successor(anyone, successor(anyone, token))
    assert refresh(anyone, token).error == "invalid_refresh_token"
    assert has_ended(db)


type Rule = Callable[[Client, str, sa.Connection], None]

RULES: list[Rule] = [
    gives_three_pairs_in_all,
    spending_one_successor_spends_all,
    ends_once_a_successor_is_spent,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_spent_token(anyone: Client, token: str, db: sa.Connection, rule: Rule) -> None:
    rule(anyone, token, db)


@pytest.mark.parametrize(
    ("condition", "mutant", "rule"),
    [
        ("_IS_UNSPENT", RefreshToken.spent_at.is_(None), spending_one_successor_spends_all),
        ("_MAY_REPEAT", RefreshFamily.tokens < sign_in_sessions.MAX_PAIRS, ends_once_a_successor_is_spent),
        (
            "_MAY_REPEAT",
            RefreshToken.generation == RefreshFamily.generation - 1,
            gives_three_pairs_in_all,
        ),
    ],
    ids=["without the generation rule", "without the successors' state", "without the bound"],
)
def test_the_rules_see_what_they_forbid(
    anyone: Client, token: str, db: sa.Connection, monkeypatch: pytest.MonkeyPatch,
    condition: str, mutant: sa.ColumnElement[bool], rule: Rule,
) -> None:  # fmt: skip
    monkeypatch.setattr(sign_in_sessions, condition, mutant)
    with pytest.raises(AssertionError):
        rule(anyone, token, db)


def test_a_repeat_within_10_s_leaves_the_session_and_its_grace_as_they_are(
    anyone: Client, token: str, db: sa.Connection
) -> None:
    successor(anyone, token)
    later(db, "9 seconds")
    second = successor(anyone, token)
    later(db, "2 seconds")  # 11 since it was spent
    assert successor(anyone, second)


def test_a_repeat_after_10_s_ends_the_session_though_another_came_before(
    anyone: Client, token: str, db: sa.Connection
) -> None:
    successor(anyone, token)
    later(db, "9 seconds")
    successor(anyone, token)
    later(db, "2 seconds")
    assert refresh(anyone, token).error == "invalid_refresh_token"
    assert has_ended(db)


def test_two_tabs_go_on_side_by_side(anyone: Client, token: str, db: sa.Connection) -> None:
    first = second = token
    for _ in range(3):
        first, second = successor(anyone, first), successor(anyone, second)
        later(db, "30 minutes")
    assert not has_ended(db)


class TestTokensOfTheReleaseBefore:
    """They have no generation; a deployment and its rollback must not end a session."""

    def forget_generations(self, db: sa.Connection) -> None:
        db.execute(sa.text("UPDATE refresh_tokens SET generation = NULL WHERE spent_at IS NULL"))
        db.commit()

    def test_are_spent_and_repeated_alike(self, anyone: Client, token: str, db: sa.Connection) -> None:
        self.forget_generations(db)
        gives_three_pairs_in_all(anyone, token, db)

    def test_are_good_among_later_generations(self, anyone: Client, token: str, db: sa.Connection) -> None:
        for _ in range(3):
            token = successor(anyone, token)
            self.forget_generations(db)
        spending_one_successor_spends_all(anyone, token, db)


@pytest.fixture(scope="module")
def environments(cluster: Cluster, key_file: Path) -> Iterator[list[Environment]]:
    running = [Environment({"SIGNING_KEY": f"{FILE}{key_file}"}) for _ in range(2)]
    yield running
    for each in running:
        each.stop()


@pytest.mark.sweep
@pytest.mark.timeout(600)
def test_two_refreshes_at_once_give_two_pairs_of_one_session_a_thousand_times(
    anyone: Client, token: str, db: sa.Connection, environments: list[Environment]
) -> None:
    """Each round begins with another successor of the round before; both are spent by either's use."""
    clients, barrier = [each.serve(anyone) for each in environments], Barrier(2)

    def at_once(place: int, token: str) -> dict[str, str]:
        barrier.wait(30)
        answer = refresh(clients[place], token)
        assert answer.status == 200, answer.body
        return answer.json()

    tokens, sessions = [token, token], set[str]()
    with ThreadPoolExecutor(2) as threads:
        for number in range(ROUNDS):
            pairs = list(threads.map(at_once, range(2), tokens))
            sessions |= {(bearer(pair).claims or {})["sid"] for pair in pairs}
            tokens = [pair["refresh_token"] for pair in pairs]
            if number % 2:
                tokens = [tokens[0]] * 2  # as two tabs that share a store
    assert len(sessions) == 1 and not has_ended(db)
    counts = "SELECT generation, count(*) FROM refresh_tokens GROUP BY 1 ORDER BY 1"
    assert [count for _, count in db.execute(sa.text(counts)).all()] == [1] + [2] * ROUNDS
