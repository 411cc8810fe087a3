"""A function's destinations get the record of an asynchronous invocation.

Source: AWS Lambda developer guide, "Retaining records of asynchronous invocations".
"""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.emulator.destinations import invoke_async
from infra.emulator.model import Template
from infra.emulator.python import Python
from infra.emulator.runtime import Runtime
from infra.emulator.template import load
from infra.emulator.worker_limits import machine_limits

CODE = """
import json, os, pathlib

def work(event, context):
    if event["fails"]:
        raise ValueError("on purpose")
    return {"worked": True}

def keep(event, context):
    (pathlib.Path(os.environ["FOLDER"]) / context.function_name).write_text(json.dumps(event))
"""
FUNCTION = """
  {name}:
    Type: AWS::Serverless::Function
    Properties: {{Handler: code.{handler}, Runtime: python3.13, CodeUri: code/, Timeout: 20{more}}}
"""
DESTINATIONS = "OnSuccess: {Type: Lambda, Destination: !GetAtt Succeeded.Arn}"
DESTINATIONS += ", OnFailure: {Type: Lambda, Destination: !GetAtt Failed.Arn}"
RAW = """
  Calls:
    Type: AWS::Lambda::EventInvokeConfig
    Properties:
      FunctionName: !Ref Work
      Qualifier: $LATEST
      DestinationConfig: !If
        - Here
        - {OnSuccess: {Destination: !GetAtt Succeeded.Arn}, OnFailure: {Destination: !GetAtt Failed.Arn}}
        - !Ref AWS::NoValue
"""


@pytest.fixture(params=["of SAM's property", "of a resource under a condition"])
def template(request: pytest.FixtureRequest, tmp_path: Path) -> Template:
    (tmp_path / "code").mkdir()
    (tmp_path / "code/code.py").write_text(CODE)
    is_property = "property" in request.param
    given = f", EventInvokeConfig: {{DestinationConfig: {{{DESTINATIONS}}}}}" if is_property else ""
    functions = FUNCTION.format(name="Work", handler="work", more=given)
    for each in ("Succeeded", "Failed"):
        functions += FUNCTION.format(name=each, handler="keep", more="")
    head = "Transform: AWS::Serverless-2016-10-31\nConditions: {Here: !Equals [a, a]}\nResources:\n"
    (tmp_path / "template.yaml").write_text(head + functions + ("" if is_property else RAW))
    return load(tmp_path / "template.yaml", "", {"FOLDER": str(tmp_path)}, {})


async def call(template: Template, event: Any) -> None:
    runtime = Runtime(lambda *_: None, Python(), machine_limits())
    await runtime.start()
    try:
        await invoke_async(runtime, template.functions, template.functions["Work"], event)
    finally:
        await runtime.stop()


def test_the_record_of_a_success(template: Template, tmp_path: Path) -> None:
    asyncio.run(call(template, {"fails": False}), loop_factory=asyncio.new_event_loop)
    record = json.loads((tmp_path / "Succeeded").read_text())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record.pop("timestamp"))
    assert record["requestContext"].pop("requestId")
    assert record == {
        "version": "1.0",
        "requestContext": {
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:Work:$LATEST",
            "condition": "Success",
            "approximateInvokeCount": 1,
        },
        "requestPayload": {"fails": False},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
        "responsePayload": {"worked": True},
    }
    assert not (tmp_path / "Failed").exists()


def test_the_record_of_a_failure(template: Template, tmp_path: Path) -> None:
    asyncio.run(call(template, {"fails": True}), loop_factory=asyncio.new_event_loop)
    record = json.loads((tmp_path / "Failed").read_text())
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorMessage"] == "on purpose"
    assert record["requestPayload"] == {"fails": True}
    assert not (tmp_path / "Succeeded").exists()
