"""Round trips that are saved, and the driver version that the pipeline is written for."""

import hashlib
import inspect
from typing import Any

from shared.database.driver.pipeline import connect
from shared.runtime.product import IDENTIFIER

import pg8000.core
import pg8000.legacy
import pytest
import sqlalchemy as sa

from infra.deployed.migrations.bootstrap import APP_ROLE
from infra.local.postgres import Cluster
from tests.integration.pipeline.queries import ask
from tests.integration.wire import Recorder


def test_a_transaction_that_sent_nothing_takes_no_turn(
    cluster: Cluster, recorder: Recorder, rows: sa.Connection
) -> None:
    direct = connect(
        user=APP_ROLE, host="127.0.0.1", port=recorder.port, password=cluster.app_password,
        database=IDENTIFIER, ssl_context=False,
    )  # fmt: skip
    before = recorder.round_trips
    direct.rollback()
    direct.commit()
    direct.deferred = True
    ask(direct, "INSERT INTO rows VALUES (1, %s)", "first")
    direct.rollback()
    assert recorder.round_trips == before
    direct.close()


DRIVER = {
    pg8000.core.CoreConnection.__init__: "c9557d9f5d4a0fb2",
    pg8000.core.CoreConnection.execute_simple: "57ca4e0354186ded",
    pg8000.core.CoreConnection.execute_unnamed: "2e8af5bad64b6640",
    pg8000.core.CoreConnection.send_PARSE: "8de25ddc1da6f52e",
    pg8000.core.CoreConnection.send_BIND: "f817ecd2ddfdd0db",
    pg8000.core.CoreConnection.handle_messages: "f3450a3764f06985",
    pg8000.core.CoreConnection.handle_READY_FOR_QUERY: "755520a156c276df",
    pg8000.core.CoreConnection.handle_COMMAND_COMPLETE: "dead6eaa3e83cf76",
    pg8000.core.CoreConnection.handle_ERROR_RESPONSE: "6affcef53c8b6d7a",
    pg8000.core.CoreConnection.close: "9383ab7e1e4dd3f6",
    pg8000.core.Context: "ab6a35f50b877f0a",
    pg8000.core._create_message: "20cca30829af68d8",
    pg8000.core._flush: "8ea5fbe2b4f76853",
    pg8000.core._write: "5b99b3248c8fd43a",
    pg8000.core._make_socket: "fa264fcc422f6553",
    pg8000.legacy.Cursor.execute: "54009f088e6f2b90",
    pg8000.legacy.Connection.__init__: "fae169a9c1b94806",
    pg8000.legacy.Connection.commit: "33f87e623209f788",
    pg8000.legacy.Connection.rollback: "b6d214b8281a8452",
}


@pytest.mark.parametrize("part", DRIVER, ids=lambda part: part.__qualname__)
def test_the_driver_is_the_one_that_was_read(part: Any) -> None:
    """Where this fails the driver has changed: read it and `pipeline.py` again, then note the hash."""
    assert hashlib.sha256(inspect.getsource(part).encode()).hexdigest()[:16] == DRIVER[part]
