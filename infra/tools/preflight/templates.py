"""What the templates ask of an account."""

from pathlib import Path
from typing import Any

from infra.emulator.sam import parse
from infra.tools.deployment.samconfig import Configuration

ROOT = Path(__file__).parents[3]
MAIN = ROOT / "template.yaml"
CA_BUNDLE = ROOT / "infra/deployed/layers/rds-ca.pem"


def database(resource: str) -> dict[str, Any]:
    """The properties of a resource of infra/stacks/database.yaml."""
    resources = parse(ROOT / "infra/stacks/database.yaml")["Resources"]
    properties: dict[str, Any] = resources[resource]["Properties"]
    return properties


def engine() -> dict[str, str]:
    """The database's engine, and the version that it has where samconfig.toml names no other."""
    version = parse(MAIN)["Parameters"]["DatabaseVersion"]["Default"]
    return {"Engine": database("Cluster")["Engine"], "EngineVersion": version}


def most_executions(stage: Configuration) -> int:
    """The functions that run at once when every call that the throttle lets through takes its longest."""
    source = parse(MAIN)
    rate = stage.parameters.get("Rate", source["Parameters"]["Rate"]["Default"])
    return int(rate) * int(source["Globals"]["Function"]["Timeout"])
