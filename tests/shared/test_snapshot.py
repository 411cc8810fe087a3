"""SnapStart: what was true when the snapshot was taken is not carried into those restored from it."""

import importlib
import random
import sys
from collections.abc import Callable
from types import ModuleType

from shared.database.driver import iam_auth
from shared.runtime import request_signing

import pytest
import sqlalchemy as sa

from infra.deployed.migrations.bootstrap import APP_ROLE
from tests.sample import get_gadget
from tests.support.client import Client

APP = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{APP_ROLE}'"


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], None]]:
    """What the functions register with the runtime's module, which is there in Lambda only."""
    registered: dict[str, Callable[[], None]] = {}
    runtime = ModuleType("snapshot_restore_py")
    runtime.register_before_snapshot = lambda hook: registered.update(before=hook)
    runtime.register_after_restore = lambda hook: registered.update(after=hook)
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", runtime)
    importlib.reload(get_gadget)
    return registered


def test_a_snapshot_holds_no_connection_and_a_restored_function_makes_its_own(
    api: Client, db: sa.Connection, hooks: dict[str, Callable[[], None]]
) -> None:
    api.get("/api/v1/gadgets/1")
    assert db.scalar(sa.text(APP)) >= 1
    hooks["before"]()
    db.rollback()
    while db.scalar(sa.text(APP)):  # a server takes a moment to see its client go
        db.rollback()
    hooks["after"]()
    assert api.get("/api/v1/gadgets/1").status == 404


def test_functions_restored_from_one_snapshot_draw_different_numbers(
    hooks: dict[str, Callable[[], None]],
) -> None:
    state = random.getstate()
    drawn = []
    for _ in range(2):
        random.setstate(state)
        hooks["after"]()
        drawn.append(random.random())
    assert drawn[0] != drawn[1]


def test_credentials_of_the_snapshot_are_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, hooks: dict[str, Callable[[], None]]
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    request_signing.forget_credentials()
    for key in ("AKIDSNAPSHOT", "AKIDRESTORED"):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        hooks["after"]()
        assert f"Credential={key}" in iam_auth.auth_token("host", 5432, "user")
    request_signing.forget_credentials()
