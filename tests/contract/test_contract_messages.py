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
from tests.support.sample_domain import install


@cache
def problems(project: Project) -> set[str]:
    return {problem for rule in RULES for problem in rule(project)}


class Copy(Project):
    whole: Project

    def __init__(self, root: Path) -> None:
        for folder in ("functions", "shared", "infra"):
            shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
        (root / "docs").mkdir()
        for file in ("template.yaml", "docs/routes.csv"):
            shutil.copy(ROOT / file, root / file)
        install(root)
        super().__init__(root)

    def edit(self, file: str, pattern: str, replacement: str) -> None:
        path = self.root / file
        text, edits = re.subn(pattern, replacement, path.read_text() if path.exists() else "", count=1)
        assert edits == 1, f"{file} has no {pattern}"
        path.write_text(text)
        if file != "template.yaml":
            self.__dict__["template"] = self.whole.template  # translated once for all


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with the sample domain, from which nothing is left out."""
    return Copy(tmp_path_factory.mktemp("whole") / "project")


@pytest.fixture
def copy(tmp_path: Path, whole: Project) -> Copy:
    copied = Copy(tmp_path / "project")
    copied.whole = whole
    return copied


TEMPLATE, TABLE = "template.yaml", "docs/routes.csv"
BLOCK = r"  GetGadgetFunction:\n(    .*\n)+"
GADGET_PATH = r'Method: GET, Path: "/api/v1/gadgets/{id}"'
MODULE = "functions/sample/get_gadget.py"
ADDRESS = "GET /api/v1/gadgets/{id}"

# what is forgotten: file, text, what stands there instead, what is said
FORGOTTEN = {
    "the block": (
        *(TEMPLATE, BLOCK, ""),
        f"{MODULE} has no block: add GetGadgetFunction with {ADDRESS} to template.yaml",
    ),
    "the path in the block": (
        *(TEMPLATE, GADGET_PATH, 'Method: GET, Path: "/api/v1/things/{id}"'),
        (
            f"GetGadgetFunction is called by GET /api/v1/things/{{id}}, and {TABLE} says {ADDRESS}:"
            " write that into template.yaml"
        ),
    ),
    "the method in the block": (
        *(TEMPLATE, GADGET_PATH, 'Method: POST, Path: "/api/v1/gadgets/{id}"'),
        (
            f"GetGadgetFunction is called by POST /api/v1/gadgets/{{id}}, and {TABLE} says {ADDRESS}:"
            " write that into template.yaml"
        ),
    ),
    "the authorizer": (
        *(TEMPLATE, f"({GADGET_PATH}), Auth: {{Authorizer: JwtAuthorizer}}", r"\1"),
        (
            f"GetGadgetFunction lets anyone in, and {TABLE} says J:"
            " write Auth: {Authorizer: JwtAuthorizer} into its event in template.yaml"
        ),
    ),
    "that a route is public": (
        *(TEMPLATE, 'Path: "/api/v1/labels/{id}"', r"\g<0>, Auth: {Authorizer: JwtAuthorizer}"),
        (
            f"GetLabelFunction asks for a token, and {TABLE} says that it is public:"
            " take Auth: {Authorizer: JwtAuthorizer} from its event in template.yaml"
        ),
    ),
    "the handler's name": (
        *(TEMPLATE, "sample.get_gadget.handler", "sample.read_gadget.handler"),
        (
            "GetGadgetFunction runs sample.read_gadget.handler:"
            " write Handler: sample.get_gadget.handler into template.yaml"
        ),
    ),
    "the endpoint's name": (
        *(MODULE, r"def get_gadget\(", "def read_gadget("),
        f"{MODULE} serves no {ADDRESS}: write @app.get for get_gadget() there",
    ),
    "the address": (
        *(MODULE, '"""GET /api/v1/gadgets/{id}: read a gadget."""', '"""Read a gadget."""'),
        f'{MODULE} opens without its address: begin it with """{ADDRESS}: what it does."""',
    ),
    "the role": (
        *(TEMPLATE, r"(Handler: sample.get_gadget.handler\n) +Role: .*\n", r"\1"),
        "GetGadgetFunction has no role: write Role: !GetAtt Roles.Outputs.DatabaseRole into template.yaml",
    ),
    "to take a key": (
        *("functions/sample/create_gadget.py", r", dependencies=\[Idempotent\]", ""),
        (
            "functions/sample/create_gadget.py takes no Idempotency-Key:"
            " write @app.post(…, dependencies=[Idempotent]) there"
        ),
    ),
    "that domains are apart": (
        *(MODULE, "from sample.schemas", "from accounts.schemas import UserOut\nfrom sample.schemas"),
        f"{MODULE} imports accounts: a domain uses itself and shared/, so put there what both need",
    ),
    "that functions do not know who runs them": (
        *(MODULE, "from sample.schemas", "from infra.local import keys\nfrom sample.schemas"),
        f"{MODULE} imports infra: functions/ knows nothing of it",
    ),
    "that shared does not know who uses it": (
        *("shared/http/fields.py", "from typing", "from sample.schemas import GadgetOut\nfrom typing"),
        "shared/http/fields.py imports sample: shared/ knows nothing of it",
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
            " local may use shared, infra.deployed, infra.domains, infra.emulator, infra.local"
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
        *("functions/sample/schemas.py", "name: Name = ", "name: str = "),
        (
            "functions/sample/schemas.py: GadgetCreate.name takes text of any length:"
            " use Name or FreeText of shared.http, or StringConstraints(max_length=…)"
        ),
    ),
    "a schema that nothing uses": (
        *(
            "functions/sample/schemas.py",
            "class GadgetOut",
            "class GadgetDraft(Input): ...\n\n\nclass GadgetOut",
        ),
        "functions/sample/schemas.py has GadgetDraft, which nothing uses: take it away",
    ),
    "who commits": (
        *(MODULE, "    return ", "    db.commit()\n    return "),
        f"{MODULE} commits: leave that to WriteSession, which does when the route has answered",
    ),
    "that a public read may lag": (
        *("functions/sample/get_label.py", "db: PublicSession", "db: ReadSession"),
        "functions/sample/get_label.py is public and asks the writer: give get_label() db: PublicSession",
    ),
    "that a user's own may not": (
        *(MODULE, "db: ReadSession", "db: PublicSession"),
        f"{MODULE} must not lag: give get_gadget() db: ReadSession",
    ),
    "that users may not": (
        *("functions/accounts/get_user.py", "db: ReadSession", "db: PublicSession"),
        "functions/accounts/get_user.py must not lag: give get_user() db: ReadSession",
    ),
    "the row": (
        *(TABLE, r"GET,/api/v1/gadgets/{id},get_gadget,J,200,read\n", ""),
        f"{MODULE} has no row: add METHOD,path,get_gadget,auth,status,kind to {TABLE}",
        f"GetGadgetFunction has no row: add GET,/api/v1/gadgets/{{id}},get_gadget,… to {TABLE}",
    ),
    "the module of a row": (
        *(TABLE, "GET,/api/v1/gadgets/{id}", "GET,/api/v1/gadgets/last,get_last_gadget,J,200,read\n\\g<0>"),
        (
            f"{TABLE} lists get_last_gadget, and no module serves it:"
            " write functions/<domain>/get_last_gadget.py for GET /api/v1/gadgets/last"
        ),
    ),
    "a role's output": (
        *("infra/stacks/roles.yaml", r"  SignInRole:\n    Condition: Signs\n    Value: .*\n", ""),
        *(
            f"{name}Function has the role SignInRole: add that output to infra/stacks/roles.yaml"
            for name in ("Login", "Refresh", "WebLogin", "WebRefresh", "IssueToken")
        ),
        "SignInRole is no output: add SignInRole: {Value: !GetAtt SignInRole.Arn} to infra/stacks/roles.yaml",
    ),
}


@pytest.mark.sweep
@pytest.mark.parametrize("what", FORGOTTEN)
def test_it_is_said(copy: Copy, whole: Project, what: str) -> None:
    file, pattern, replacement, *said = FORGOTTEN[what]
    copy.edit(file, pattern, replacement)
    assert problems(copy) - problems(whole) == set(said)


def test_a_sample_that_is_missing_is_said(whole: Project) -> None:
    given = {operation: sample for operation, sample in samples().items() if operation != "get_gadget"}
    given["list_gadgets"] = Sample("/api/v1/gadgets")
    assert sorted(every_route_has_its_sample(whole, given)) == [
        "get_gadget has no sample: add one to SAMPLES in tests/sample/samples.py",
        "the sample of list_gadgets adds no rows: give it rows=Rows(…) in tests/sample/samples.py",
    ]
