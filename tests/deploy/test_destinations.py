"""ministack hands the record of an asynchronous call to the function's destination, as the jobs need."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.local.postgres import free_port
from tests.deploy.environment import REGION
from tests.deploy.running import MINISTACK, ministack

CODE = """
import json

def work(event, context):
    if event.get("fails"):
        raise ValueError("on purpose")
    return {"worked": True}

def keep(event, context):
    with open(FILE, "w") as file:
        json.dump(event, file)
"""


@pytest.fixture
def functions(tmp_path: Path) -> Iterator[Any]:
    assert MINISTACK.exists(), "ministack is not installed: make test-slow"
    port = free_port()
    with ministack(tmp_path, port, ""):
        yield boto3.client(
            "lambda",
            region_name=REGION,
            endpoint_url=f"http://127.0.0.1:{port}",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


def make(functions: Any, name: str, handler: str, file: Path) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("code_of_it.py", f"FILE = {str(file)!r}\n{CODE}")
    made = functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/x",
        Handler=f"code_of_it.{handler}",
        Code={"ZipFile": packed.getvalue()},
        Timeout=30,
    )
    return str(made["FunctionArn"])


@pytest.mark.slow
@pytest.mark.parametrize("fails", [False, True])
def test_the_record_of_a_call(functions: Any, tmp_path: Path, fails: bool) -> None:
    file = tmp_path / "record"
    arn = make(functions, "work", "work", file)
    destination = {"Destination": make(functions, "keep", "keep", file)}
    functions.put_function_event_invoke_config(
        FunctionName="work",
        MaximumRetryAttempts=0,
        MaximumEventAgeInSeconds=60,
        DestinationConfig={"OnFailure" if fails else "OnSuccess": destination},
    )
    event = {"fails": fails}
    functions.invoke(FunctionName="work", InvocationType="Event", Payload=json.dumps(event))
    deadline = time.monotonic() + 60
    while not (file.exists() and file.read_text().endswith("}")):
        assert time.monotonic() < deadline, (tmp_path / "ministack.log").read_text()
        time.sleep(0.1)
    record = json.loads(file.read_text())
    assert record["requestContext"]["functionArn"] == f"{arn}:$LATEST"
    assert record["requestContext"]["condition"] == ("RetriesExhausted" if fails else "Success")
    assert record["requestPayload"] == event
    assert record["responseContext"].get("functionError") == ("Unhandled" if fails else None)
    if fails:
        assert record["responsePayload"]["errorMessage"] == "on purpose"
    else:
        assert record["responsePayload"] == {"worked": True}
