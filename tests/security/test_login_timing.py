"""Unknown, known and imported users cannot be told apart by how long a failed sign-in takes.

Mann-Whitney U over 200 samples of each, taken alternately; run by `make test-all`.
"""

import math
import time
from itertools import combinations

import bcrypt
import pytest

from tests.accounts.conftest import Person, alice, anyone, sign_in
from tests.conftest import NewUser
from tests.support.client import Client

__all__ = ["alice", "anyone"]

pytestmark = pytest.mark.usefixtures("signing_key")

SAMPLES = 200
LIMIT = 4.0  # standard deviations: by chance once in 16,000 runs


def z_score(first: list[float], second: list[float]) -> float:
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks = sum(rank for rank, (_, group) in enumerate(ranked, 1) if group == 0)
    n, m = len(first), len(second)
    u = ranks - n * (n + 1) / 2
    return (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)


def test_the_score_sees_a_difference() -> None:
    assert abs(z_score([1.0 + i / 1000 for i in range(200)], [1.05 + i / 1000 for i in range(200)])) > LIMIT


@pytest.mark.sweep
@pytest.mark.timeout(600)
def test_unknown_argon2_and_imported_users_take_the_same_time(
    anyone: Client, alice: Person, new_user: NewUser
) -> None:
    new_user("imported", password_hash=bcrypt.hashpw(b"imported password", bcrypt.gensalt(8)).decode())

    def seconds(username: str) -> float:
        started = time.perf_counter()
        assert sign_in(anyone, username, "wrong password").status == 401
        return time.perf_counter() - started

    samples: dict[str, list[float]] = {"alice": [], "nobody": [], "imported": []}
    for warm in [False] * 10 + [True] * SAMPLES:
        for username, taken in samples.items():
            duration = seconds(username)
            if warm:
                taken.append(duration)
    for first, second in combinations(samples, 2):
        score = z_score(samples[first], samples[second])
        print(f"login timing, {first} and {second}: z = {score:.2f} over {SAMPLES} samples of each")
        assert abs(score) < LIMIT
