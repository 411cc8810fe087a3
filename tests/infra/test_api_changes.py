"""Changes that break a client are reported, others are not, and the changelog has to name them."""

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.tools.openapi.__main__ import written
from infra.tools.openapi.breaking import Documents
from infra.tools.openapi.document import make_document
from tests.support.client import ROOT

type Document = dict[str, Any]


@cache
def described() -> Document:
    """The document of the sample and of accounts."""
    folders = {"tests.sample": ROOT / "tests/sample", "accounts": ROOT / "functions/accounts"}
    modules = [f"{name}.{file.stem}" for name, folder in folders.items() for file in folder.glob("[!_]*.py")]
    made: Document = json.loads(written(make_document([*modules, "meta.root"])))
    return made


def operation(of: Document, path: str = "/api/v1/gadgets", method: str = "post") -> Any:
    return of["paths"][path][method]


def schema(of: Document, name: str) -> Any:
    return of["components"]["schemas"][name]


def gadget(of: Document) -> Any:
    return schema(of, "Gadget")


def sent(of: Document) -> Any:
    return schema(of, "GadgetCreate")


def changed(how: Callable[[Document], object]) -> list[str]:
    new = copy.deepcopy(described())
    how(new)
    return list(Documents(described(), new).breaking())


BREAKING: dict[str, Callable[[Document], object]] = {
    "create_gadget: POST /api/v1/gadgets was removed": lambda new: new["paths"]["/api/v1/gadgets"].pop(
        "post"
    ),
    "create_gadget: it is now named make_gadget": lambda new: operation(new).update(
        operationId="make_gadget"
    ),
    "root: it now requires a token": lambda new: operation(new, "/", "get").update(security=[{"Login": []}]),
    "create_gadget: the parameter Idempotency-Key was removed": lambda new: operation(new)[
        "parameters"
    ].clear(),
    "create_gadget: the parameter colour is now required": lambda new: operation(new)["parameters"].append(
        {"name": "colour", "in": "query", "required": True, "schema": {"type": "string"}}
    ),
    "create_gadget: the body/colour is now required": lambda new: sent(new)["required"].append("colour"),
    "create_gadget: the body/name is no longer known": lambda new: sent(new)["properties"].pop("name"),
    "create_gadget: the body/name now has maxLength 9": lambda new: sent(new)["properties"]["name"].update(
        maxLength=9
    ),
    "create_gadget: the body/name now has minLength 2": lambda new: sent(new)["properties"]["name"].update(
        minLength=2
    ),
    "create_gadget: the body/name has another pattern": lambda new: sent(new)["properties"]["name"].update(
        pattern="a"
    ),
    "create_gadget: the body/description may no longer be null": lambda new: sent(new)["properties"][
        "description"
    ].update(type="string"),
    "update_user: the body/role may no longer be admin": lambda new: schema(new, "Role")["enum"].remove(
        "admin"
    ),
    "login: it no longer accepts application/json": lambda new: operation(new, "/api/v1/auth/login")[
        "requestBody"
    ]["content"].pop("application/json"),
    "logout: it no longer answers 204": lambda new: operation(new, "/api/v1/auth/logout")["responses"].pop(
        "204"
    ),
    "create_gadget: the answer no longer has the header ETag": lambda new: operation(new)["responses"]["201"][
        "headers"
    ].pop("ETag"),
    "create_gadget: the answer/name was removed": lambda new: gadget(new)["properties"].pop("name"),
    "list_gadgets: the answer/*/name may now be absent": lambda new: gadget(new)["required"].remove("name"),
    "get_gadget: the answer/name may now be null": lambda new: gadget(new)["properties"]["name"].update(
        type=["string", "null"]
    ),
    "get_me: the answer/role may now be guest": lambda new: schema(new, "Role")["enum"].append("guest"),
}

HARMLESS: dict[str, Callable[[Document], object]] = {
    "nothing": lambda new: None,
    "another operation": lambda new: new["paths"].update({"/api/v1/wombats": {}}),
    "a field that may be sent": lambda new: sent(new)["properties"].update(colour={"type": "string"}),
    "a field that is answered": lambda new: gadget(new)["properties"].update(colour={"type": "string"}),
    "a longer text": lambda new: sent(new)["properties"]["name"].update(maxLength=999),
    "another status": lambda new: operation(new)["responses"].update({"418": {"description": ""}}),
    "other words": lambda new: operation(new).update(summary="Make an item", tags=["Things"]),
}


@pytest.mark.parametrize("said", BREAKING)
def test_what_breaks_a_client_is_said(said: str) -> None:
    assert said in changed(BREAKING[said])


@pytest.mark.parametrize("what", HARMLESS)
def test_what_breaks_nobody_is_not(what: str) -> None:
    assert changed(HARMLESS[what]) == []


class TestChangelog:
    @pytest.fixture
    def released(self, tmp_path: Path) -> Path:
        """A project whose released document has an operation that the current one lacks."""
        old = copy.deepcopy(described())
        operation(old)["operationId"] = "make_gadget"
        (tmp_path / "docs").mkdir()
        self.git(tmp_path, "init", "-q")
        self.write(tmp_path, old)
        self.git(tmp_path, "add", ".")
        self.git(tmp_path, "commit", "-qm", "first")
        self.git(tmp_path, "tag", "v1")
        self.write(tmp_path, described())
        return tmp_path

    def git(self, project: Path, *arguments: str) -> None:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        subprocess.run(["git", *who, *arguments], cwd=project, check=True, capture_output=True)

    def write(self, project: Path, what: Document) -> None:
        (project / "docs/openapi.json").write_text(json.dumps(what))

    def check(self, project: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "infra.tools.openapi.changes"],
            cwd=project,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    def test_has_to_name_what_breaks(self, released: Path) -> None:
        ran = self.check(released)
        assert ran.returncode == 1
        assert "1 changes break clients of v1\n  make_gadget: it is now named create_gadget\n" in ran.stdout
        assert 'error: CHANGELOG.md does not name make_gadget under "Unreleased"' in ran.stderr

    def test_is_enough_where_it_does(self, released: Path) -> None:
        changelog = released / "CHANGELOG.md"
        changelog.write_text(
            "# Changelog\n\n## Unreleased\n\n- `make_gadget` is `create_gadget`\n\n## 1\n\n- all\n"
        )
        assert self.check(released).returncode == 0
        changelog.write_text("# Changelog\n\n## Unreleased\n\n## 1\n\n- `make_gadget` is there\n")
        assert self.check(released).returncode == 1

    def test_is_not_asked_before_a_release(self, released: Path) -> None:
        self.git(released, "tag", "-d", "v1")
        ran = self.check(released)
        assert (ran.returncode, ran.stdout) == (
            0,
            "no release has an API document yet: nothing to compare with\n",
        )
