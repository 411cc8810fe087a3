"""Pauses between tries of a server that fails."""

from shared.runtime import backoff, snapshot
from shared.runtime.backoff import Backoff

import pytest


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(backoff.time, "monotonic", lambda: now[0])
    return now


def test_each_failure_doubles_the_pause_up_to_the_longest(clock: list[float]) -> None:
    tries = Backoff()
    for pause in (1, 2, 4, 8, 16, 30, 30):
        assert tries.is_over
        tries.note_failure()
        clock[0] += pause - 0.1
        assert tries.has_failed and not tries.is_over
        clock[0] += 0.1


def test_an_answer_ends_it(clock: list[float]) -> None:
    tries = Backoff()
    for _ in range(4):
        tries.note_failure()
    tries.note_answer()
    assert tries.is_over and not tries.has_failed
    tries.note_failure()
    clock[0] += 1
    assert tries.is_over


def test_a_restored_environment_tries_at_once(clock: list[float]) -> None:
    tries = Backoff()
    tries.note_failure()
    clock[0] = 0.0  # the clock of another machine
    snapshot._call(snapshot._after_restore)
    assert tries.is_over and not tries.has_failed
