"""The API's name: one module for code, one parameter for templates, and the places of `make rename`."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from shared.runtime.product import IDENTIFIER, NAME, NAMESPACE, TITLE, forms

import boto3
import pytest
import sqlalchemy as sa
from botocore.stub import Stubber

from infra.emulator.template_yaml import parse
from infra.local.postgres import Cluster
from infra.tools.deployment.samconfig import Configuration
from infra.tools.development import rename
from infra.tools.development.product_name import KEYWORDS, faults
from tests.infra.test_make_targets import NO_ACCOUNT
from tests.support.client import ROOT
from tests.support.project_copy import ProjectCopy

OURS = forms(NAME)
ACME, OTHER = forms("acme-api"), forms("ab-api" if NAME == "acme-api" else "acme-api")
FIRST = "routewise"
GENERATED = {"docs/openapi.json", "infra/stacks/observability.yaml"}


def test_each_form_follows_from_the_name() -> None:
    assert ACME == ("acme-api", "Acme API", "AcmeApi", "acme_api")
    assert OURS == (NAME, TITLE, NAMESPACE, IDENTIFIER)


@pytest.mark.parametrize("place", rename.PLACES, ids=lambda place: place.file)
def test_a_place_where_no_code_runs_has_the_name_of_the_module(place: rename.Place) -> None:
    assert (ROOT / place.file).read_text().count(place.written(OURS)) == 1


def test_each_stack_of_a_stage_begins_with_the_name() -> None:
    stacks = re.findall(r'^stack_name = "(.*)"$', (ROOT / "samconfig.toml").read_text(), re.MULTILINE)
    assert stacks and all(stack.startswith(f"{NAME}-") for stack in stacks)


def test_a_template_has_the_name_as_its_default_or_takes_it_from_the_one_around_it() -> None:
    for file in (ROOT / "infra/stacks").glob("*.yaml"):
        product = parse(file)["Parameters"].get("Product", {})
        assert product.get("Default", NAME) == NAME, file


def test_the_first_name_stands_in_no_other_place() -> None:
    command = ["git", "grep", "--name-only", "--ignore-case", "-e", FIRST]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    others = {"LICENSE", "UPGRADING.md", "tests/infra/test_rename.py"}
    texts = {file: (ROOT / file).read_text() for file in set(found) - GENERATED - others}
    for place in (*rename.PLACES, rename.STACKS):
        if place.file in texts:
            texts[place.file] = texts[place.file].replace(place.written(OURS), "\n")
    assert [file for file, text in texts.items() if FIRST in text.lower()] == []


@pytest.mark.parametrize("name", ["ok", "acme", "acme-api", "a1-b2-c3", "sixteen-letters1"])
def test_a_name_is_taken(name: str) -> None:
    assert [*faults(name)] == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        *((each, "is not a valid name") for each in ("", "a", "1a", "a_b", "Acme", "a--b", "a-", "a b")),
        ("seventeen-letters", "is not a valid name"),
        ("user", "reserved in Postgres"),
        ("current-user", "reserved in Postgres"),
        ("postgres", "reserved in Postgres"),
        ("public", "reserved in Postgres"),
        ("admin", "reserved in RDS"),
        ("match", "a word or a module of Python"),
        ("json", "a word or a module of Python"),
        ("pg-api", "Postgres keeps roles"),
        ("rds-api", "RDS keeps roles"),
        ("aws-api", "Parameter Store takes no name"),
        ("ssm", "Parameter Store takes no name"),
    ],
)
def test_a_name_that_something_reserves_is_refused(name: str, reason: str) -> None:
    assert reason in " ".join(faults(name))


def test_the_words_that_postgres_reserves_are_all_known(cluster: Cluster) -> None:
    engine = sa.create_engine(cluster.owner_url, poolclass=sa.NullPool)
    with engine.connect() as db:
        words = set(db.scalars(sa.text("SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')")))
    assert words - set(KEYWORDS.split()) == set()


DEPLOYED = {"StackName": "any", "CreationTime": "2026-11-30", "StackStatus": "CREATE_COMPLETE"}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """CloudFormation, which is asked for each stage's stack in the order of samconfig.toml."""
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    client = boto3.client("cloudformation", region_name="eu-north-1", **keys)
    session = SimpleNamespace(client=lambda _: client, region_name="eu-north-1")
    monkeypatch.setattr(Configuration, "session", lambda _: session)
    monkeypatch.chdir(ROOT)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def absent(cloud: Stubber, stage: str) -> None:
    message = f"Stack with id {NAME}-{stage} does not exist"
    cloud.add_client_error(
        "describe_stacks", "ValidationError", message, expected_params={"StackName": f"{NAME}-{stage}"}
    )


def test_a_stack_that_is_deployed_keeps_its_name(cloud: Stubber) -> None:
    absent(cloud, "dev")
    cloud.add_response("describe_stacks", {"Stacks": [DEPLOYED]}, {"StackName": f"{NAME}-staging"})
    with pytest.raises(SystemExit, match=f"the stack {NAME}-staging is deployed in eu-north-1"):
        [*rename.refuse_deployed_stacks()]


def test_a_stack_that_nobody_may_ask_for_is_said_to_be_unknown(cloud: Stubber) -> None:
    for stage in ("dev", "staging", "nightly"):
        absent(cloud, stage)
    cloud.add_client_error("describe_stacks", "AccessDenied", "not authorized")
    said = [*rename.refuse_deployed_stacks()]
    assert len(said) == 2 and said[0].startswith(f"whether the stack {NAME}-prod is deployed: ")
    assert "not authorized" in said[0]


def test_a_place_that_lost_its_line_stops_the_rename_before_it_writes(tmp_path: Path) -> None:
    for place in (*rename.PLACES, rename.STACKS):
        (tmp_path / place.file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place.file).write_text((ROOT / place.file).read_text())
    readme = tmp_path / "README.md"
    readme.write_text(readme.read_text().replace(f"# {TITLE}\n", "# Another\n"))
    with pytest.raises(SystemExit, match=f"README.md has no '# {TITLE}'"):
        rename.rename(tmp_path, OURS, OTHER)
    assert (tmp_path / "template.yaml").read_text() == (ROOT / "template.yaml").read_text()


@pytest.mark.fork
def test_a_copy_is_renamed_and_back(tmp_path: Path) -> None:
    copy = ProjectCopy(tmp_path / "a copy")
    said = copy.run(f"{NO_ACCOUNT} make -s rename NAME={OTHER.name}")
    assert (
        f"renamed     {NAME} to {OTHER.name}, {OTHER.title}, {OTHER.namespace} and {OTHER.identifier}\n"
        in said
    )
    assert f"unknown     whether the stack {NAME}-prod is deployed: no region is set" in said
    written = {place.file for place in (*rename.PLACES, rename.STACKS)} | GENERATED
    changed = {line[3:] for line in copy.changes().splitlines()}
    assert changed == written
    assert (copy.folder / "infra/deployed/layers/docs/api_docs/openapi.json").is_symlink()
    copy.run(f"{NO_ACCOUNT} make -s rename NAME={NAME}")
    assert copy.changes() == ""
