"""The database's log lines at LOG_LEVEL=DEBUG."""

import logging
from typing import Any

from shared.database.driver.pipeline import PipelinedConnection
from shared.database.driver.statement_trace import log_round_trips
from shared.runtime.observability import logger
from shared.runtime.settings import settings

import pytest

from tests.support.client import Client


def test_a_network_turn_is_a_line_with_its_statements_and_no_value(
    api: Client, logs: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not settings().pipelines:
        pytest.skip("the driver as it comes logs no round trips")
    monkeypatch.setattr(PipelinedConnection, "after_round_trip", None)
    monkeypatch.setattr(logging.getLogger(logger().name), "level", logging.DEBUG)
    log_round_trips()
    assert api.post("/api/v1/gadgets", json={"name": "a hidden value"}).status == 201
    lines = [line for line in logs if "sql" in line]
    statements = [statement for line in lines for statement in line["sql"]]
    assert statements[0] == "begin transaction"
    assert any(statement.startswith("INSERT INTO gadgets") for statement in statements)
    assert statements[-1] == "commit"
    assert {line["level"] for line in lines} == {"DEBUG"}
    assert "a hidden value" not in str(lines)
