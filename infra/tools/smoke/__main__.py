"""`python -m infra.tools.smoke URL STAGE`: reports each route that answers wrongly and exits with 1.

Without a URL (an empty one) it is that of the stage's stack.
"""

import sys

from botocore.exceptions import BotoCoreError, ClientError

from infra.tools.deployment.configuration import configuration
from infra.tools.smoke.api import Api
from infra.tools.smoke.routes import problems, routes
from infra.tools.smoke.user_journey import Stopped, live, sign_in


def main(url: str) -> int:
    api = Api(url.rstrip("/"))
    try:
        token = sign_in(api)
        live(api, token)
    except Stopped as error:
        print(f"error: {error}")
        return 1
    found = problems(api, token)
    for each in found:
        print(f"error: {each}")
    if not found:
        print(
            f"{url}: a user signed in, made an item, read and deleted it; all {len(routes())} routes answer"
        )
    return 1 if found else 0


def url_of(stage: str) -> str:
    """What the stage's stack gives out."""
    described = configuration(stage)
    formation = described.session().client("cloudformation")
    try:
        [stack] = formation.describe_stacks(StackName=described.stack)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"error: {described.stack} cannot be read: {error}. Is it deployed? Else give its URL=...")
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    return str(outputs["ApiUrl"])


if __name__ == "__main__":
    given, stage = sys.argv[1:]
    sys.exit(main(given or url_of(stage)))
