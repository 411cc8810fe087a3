"""`python -m infra.tools.development.settings_table`: writes the tables of docs/configuration.md.

A parameter's default and meaning come from its template, the stages' values from samconfig.toml, and the
effect of a change from settings.toml.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.emulator.template_yaml import parse
from infra.tools.deployment.samconfig import configuration

ROOT = Path(__file__).resolve().parents[3]
PAGE, MAIN = ROOT / "docs/configuration.md", "template.yaml"
EFFECTS = Path(__file__).with_name("settings.toml")
STAGES = ("staging", "prod")  # sections of samconfig.toml whose values the table names
HEAD = "| name | default | meaning | effect of a change |\n| --- | --- | --- | --- |\n"
PLACE = re.compile(r"(?<=<!-- settings -->\n).*(?=<!-- /settings -->)", re.DOTALL)


def tables() -> str:
    """Returns a table for each group of settings. Errors: KeyError, for a row of no parameter."""
    parts = []
    for source, groups in tomllib.loads(EFFECTS.read_text()).items():
        parameters = parse(ROOT / source)["Parameters"] if source.endswith(".yaml") else {}
        for title, rows in groups.items():
            lines = (_row(name, row, parameters, source) for name, row in rows.items())
            parts.append(f"## {title}\n\n{HEAD}{''.join(lines)}")
    return "\n".join(parts)


def _row(name: str, row: str | dict[str, str], parameters: dict[str, Any], source: str) -> str:
    stated = {"effect": row} if isinstance(row, str) else row
    if source.endswith(".yaml"):
        parameter = parameters[name]
        default = "; ".join([_default(parameter), *(_values(name) if source == MAIN else ())])
        stated = {"default": default, "meaning": str(parameter["Description"])} | stated
    return f"| `{name}` | {stated['default']} | {stated['meaning']} | {stated['effect']} |\n"


def _default(parameter: dict[str, Any]) -> str:
    if "Default" not in parameter:
        return "required"
    return f"`{parameter['Default']}`" if parameter["Default"] != "" else "empty"


def _values(name: str) -> Iterator[str]:
    for stage in STAGES:
        values = configuration(stage, ROOT / "samconfig.toml").parameters
        if name in values:
            yield f"{stage} `{values[name]}`"


def with_settings(page: str) -> str:
    return PLACE.sub(lambda _: f"\n{tables()}\n", page)


if __name__ == "__main__":
    PAGE.write_text(with_settings(PAGE.read_text()))
