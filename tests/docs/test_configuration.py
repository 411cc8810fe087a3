"""docs/configuration.md has each setting of `make run` and each parameter of the templates."""

import ast
import os
import re
import tomllib

import pytest

from infra.emulator.template_yaml import parse
from infra.local import config
from infra.local.stack import PASSED_ON
from infra.tools.development.settings_table import EFFECTS, PAGE, with_settings
from tests.support.client import ROOT

ROWS = {
    source: {name: row for rows in groups.values() for name, row in rows.items()}
    for source, groups in tomllib.loads(EFFECTS.read_text()).items()
}
TEMPLATES = [source for source in ROWS if source.endswith(".yaml")]
SETTINGS = ROWS["environment"]


def test_its_tables_are_those_of_the_templates_and_settings() -> None:
    assert PAGE.read_text() == with_settings(PAGE.read_text()), "make docs"


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_parameter_has_a_row_with_the_effect_of_its_change(template: str) -> None:
    assert set(ROWS[template]) == set(parse(ROOT / template)["Parameters"]), f"edit {EFFECTS}"


def test_every_stack_that_an_operator_deploys_is_there() -> None:
    pages = "".join(page.read_text() for page in ROOT.glob("docs/*.md"))
    deployed = set(re.findall(r"aws cloudformation deploy .*--template-file (\S+)", pages))
    assert deployed and {"template.yaml", *deployed} == set(TEMPLATES)


def test_every_variable_that_make_run_reads_has_a_row() -> None:
    tree = ast.parse((ROOT / "infra/local/config.py").read_text())
    texts = {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    read = {text for text in texts if re.fullmatch(r"[A-Z]+(_[A-Z]+)*", text)} | set(PASSED_ON)
    assert set(SETTINGS) == read - {"BUILT", "BUILD_DIR"}, f"edit {EFFECTS}"  # make's own


def test_the_defaults_of_make_run_are_the_ones_that_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "load_dotenv", lambda _: None)
    for name in SETTINGS.keys() & os.environ:
        monkeypatch.delenv(name)
    taken = config.read_config()
    stated = {name: row["default"].strip("`") for name, row in SETTINGS.items() if "`" in row["default"]}
    assert stated["PORT"] == str(taken.port) and stated["HOST"] == taken.host
    assert stated["DEBUG_PORT"] == str(taken.debug_port) and stated["LOG_LEVEL"] == taken.log_level
    assert ROOT / stated["DATA_DIR"] == taken.data_dir
    parameters = parse(ROOT / "template.yaml")["Parameters"]
    assert stated["ALLOWED_ORIGINS"] == parameters["AllowedOrigins"]["Default"]
    for name in ("RATE_LIMIT", "SIGN_IN_RATE_LIMIT", "REGISTRATION", "REQUIRE_VERIFIED_EMAIL"):
        assert stated[name] == str(getattr(config.Settings(), _attribute(name))).lower()


def _attribute(variable: str) -> str:
    return {"REQUIRE_VERIFIED_EMAIL": "requires_verified_email"}.get(variable, variable.lower())
