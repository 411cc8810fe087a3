"""`make deploy` says what a new stage costs, and where, before it makes anything."""

import re
import sys
from types import SimpleNamespace
from typing import Any

from shared.runtime.product import NAME

import pytest

from infra.tools.deployment import deploy
from infra.tools.deployment.samconfig import Configuration, configuration
from tests.support.client import ROOT


class Account:
    """A session's, which knows its number and its region."""

    region_name = "eu-north-1"

    def client(self, service: str) -> Any:
        assert service == "sts"
        return SimpleNamespace(get_caller_identity=lambda: {"Account": "123456789012"})


def stage(monkeypatch: pytest.MonkeyPatch, name: str) -> Configuration:
    monkeypatch.setattr(Configuration, "session", lambda self: Account())
    return configuration(name, ROOT / "samconfig.toml")


@pytest.mark.parametrize(("answer", "agrees"), [("y", True), ("yes ", True), ("", False), ("n", False)])
def test_an_operator_is_asked_with_what_it_costs_and_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, agrees: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert deploy.agreed(stage(monkeypatch, "default")) == agrees
    said = capsys.readouterr().out
    assert said.startswith(f"{NAME}-dev is new: this creates it in account 123456789012, eu-north-1.")


def test_a_pipeline_is_told_and_not_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))
    assert deploy.agreed(stage(monkeypatch, "prod"))
    assert f"{NAME}-prod is new" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "column"), [("default", 1), ("staging", 2), ("prod", 3)])
def test_the_cost_is_the_documents_own(name: str, column: int) -> None:
    page = (ROOT / "docs/scale-and-cost.md").read_text()
    row = re.findall(r"^\| \*\*a month\*\* \|.*$", page, re.MULTILINE)[0]
    documented = row.split("|")[column + 1].strip(" *")
    assert f"{deploy.idle_cost(name):.0f}" == documented
