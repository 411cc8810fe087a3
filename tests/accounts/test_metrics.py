"""What goes wrong at sign-in is counted under the name and the dimensions that the alarm looks at."""

from shared.identity import keys
from shared.runtime.product import NAME

import pytest
import sqlalchemy as sa
from moto import mock_aws

from accounts import password_sign_in
from tests.accounts.conftest import Person, refresh, sign_in
from tests.accounts.test_refresh import later
from tests.conftest import forget_keys
from tests.infra.test_template import translated
from tests.support.client import ROOT, Client
from tests.support.metrics import Counted, alarms_rung, counted

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


def test_a_5xx_is_counted_for_the_release(
    anyone: Client, alice: Person, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where the alarm of infra/stacks/release.yaml looks, which a canary stops at."""
    alarm = translated(ROOT / "infra/stacks/release.yaml")["ServerErrors"]["Properties"]
    values = {"service": NAME, "stage": "local", "release": "unstamped"}
    assert {each["Name"] for each in alarm["Dimensions"]} == set(values)
    monkeypatch.setattr(password_sign_in, "verify_at_sign_in", None)
    assert sign_in(anyone).status == 500
    expected = Counted(alarm["Namespace"], alarm["MetricName"], tuple(sorted(values.items())))
    assert list(counted(capfd.readouterr().out)) == [expected]
