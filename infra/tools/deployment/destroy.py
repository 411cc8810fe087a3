"""`python -m infra.tools.deployment.destroy STAGE`: deletes the stack with all its data. Never prod's."""

import sys

from botocore.exceptions import WaiterError

from infra.tools.deployment.failures import Events
from infra.tools.deployment.samconfig import configuration


def main() -> None:
    stage = configuration(sys.argv[1])
    if stage.stage == "prod" or stage.parameters.get("DeletionProtection") == "true":
        sys.exit(
            f"error: make destroy does not delete {stage.stack}, which is prod or protected."
            " If you are sure, use aws cloudformation delete-stack."
        )
    formation, events = stage.session().client("cloudformation"), Events(stage.session(), stage.stack)
    formation.delete_stack(StackName=stage.stack)
    try:
        waiter = formation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=stage.stack, WaiterConfig={"Delay": 5, "MaxAttempts": 720})
    except WaiterError:
        failures = (f"  - {each}" for each in events.failures())
        sys.exit("\n".join(["error: the stack was not deleted.", *failures]))
    print(f"{stage.stack} is deleted.")


if __name__ == "__main__":
    main()
