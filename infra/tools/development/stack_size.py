"""`python -m infra.tools.development.stack_size`: counts the main stack's resources and stops at 450.

CloudFormation takes 500 in a template (its quotas page). A nested stack counts as one, whatever is in it.
"""

import sys
from pathlib import Path

from infra.emulator.template_yaml import of_type, parse
from infra.tools.deployment.translation import defaults, translate

MAIN = Path(__file__).parents[3] / "template.yaml"
LIMIT = 500  # CloudFormation's
MOST = 450  # leaves room for the change that moves a domain out
OPTIONS = {"Canary": "true"}  # it adds a deployment group and its application
WHAT_TO_DO = 'Move a domain into a nested API stack: docs/run.md, "When the stack is full".'


def resources(main: Path = MAIN) -> int:
    """Counts the resources of the template that SAM translated, optional ones included."""
    source = parse(main)
    nested = len(list(of_type(source["Resources"], "AWS::Serverless::Application")))
    return len(translate(main, defaults(source) | OPTIONS)["Resources"]) + nested


def verdict(count: int) -> str:
    """A line for `make check`. Ends the program where the count leaves too little room."""
    line = f"stack       {count} of CloudFormation's {LIMIT} resources"
    if count >= MOST:
        sys.exit(f"error: {line}, and the limit here is {MOST}. {WHAT_TO_DO}")
    return line


if __name__ == "__main__":
    print(verdict(resources()))
