"""The templates' demands on an account."""

from pathlib import Path
from typing import Any

from infra.emulator.template_yaml import parse
from infra.tools.deployment.samconfig import Configuration

ROOT = Path(__file__).parents[3]
MAIN = ROOT / "template.yaml"
CA_BUNDLE = ROOT / "infra/deployed/layers/rds-ca.pem"


def database(resource: str) -> dict[str, Any]:
    """Returns the properties of a resource of infra/stacks/database.yaml."""
    resources = parse(ROOT / "infra/stacks/database.yaml")["Resources"]
    properties: dict[str, Any] = resources[resource]["Properties"]
    return properties


def engine() -> dict[str, str]:
    """Returns the database's engine and version, the template's default unless samconfig.toml names one."""
    version = parse(MAIN)["Parameters"]["DatabaseVersion"]["Default"]
    return {"Engine": database("Cluster")["Engine"], "EngineVersion": version}


def most_executions(stage: Configuration) -> int:
    """Returns the concurrent executions if every call that the throttle admits takes the longest time."""
    source = parse(MAIN)
    rate = stage.parameters.get("Rate", source["Parameters"]["Rate"]["Default"])
    return int(rate) * int(source["Globals"]["Function"]["Timeout"])
