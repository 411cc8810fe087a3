"""samconfig.toml, as `sam deploy --config-env` reads it.

`python -m infra.tools.deployment.samconfig STAGE`: reports what is missing to reach the stage's account.
"""

import os
import shlex
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError

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
        """Region and profile as SAM takes them: from samconfig.toml, else from the operator's environment.

        Ends the program with a sentence where there is no region or nobody to sign in as.
        """
        if region := os.environ.get("AWS_REGION"):  # which boto3 and SAM do not read
            os.environ["AWS_DEFAULT_REGION"] = region
        profile = self.deploy.get("profile")
        try:
            session = boto3.Session(region_name=self.deploy.get("region"), profile_name=profile)
            signed_in = session.get_credentials() is not None
        except BotoCoreError as error:
            sys.exit(f"error: {error}. Name another with AWS_PROFILE, or add it: aws configure")
        if not session.region_name:
            sys.exit("error: no region is set: set AWS_REGION, or one in the profile")
        if not signed_in:
            sys.exit("error: no AWS credentials were found: aws configure, aws sso login, or set AWS_PROFILE")
        return session


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


if __name__ == "__main__":
    configuration(sys.argv[1]).session()
