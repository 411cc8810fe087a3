"""What goes wrong at sign-in is counted under the name and the dimensions that the alarm looks at."""

from shared.identity import keys

import pytest
import sqlalchemy as sa
from moto import mock_aws

from tests.accounts.conftest import Person, refresh, sign_in
from tests.accounts.test_refresh import later
from tests.client import Client
from tests.conftest import forget_keys
from tests.metrics import alarms_rung

STAGE = "local"  # where the environment names none


def test_a_failed_sign_in(anyone: Client, capfd: pytest.CaptureFixture[str]) -> None:
    sign_in(anyone, "nobody")
    sign_in(anyone, "nobody")  # the stage is among the dimensions of every invocation
    first, second = (line for line in capfd.readouterr().out.splitlines() if '"_aws"' in line)
    assert alarms_rung(first, STAGE) == alarms_rung(second, STAGE) == ["FailedSignIns"]
    assert alarms_rung(first, "prod") == []


def test_a_refresh_token_used_again(
    anyone: Client, alice: Person, db: sa.Connection, capfd: pytest.CaptureFixture[str]
) -> None:
    pair = sign_in(anyone).json()
    refresh(anyone, pair["refresh_token"])
    later(db, "11 seconds")
    assert alarms_rung(capfd.readouterr().out, STAGE) == []
    refresh(anyone, pair["refresh_token"])
    assert alarms_rung(capfd.readouterr().out, STAGE) == ["RefreshTokenReuse"]


def test_a_key_that_does_not_sign(
    anyone: Client, alice: Person, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("SIGNING_KEY", "alias/none")
    forget_keys()
    with mock_aws():
        assert sign_in(anyone).status == 503
    keys._kms.cache_clear()
    assert alarms_rung(capfd.readouterr().out, STAGE) == ["SigningErrors"]
