"""`python -m infra.tools.smoke URL STAGE`: reports each route that answers wrongly and exits with 1.

With an empty URL it uses that of the stage's stack.
"""

import os
import sys
import time

from botocore.exceptions import BotoCoreError, ClientError

from infra.tools.deployment.samconfig import configuration
from infra.tools.smoke.api import Api
from infra.tools.smoke.route_checks import Route, expected, problems
from infra.tools.smoke.user_journey import Stopped, enter, live

PAUSE = int(os.environ.get("SMOKE_PAUSE", "60"))  # seconds in which Lambda makes a network interface


def main(url: str) -> int:
    api = Api(url.rstrip("/"))
    if not (answer := api.call("GET", "/health")).status:  # not even the gateway's error
        print(f"error: {url}: {answer}")
        return 1
    asked = expected(api)
    failed, done = attempt(api, asked)
    if failed:
        print(f"trying again in {PAUSE} s: an inactive function fails the call that wakes it", flush=True)
        time.sleep(PAUSE)
        failed, done = attempt(api, asked)
    for each in failed:
        print(f"error: {each}")
    if not failed:
        print(f"{url}: {', '.join(done)}; all {len(asked)} routes answer")
    return 1 if failed else 0


def attempt(api: Api, asked: list[Route]) -> tuple[list[str], list[str]]:
    """Returns a sentence for each wrong answer, and what the caller did."""
    try:
        caller = enter(api)
        done = [caller.name, *live(api, caller)]
    except Stopped as error:
        return [str(error)], []
    return problems(api, caller.token, asked), done


def url_of(stage: str) -> str:
    """Returns the URL among the outputs of the stage's stack."""
    described = configuration(stage)
    formation = described.session().client("cloudformation")
    try:
        [stack] = formation.describe_stacks(StackName=described.stack)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"error: {described.stack} cannot be read: {error}. Is it deployed? Otherwise set URL=...")
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    return str(outputs["ApiUrl"])


if __name__ == "__main__":
    given, stage = sys.argv[1:]
    if given and not given.startswith(("https://", "http://")):
        sys.exit(f"error: URL is {given!r}; it should begin with https://")
    sys.exit(main(given or url_of(stage)))
