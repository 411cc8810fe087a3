"""Tests type the commands of all pages; those for AWS fit its API, the templates and the workflows."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import boto3
import jmespath
import pytest
import sqlalchemy as sa
from botocore import xform_name
from samtranslator.yaml_helper import yaml_parse

from infra.emulator.template_yaml import parse
from infra.tools.deployment.samconfig import configuration
from tests.docs.pages import FENCE, INDENTED, section
from tests.docs.pages import PAGES as ALL_PAGES
from tests.support.client import ROOT

DEPLOY = ROOT / "docs/deploy.md"
PATH = DEPLOY.read_text().partition("\n## When ")[0]
# Options of the command line itself. `source-region` stands for a presigned URL.
GLOBAL = {"region", "query", "output", "source-region", "cli-binary-format", "cli-read-timeout"}
SESSION: Any = boto3.Session(region_name="eu-north-1")


def commands(text: str) -> list[list[str]]:
    """The lines of its code blocks, continued ones joined, as a shell splits them."""
    blocks = [
        "".join(re.sub(r"^ +", "", line) for line in block.splitlines(True))
        for block in INDENTED.findall(text)
    ]
    lines = re.sub(r"\\\n\s*", " ", "\n".join(blocks))
    lines = re.sub(r"'[^']*'", lambda found: found[0].replace("\n", " "), lines).splitlines()
    return [
        shlex.split(line, comments=True)
        for line in lines
        if line.startswith(("aws ", "gh ", "make ", "git "))
    ]


PAGES = ("configuration", "deploy", "edge", "monitoring", "restore", "run")
EVERY = [each for page in PAGES for each in commands((ROOT / f"docs/{page}.md").read_text())]


# Lines that no test types, with the words that their page needs. Other tests compare lines for AWS with its
# API.
UNTYPED = {
    re.compile(
        r"(aws|gh|sam|git push|export AWS_PROFILE|make (deploy|preflight))\b|AWS_REGION=|secret=|.*\bSTAGE="
    ): r"needs?\san\sAWS\saccount",
    re.compile(r"(npx|openapi-generator-cli)\b"): r"Tried by hand on \d{4}-\d\d-\d\d",
}
# The other commands, with the test that types each.
TYPED = {
    "curl -H": "tests/local/test_start_and_stop.py",
    "curl -X": "tests/local/test_readme.py",
    "curl -u": "tests/local/test_services.py",
    "TOKEN=$(make -s token)": "tests/local/test_readme.py",
    "git commit": "tests/docs/test_upgrade.py",
    "git fetch": "tests/infra/test_upstream.py",
    "git merge": "tests/infra/test_upstream.py",
    "git remote": "tests/infra/test_upstream.py",
    "make admin USER=": "tests/local/test_readme.py",
    "make bare": "tests/docs/test_new_domain.py",
    "make check": ".ci/run",
    "make clients": "tests/clients/conftest.py",
    "make docs": "tests/docs/test_new_domain.py",
    "make help": "tests/local/test_commands.py",
    "make migrate": "tests/local/test_schema.py",
    "make new DOMAIN=": "tests/docs/test_new_domain.py",
    "make remove DOMAIN=": "tests/docs/test_new_domain.py",
    "make rename NAME=": "tests/docs/test_upgrade.py",
    "make revision MESSAGE=": "tests/docs/test_new_domain.py",
    "make run": "tests/local/test_second_start.py",
    "make service NAME=": "tests/local/conftest.py",
    "make smoke": "tests/local/test_smoke.py",
    "make test": ".ci/run",
    "make upstream": "tests/docs/test_upgrade.py",
    "make web": "tests/*/test_web_example.py",
    "PYTHONPATH=.:functions": "tests/accounts/test_hash_costs.py",
    "UPDATE users SET password_hash = NULL": "tests/accounts/test_hash_costs.py",
    "SELECT ": "tests/docs/test_operator_path.py",
}


def typed(page: Path) -> list[str]:
    """The commands and statements in its code blocks, continued lines joined."""
    blocks = "\n".join(INDENTED.findall(FENCE.sub("", page.read_text())))
    lines = re.sub(r"'[^']*'", lambda found: found[0].replace("\n", " "), re.sub(r"\\\n\s*", " ", blocks))
    programs = r"aws|curl|gh|git|make|npx|openapi-generator-cli|sam|\S*python|export|SELECT|UPDATE"
    first = re.compile(rf"(\w+=\S* )*({programs})\b|\w+=\$\(")
    return [line.strip() for line in lines.splitlines() if first.match(line.strip())]


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: page.name)
def test_a_command_is_typed_by_a_test_or_its_page_says_why_not(page: Path) -> None:
    for line in typed(page):
        said = next((said for lines, said in UNTYPED.items() if lines.match(line)), None)
        if said:
            assert re.search(said, page.read_text()), f"{page.name} does not say {said!r} of {line!r}"
        else:
            assert any(map(line.startswith, TYPED)), f"no test types {line!r}"


def named(start: str) -> bool:
    """A removed domain takes its commands along, and the tests that type them."""
    return any(line.startswith(start) for page in ALL_PAGES for line in typed(page))


@pytest.mark.parametrize(("start", "file"), [pair for pair in TYPED.items() if named(pair[0])])
def test_the_test_that_types_a_command_names_it(start: str, file: str) -> None:
    [test] = ROOT.glob(file)
    assert all(word in test.read_text() for word in start.removeprefix("make ").split())


@pytest.mark.parametrize(
    "statement", [line for line in typed(ROOT / "docs/run.md") if line.startswith("SELECT ")]
)
def test_a_query_is_one_that_postgres_takes(db: sa.Connection, statement: str) -> None:
    db.execute(sa.text(statement.replace("(...)", "(0)")))


def options(words: list[str]) -> dict[str, str]:
    """Each option with the first word after it."""
    return {
        word[2:]: (words[number + 1] if number + 1 < len(words) else "")
        for number, word in enumerate(words)
        if word.startswith("--")
    }


@pytest.mark.parametrize(
    "words", [each for each in EVERY if each[0] == "aws" and each[2] not in ("deploy", "wait")], ids=" ".join
)
def test_a_command_is_one_of_awss_with_its_options(words: list[str]) -> None:
    client = SESSION.client(words[1])
    methods = {xform_name(name, "-"): name for name in client.meta.service_model.operation_names}
    members = client.meta.service_model.operation_model(methods[words[2]]).input_shape.members
    known = {xform_name(name, "-") for name in members} | GLOBAL
    given = {name.removeprefix("no-") for name in options(words)}
    given = {"db-cluster-identifier" if name == "db-cluster" else name for name in given}
    assert given - known == set()
    if "query" in options(words):
        jmespath.compile(options(words)["query"])


DEPLOYED = [each for each in EVERY if each[:3] == ["aws", "cloudformation", "deploy"]]


@pytest.mark.parametrize("words", DEPLOYED, ids=lambda words: words[words.index("--stack-name") + 1])
def test_a_stack_beside_the_stage_takes_the_parameters_that_are_typed(words: list[str]) -> None:
    given = options(words)
    template = parse(ROOT / given["template-file"])
    pairs = dict(
        word.split("=", 1) for word in words[words.index("--parameter-overrides") + 1 :] if "=" in word
    )
    assert set(pairs) <= set(template["Parameters"])
    required = {name for name, each in template["Parameters"].items() if "Default" not in each}
    assert required <= set(pairs)
    for name, value in pairs.items():
        if "..." not in value:
            allowed = template["Parameters"][name].get("AllowedPattern", ".*")
            readable = value.replace("OWNER", "owner").replace("NAME", "name")
            assert re.fullmatch(allowed, readable), f"{name}={value}"
    assert not given["stack-name"].startswith(f"acme-{pairs['Stage']}")


def test_both_the_first_pipeline_and_the_next_of_an_account_are_typed() -> None:
    stages = {
        word.removeprefix("Stage="): "OidcProvider" in " ".join(words)
        for words in DEPLOYED
        for word in words
        if word.startswith("Stage=") and "pipeline" in " ".join(words)
    }
    assert stages == {"staging": False, "prod": True}


def test_the_path_goes_in_order_and_every_step_is_there() -> None:
    steps = re.findall(r"^## (\d+)\. ", PATH, re.MULTILINE)
    assert steps == [str(number) for number in range(1, 11)]
    typed = [" ".join(words[:3]) for words in commands(PATH)]
    order = [
        "make preflight STAGE=default",
        "make deploy",
        "gh repo create",
        "aws cloudformation deploy",
        "gh variable set",
        "git push",
        "gh workflow run",
    ]
    assert [typed.index(each) for each in order] == sorted(typed.index(each) for each in order)


def test_every_stage_that_is_typed_is_in_the_settings() -> None:
    for words in EVERY:
        for word in words:
            if words[0] == "make" and word.startswith("STAGE=") and word not in ("STAGE=...", "STAGE=drill"):
                configuration(word.removeprefix("STAGE="), ROOT / "samconfig.toml")


def asked() -> set[str]:
    """The variables and secrets that the workflows read."""
    texts = [file.read_text() for file in (ROOT / ".github/workflows").glob("*.yml")]
    return set(re.findall(r"\b(?:vars|secrets)\.(\w+)", "\n".join(texts)))


def test_github_is_told_what_the_workflows_read() -> None:
    told = set(re.findall(r"gh (?:variable|secret) set (\w+)", PATH))
    assert told == asked()
    for name, environment in re.findall(r"gh (?:variable|secret) set (\w+) --env (\w+)", PATH):
        jobs = yaml_parse((ROOT / ".github/workflows/deploy.yml").read_text())["jobs"]
        assert name in str(jobs[environment]["steps"])


def test_prod_is_started_by_an_input_that_the_workflow_has() -> None:
    [words] = [words for words in EVERY if words[:3] == ["gh", "workflow", "run"]]
    workflow = yaml_parse((ROOT / f".github/workflows/{words[3]}").read_text())
    [(name, value)] = [word.split("=") for word in words if "=" in word]
    assert (
        workflow[True if True in workflow else "on"]["workflow_dispatch"]["inputs"][name]["type"] == "boolean"
    )
    assert value == "true"


def test_prods_settings_are_taken_as_they_are_typed() -> None:
    """In place of the committed ones: the section still reads, and no rule refuses it."""
    from tests.infra.test_parameter_rules import refusals

    [block] = [each for each in INDENTED.findall(PATH) if "parameter_overrides" in each]
    typed = tomllib.loads(re.sub(r"^ +", "", block, flags=re.MULTILINE))
    committed = configuration("prod", ROOT / "samconfig.toml").parameters
    given = dict(pair.split("=", 1) for pair in typed["parameter_overrides"].split())
    assert committed.items() <= given.items()
    assert set(given) - set(committed) == {"PermissionsBoundary", "AllowedOrigins", "Zones"}
    assert refusals(**given) == []
    assert "s3_bucket" in typed


def test_what_a_stage_costs_is_said_before_it_costs() -> None:
    page = (ROOT / "docs/scale-and-cost.md").read_text()
    row = re.findall(r"^\| \*\*a month\*\* \|.*$", page, re.MULTILINE)[0]
    dev, _, prod = re.findall(r"\*\*(\d+)\*\*", row)
    needs = section(DEPLOY, "1. Check what you need")
    assert f"${dev} a month for `dev` and ${prod} for `prod`" in " ".join(needs.split())
