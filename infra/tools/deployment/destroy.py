"""`python -m infra.tools.deployment.destroy STAGE`: deletes the stack with all its data. Never prod's."""

import sys

from botocore.exceptions import WaiterError

from infra.tools.deployment.failures import Events
from infra.tools.deployment.samconfig import configuration


def main() -> None:
    stage = configuration(sys.argv[1])
    if stage.stage == "prod" or stage.parameters.get("DeletionProtection") == "true":
        sys.exit(f"error: {stage.stack} is kept: aws cloudformation delete-stack is for who means it.")
    formation, events = stage.session().client("cloudformation"), Events(stage.session(), stage.stack)
    formation.delete_stack(StackName=stage.stack)
    try:
        waiter = formation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=stage.stack, WaiterConfig={"Delay": 5, "MaxAttempts": 720})
    except WaiterError:
        sys.exit("\n".join(["error: the stack is not gone.", *(f"  - {each}" for each in events.failures())]))
    print(f"{stage.stack} is gone.")


if __name__ == "__main__":
    main()
