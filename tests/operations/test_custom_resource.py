"""What holds of every custom resource, whatever it does."""

import pytest

from await_discovery import handler
from tests.operations.conftest import CloudFormation
from tests.support.metrics import alarms_rung


def test_a_failure_is_counted_where_its_alarm_looks(
    cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STAGE", "staging")
    assert cloudformation.call(handler, "Create", Issuer="no url")["Status"] == "FAILED"  # nor keys
    assert alarms_rung(capfd.readouterr().out, "staging") == ["DeploymentFailures"]
    assert cloudformation.call(handler, "Delete", Issuer="no url")["Status"] == "SUCCESS"
    assert alarms_rung(capfd.readouterr().out, "staging") == []
