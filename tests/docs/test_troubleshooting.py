"""Each message of docs/troubleshooting.md is one that code, a template or the Makefile has."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import table_rows
from tests.support.client import ROOT

PAGE = ROOT / "docs/troubleshooting.md"
FOLDERS = ("functions", "shared", "infra", "tests/contract")
MESSAGES = [re.fullmatch(r"`(.+)`", row[0])[1] for row in table_rows(PAGE.read_text())]  # type: ignore[index]


def strings(file: Path) -> Iterator[str]:
    """The strings of a module, with … for what a format string puts in."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.JoinedStr(values=values):
                yield "".join(str(each.value) if isinstance(each, ast.Constant) else "…" for each in values)


@cache
def corpus() -> list[str]:
    modules = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    others = [ROOT / "Makefile", ROOT / "template.yaml", *ROOT.glob("infra/stacks/*.yaml")]
    whole = [" ".join(file.read_text().split()) for file in others]
    return [*(text for file in modules for text in strings(file)), *whole]


def is_there(message: str) -> bool:
    pattern = re.compile(".*".join(re.escape(part) for part in message.split("…")))
    return any(pattern.search(text) for text in corpus())


@pytest.mark.parametrize("message", MESSAGES)
def test_the_message_is_there(message: str) -> None:
    assert is_there(message), f"{PAGE.name}: nothing says {message!r}"


def test_a_message_that_nothing_says_is_found() -> None:
    assert is_there("no stack is running with its data in …")
    assert not is_there("no stack is walking with its data in …")


def test_there_are_thirty_of_them_with_a_cause_and_a_fix() -> None:
    assert len(set(MESSAGES)) >= 30
    assert all(len(row) == 3 and all(row) for row in table_rows(PAGE.read_text()))
