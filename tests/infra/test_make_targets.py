"""Commands as people type them, in a copy of the project: what they say before they do anything."""

import re
from pathlib import Path

import pytest

from tests.support.project_copy import ProjectCopy
from tests.support.sample_domain import install

pytestmark = pytest.mark.slow
NO_ACCOUNT = (
    "env -u AWS_PROFILE -u AWS_REGION -u AWS_DEFAULT_REGION -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY"
    " AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true"
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    copy = ProjectCopy(tmp_path_factory.mktemp("targets") / "a copy")
    install(copy.folder)
    copy.run("make -s docs")
    return copy


NO_REGION = "error: no region is set: set AWS_REGION, or one in the profile"
NO_CREDENTIALS = "error: no AWS credentials were found: aws configure, aws sso login, or set AWS_PROFILE"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("make -s deploy", NO_REGION),
        ("AWS_REGION=eu-north-1 make -s deploy", NO_CREDENTIALS),
        ("AWS_PROFILE=nobody make -s deploy", "error: The config profile (nobody) could not be found"),
        ("make -s destroy", NO_REGION),
        ("AWS_REGION=eu-north-1 make -s smoke STAGE=default", NO_CREDENTIALS),
    ],
)
def test_without_a_region_or_credentials_one_sentence_comes_first(
    copy: ProjectCopy, command: str, said: str
) -> None:
    ended = copy.try_to(f"{NO_ACCOUNT} {command}")
    assert ended.returncode != 0
    assert ended.stderr.startswith(said)
    assert "Traceback" not in ended.stderr and not (copy.folder / ".aws-sam").exists()


def test_smoke_refuses_what_is_no_url(copy: ProjectCopy) -> None:
    ended = copy.try_to("make -s smoke URL=api.example.com")
    assert ended.stderr.startswith("error: URL is 'api.example.com'; it should begin with https://\n")


def test_sam_local_looks_for_docker_before_it_builds(copy: ProjectCopy) -> None:
    ended = copy.try_to("env PATH=/usr/bin:/bin DOCKER_HOST=tcp://127.0.0.1:1 make -s sam-local")
    assert ended.returncode != 0
    assert re.match("error: (Docker is missing|the Docker daemon does not answer)", ended.stderr)
    assert not (copy.folder / ".aws-sam").exists()


def test_format_formats_what_the_linter_cannot_mend(copy: ProjectCopy) -> None:
    file = copy.folder / "shared/new.py"
    file.write_text("x  =  1\nprint( unknown )\n")
    ended = copy.try_to("make -s format")
    text = file.read_text()
    file.unlink()
    assert text == "x = 1\nprint(unknown)\n"
    assert ended.returncode != 0 and "F821" in ended.stdout


def test_docs_counts_the_functions_anew_in_the_tables_of_cost(copy: ProjectCopy) -> None:
    file = copy.folder / "docs/scale-and-cost.md"
    whole = file.read_text()
    file.write_text(whole.replace("SnapStart=all` | ", "SnapStart=all` | 9"))
    assert file.read_text() != whole
    copy.run("make -s docs")
    assert file.read_text() == whole


def test_tests_of_a_route_before_make_docs_say_so_once(copy: ProjectCopy) -> None:
    file = copy.folder / "docs/openapi.json"
    whole = file.read_text()
    file.write_text(whole.replace('"operationId": "list_users"', '"operationId": "old"'))
    ended = copy.try_to(".venv/bin/python -m pytest -q tests/meta tests/contract")
    file.write_text(whole)
    assert ended.returncode != 0
    assert ended.stderr == "ERROR: docs/openapi.json lacks list_users: run make docs, then test\n\n"
    assert "FAILED" not in ended.stdout


def test_a_filter_that_is_no_field_needs_its_own_words(copy: ProjectCopy) -> None:
    module = copy.folder / "functions/accounts/list_users.py"
    whole = module.read_text()
    changed = whole.replace("db: ReadSession, ", "db: ReadSession, name_from: NameFrom, ", 1)
    assert changed != whole
    define = "\nfrom typing import Annotated\nfrom fastapi import Query\n"
    define += "NameFrom = Annotated[str | None, Query({})]"
    module.write_text(changed.replace("\napp =", define.format("") + "\n\napp =", 1))
    ended = copy.try_to("make -s docs")
    assert ended.stderr.splitlines()[0] == (
        "error: list_users has name_from, which is no field of its rows, without a description:"
        " give it Query(description=...), such as 'Only rows from this date on'"
    )
    words = "Those from this name on"
    module.write_text(changed.replace("\napp =", define.format(f"description={words!r}") + "\n\napp =", 1))
    copy.run("make -s docs")
    assert words in (copy.folder / "docs/openapi.json").read_text()


def test_commands_in_a_copy_take_no_arguments_of_the_outer_make(
    copy: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = copy.run("make -sn test")
    monkeypatch.setenv("ARGS", "-k nothing")
    monkeypatch.setenv("MAKEFLAGS", " -- ARGS=-k\\ nothing")
    assert copy.run("make -sn test") == whole


@pytest.mark.parametrize("typed", ["token USER", "admin USER", "remove YES=1 DOMAIN"])
def test_a_name_comes_over_as_it_was_typed(copy: ProjectCopy, typed: str) -> None:
    said = copy.run(f"""make -s {typed}="it's; echo two" PYTHON=echo""")
    assert said.endswith(" it's; echo two\n")


def test_routes_says_who_may_call(copy: ProjectCopy) -> None:
    lines = {tuple(line.split()[:2]): line for line in copy.run("make -s routes").splitlines()}
    for route, callers in (
        (("GET", "/health"), "anyone"),
        (("GET", "/api/v1/gadgets"), "any user"),
        (("GET", "/api/v1/users"), "an admin"),
        (("GET", "/api/v1/lockers/{id}"), "the owner"),
    ):
        assert f"  {callers}  " in lines[route]
    assert not [line for line in lines.values() if "not in docs/routes.csv" in line]


def test_each_target_is_in_the_help(copy: ProjectCopy) -> None:
    text = Path(copy.folder / "Makefile").read_text()
    shown = copy.run("make -s help")
    for target in re.findall(r"^([a-z-]+):.* ## ", text, re.MULTILINE):
        assert f"make {target} " in shown
