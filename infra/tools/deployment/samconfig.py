"""samconfig.toml, as `sam deploy --config-env` reads it."""

import shlex
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

FILE = Path("samconfig.toml")


@dataclass(frozen=True)
class Configuration:
    """What samconfig.toml says of one stage. `deploy` is all that `sam deploy` reads of it."""

    name: str
    deploy: dict[str, Any]

    @property
    def stack(self) -> str:
        return str(self.deploy["stack_name"])

    @property
    def parameters(self) -> dict[str, str]:
        pairs = shlex.split(self.deploy.get("parameter_overrides", ""))
        return dict(pair.split("=", 1) for pair in pairs)

    @property
    def stage(self) -> str:
        return self.parameters.get("Stage", "dev")  # the template's default

    def session(self) -> boto3.Session:
        """Region and profile as SAM takes them: from samconfig.toml, else from the operator's environment."""
        return boto3.Session(region_name=self.deploy.get("region"), profile_name=self.deploy.get("profile"))


def configuration(name: str, file: Path = FILE) -> Configuration:
    """Ends the program with a sentence where there is no such stage."""
    stages = tomllib.loads(file.read_text())
    try:
        stage = stages[name]
        every_command = stage.get("global", {}).get("parameters", {})
        return Configuration(name, every_command | stage["deploy"]["parameters"])
    except KeyError:
        known = ", ".join(each for each, value in stages.items() if isinstance(value, dict))
        sys.exit(f"error: samconfig.toml has no [{name}.deploy.parameters]; STAGE is one of {known}")
