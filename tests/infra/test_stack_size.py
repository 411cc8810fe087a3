"""`make check` counts the main stack's resources, and stops while there is room to act."""

import re
from pathlib import Path

import pytest

from infra.tools.development.stack_size import LIMIT, MAIN, MOST, resources, verdict
from tests.support.client import ROOT

ROUTE = """
  AnotherFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: meta.another.handler
      Role: !GetAtt Roles.Outputs.MetaRole
      Events:
        Route:
          Type: HttpApi
          Properties: {ApiId: !Ref Api, Method: GET, Path: /another}
"""


def test_the_stack_has_room_and_a_route_takes_what_the_document_says(tmp_path: Path) -> None:
    assert resources() < MOST < LIMIT
    larger = tmp_path / "template.yaml"
    larger.write_text(re.sub(r"\nOutputs:", lambda found: ROUTE + found[0], MAIN.read_text()))
    taken = resources(larger) - resources()
    assert f"A new route takes {taken} resources" in (ROOT / "docs/run.md").read_text()


def test_a_nested_stack_counts_too(tmp_path: Path) -> None:
    smaller = tmp_path / "template.yaml"
    text = re.sub(r"\n  Wake:\n.*?\n\n", "\n", MAIN.read_text(), flags=re.DOTALL)
    smaller.write_text(text)
    assert resources(smaller) == resources() - 1


def test_a_full_stack_stops_the_check_with_what_to_do() -> None:
    assert verdict(MOST - 1) == f"stack       {MOST - 1} of CloudFormation's 500 resources"
    with pytest.raises(
        SystemExit, match=r"450 of CloudFormation's 500 resources.*\"When the stack is full\""
    ):
        verdict(MOST)
    assert "## When the stack is full" in (ROOT / "docs/run.md").read_text()
