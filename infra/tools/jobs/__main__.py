"""`python -m infra.tools.jobs STAGE RERUN DROP`: the dead jobs of a stage, or of the running stack.

RERUN and DROP are ids, or `all`. Without a stage it asks the running stack's database.
"""

import json
import sys
from typing import Any

from shared.jobs import manage_dead

from botocore.exceptions import BotoCoreError, ClientError
from sqlalchemy.orm import Session

from infra.emulator.command_error import CommandError
from infra.local.command import run
from infra.local.config import read_config
from infra.local.running_stack import read_state
from infra.local.users import transaction
from infra.tools.deployment.samconfig import configuration


def main() -> None:
    stage, rerun, drop = sys.argv[1:]
    if rerun and drop:
        raise CommandError("give RERUN or DROP, not both")
    do = "rerun" if rerun else "drop" if drop else "list"
    ids = _ids(rerun or drop)
    answer = _in_cloud(stage, do, ids) if stage else _here(do, ids)
    if do != "list":
        print(f"{answer['changed']} dead jobs {'are due again' if rerun else 'are deleted'}")
    print(", ".join(f"{jobs} {state}" for state, jobs in answer["states"].items()))
    for job in answer["dead"]:
        print(f"{job['id']} {job['kind']} of user {job['user_id'] or 'unknown'}: {job['last_error']}")


def _ids(given: str) -> list[int]:
    """Returns ids, none of them for all jobs. Errors: CommandError."""
    if given in ("", "all"):
        return []
    try:
        return [int(each) for each in given.replace(",", " ").split()]
    except ValueError:
        raise CommandError(f"{given!r} should be ids, such as 1,2, or all") from None


def _here(do: str, ids: list[int]) -> dict[str, Any]:
    with transaction(read_state(read_config()).database_url) as connection, Session(connection) as db:
        answer = manage_dead(db, do, ids)
        db.commit()
    return answer


def _in_cloud(stage: str, do: str, ids: list[int]) -> dict[str, Any]:
    """Invokes the function of the stage's stack. Errors: CommandError."""
    described = configuration(stage)
    session = described.session()
    try:
        nested = _resource(session, described.stack, "Jobs")
        name = _resource(session, nested, "ManageJobsFunction")
        payload = json.dumps({"do": do, "ids": ids})
        answer = session.client("lambda").invoke(FunctionName=name, Payload=payload)
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"{described.stack} cannot be reached: {error}. Is it deployed?") from None
    said = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise CommandError(f"{name} failed: {said.get('errorMessage')}")
    return dict(said)


def _resource(session: Any, stack: str, name: str) -> str:
    found = session.client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=name)
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


run(main)
