"""Leaves each easily forgotten declaration out of a copy of the project, and expects its message."""

import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from tests.contract.declaration_rules import RULES, every_route_has_its_sample
from tests.contract.project import Project
from tests.support.client import ROOT
from tests.support.sample_calls import Sample, samples

REAL = Project(ROOT)


@cache
def problems(project: Project) -> set[str]:
    return {problem for rule in RULES for problem in rule(project)}


class Copy(Project):
    def __init__(self, root: Path) -> None:
        for folder in ("functions", "shared", "infra"):
            shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
        (root / "docs").mkdir()
        for file in ("template.yaml", "docs/routes.csv"):
            shutil.copy(ROOT / file, root / file)
        super().__init__(root)

    def edit(self, file: str, pattern: str, replacement: str) -> None:
        path = self.root / file
        text, edits = re.subn(pattern, replacement, path.read_text() if path.exists() else "", count=1)
        assert edits == 1, f"{file} has no {pattern}"
        path.write_text(text)
        if file != "template.yaml":
            self.__dict__["template"] = REAL.template  # translated once for all


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "project")


TEMPLATE, TABLE = "template.yaml", "docs/routes.csv"
BLOCK = r"  GetItemFunction:\n(    .*\n)+"
ITEM_PATH = r'Method: GET, Path: "/api/v1/items/{id}"'
MODULE = "functions/items/get_item.py"
ADDRESS = "GET /api/v1/items/{id}"

# what is forgotten: file, text, what stands there instead, what is said
FORGOTTEN = {
    "the block": (
        *(TEMPLATE, BLOCK, ""),
        f"{MODULE} has no block: add GetItemFunction with {ADDRESS} to template.yaml",
    ),
    "the path in the block": (
        *(TEMPLATE, ITEM_PATH, 'Method: GET, Path: "/api/v1/things/{id}"'),
        (
            f"GetItemFunction is called by GET /api/v1/things/{{id}}, and {TABLE} says {ADDRESS}:"
            " write that into template.yaml"
        ),
    ),
    "the method in the block": (
        *(TEMPLATE, ITEM_PATH, 'Method: POST, Path: "/api/v1/items/{id}"'),
        (
            f"GetItemFunction is called by POST /api/v1/items/{{id}}, and {TABLE} says {ADDRESS}:"
            " write that into template.yaml"
        ),
    ),
    "the authorizer": (
        *(TEMPLATE, f"({ITEM_PATH}), Auth: {{Authorizer: JwtAuthorizer}}", r"\1"),
        (
            f"GetItemFunction lets anyone in, and {TABLE} says J:"
            " write Auth: {Authorizer: JwtAuthorizer} into its event in template.yaml"
        ),
    ),
    "that a route is public": (
        *(TEMPLATE, 'Path: "/api/v1/books/{id}"', r"\g<0>, Auth: {Authorizer: JwtAuthorizer}"),
        (
            f"GetBookFunction asks for a token, and {TABLE} says that it is public:"
            " take Auth: {Authorizer: JwtAuthorizer} from its event in template.yaml"
        ),
    ),
    "the handler's name": (
        *(TEMPLATE, "items.get_item.handler", "items.read_item.handler"),
        (
            "GetItemFunction runs items.read_item.handler:"
            " write Handler: items.get_item.handler into template.yaml"
        ),
    ),
    "the endpoint's name": (
        *(MODULE, r"def get_item\(", "def read_item("),
        f"{MODULE} serves no {ADDRESS}: write @app.get for get_item() there",
    ),
    "the address": (
        *(MODULE, '"""GET /api/v1/items/{id}: read an item."""', '"""Read an item."""'),
        f'{MODULE} opens without its address: begin it with """{ADDRESS}: what it does."""',
    ),
    "the role": (
        *(TEMPLATE, r"(Handler: items.get_item.handler\n) +Role: .*\n", r"\1"),
        "GetItemFunction has no role: write Role: !GetAtt Roles.Outputs.DatabaseRole into template.yaml",
    ),
    "to take a key": (
        *("functions/items/create_item.py", r", dependencies=\[Idempotent\]", ""),
        (
            "functions/items/create_item.py takes no Idempotency-Key:"
            " write @app.post(…, dependencies=[Idempotent]) there"
        ),
    ),
    "that domains are apart": (
        *(MODULE, "from items.schemas", "from library.schemas import BookOut\nfrom items.schemas"),
        f"{MODULE} imports library: a domain uses itself and shared/, so put there what both need",
    ),
    "that functions do not know who runs them": (
        *(MODULE, "from items.schemas", "from infra.local import keys\nfrom items.schemas"),
        f"{MODULE} imports infra: functions/ knows nothing of it",
    ),
    "that shared does not know who uses it": (
        *("shared/http/fields.py", "from typing", "from items.schemas import ItemOut\nfrom typing"),
        "shared/http/fields.py imports items: shared/ knows nothing of it",
    ),
    "which way the arrows go": (
        *("shared/http/fields.py", "from typing", "from shared.database import ReadSession\nfrom typing"),
        "shared/http/fields.py imports shared.database: http may use http, redis, runtime",
        (
            "shared/database/__init__.py, shared/database/pages.py, shared/http/fields.py import each other:"
            " put apart what both need"
        ),
    ),
    "which way the arrows of infra go": (
        *("infra/local/keys.py", r"\A", "import infra.tools.names\n"),
        (
            "infra/local/keys.py imports infra.tools.names:"
            " local may use shared, infra.deployed, infra.emulator, infra.local"
        ),
    ),
    "that the emulator knows nothing of ours": (
        *("infra/emulator/hosts.py", r"\A", "import shared\n"),
        "infra/emulator/hosts.py imports shared: emulator may use infra.emulator",
    ),
    "that no two files import each other": (
        *("shared/http/action.py", r"\Z", "\n\ndef f():\n    from shared.http.errors import ApiError\n"),
        "shared/http/action.py, shared/http/errors.py import each other: put apart what both need",
    ),
    "the bound of a text": (
        *("functions/items/schemas.py", "name: Name = ", "name: str = "),
        (
            "functions/items/schemas.py: ItemCreate.name takes text of any length:"
            " use Name or FreeText of shared.http, or StringConstraints(max_length=…)"
        ),
    ),
    "a schema that nothing uses": (
        *("functions/items/schemas.py", "class ItemOut", "class ItemDraft(Input): ...\n\n\nclass ItemOut"),
        "functions/items/schemas.py has ItemDraft, which nothing uses: take it away",
    ),
    "who commits": (
        *(MODULE, "    return ", "    db.commit()\n    return "),
        f"{MODULE} commits: leave that to WriteSession, which does when the route has answered",
    ),
    "that a public read may lag": (
        *("functions/social/get_post.py", "db: PublicSession", "db: ReadSession"),
        "functions/social/get_post.py is public and asks the writer: give get_post() db: PublicSession",
    ),
    "that a user's own may not": (
        *(MODULE, "db: ReadSession", "db: PublicSession"),
        f"{MODULE} must not lag: give get_item() db: ReadSession",
    ),
    "that users may not": (
        *("functions/accounts/get_user.py", "db: ReadSession", "db: PublicSession"),
        "functions/accounts/get_user.py must not lag: give get_user() db: ReadSession",
    ),
    "the row": (
        *(TABLE, r"GET,/api/v1/items/{id},get_item,J,200,read\n", ""),
        f"{MODULE} has no row: add METHOD,path,get_item,auth,status,kind to {TABLE}",
        f"GetItemFunction has no row: add GET,/api/v1/items/{{id}},get_item,… to {TABLE}",
    ),
    "the module of a row": (
        *(TABLE, "GET,/api/v1/items/{id}", "GET,/api/v1/items/last,get_last_item,J,200,read\n\\g<0>"),
        (
            f"{TABLE} lists get_last_item, and no module serves it:"
            " write functions/<domain>/get_last_item.py for GET /api/v1/items/last"
        ),
    ),
    "a role's output": (
        *("infra/stacks/roles.yaml", r"  SignInRole:\n    Condition: Signs\n    Value: .*\n", ""),
        *(
            f"{name}Function has the role SignInRole: add that output to infra/stacks/roles.yaml"
            for name in ("Login", "Refresh")
        ),
        "SignInRole is no output: add SignInRole: {Value: !GetAtt SignInRole.Arn} to infra/stacks/roles.yaml",
    ),
}


@pytest.mark.parametrize("what", FORGOTTEN)
def test_it_is_said(copy: Copy, what: str) -> None:
    file, pattern, replacement, *said = FORGOTTEN[what]
    copy.edit(file, pattern, replacement)
    assert problems(copy) - problems(REAL) == set(said)


def test_a_sample_that_is_missing_is_said() -> None:
    given = {operation: sample for operation, sample in samples().items() if operation != "get_item"}
    given["list_items"] = Sample("/api/v1/items")
    assert sorted(every_route_has_its_sample(REAL, given)) == [
        "get_item has no sample: add one to SAMPLES in tests/items/samples.py",
        "the sample of list_items adds no rows: give it rows=Rows(…) in tests/items/samples.py",
    ]
