"""Attackers with up to three addresses keep no owner out of an account, in a simulated day."""

import pytest

from accounts.sign_in_limits import EXTRA_TRIES
from tests.accounts.lockout import OWNERS, row, simulate
from tests.support.client import ROOT
from tests.support.redis_server import SetEnv

WITHIN_LIMIT = 10 * 24 * 60  # guesses in a day


@pytest.fixture(autouse=True)
def _limited(set_env: SetEnv) -> None:
    set_env(SIGN_IN_RATE_LIMIT="10")


@pytest.mark.parametrize("attackers", [1, 3])
def test_the_owner_gets_in_at_the_first_try(attackers: int) -> None:
    """Also in the hour after the first day."""
    result = simulate(attackers)
    assert result.at_first_try == OWNERS
    assert row(result) in (ROOT / "docs/security.md").read_text()


def test_many_attackers_have_the_extra_tries_of_a_day_and_no_more() -> None:
    result = simulate(100, hours=2)
    assert WITHIN_LIMIT / 12 <= result.guesses <= WITHIN_LIMIT / 12 + 10 + EXTRA_TRIES
    assert 0 < result.at_first_try < OWNERS
