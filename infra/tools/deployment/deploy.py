"""`python -m infra.tools.deployment.deploy BUILD_DIR STAGE`: checks the change set, then runs `sam deploy`.

Without a terminal nobody can confirm a change set, so it asks nothing: a pipeline has its own approval.
"""

import subprocess
import sys
from pathlib import Path

from infra.tools.deployment.deploy_guards import refusals
from infra.tools.deployment.failures import Events
from infra.tools.deployment.preview import Preview, PreviewFailed
from infra.tools.deployment.samconfig import FILE, Configuration, configuration
from infra.tools.scale.cost import Bill
from infra.tools.scale.model import Model
from infra.tools.scale.stages import deployed
from infra.tools.scale.values import ASSUMPTIONS, PRICES, load

PROGRESS = "Reading the changes, those of nested stacks included ..."
MENDING = 'See docs/deploy.md, "When the first deployment fails".'


def main() -> None:
    folder, stage = Path(sys.argv[1]), configuration(sys.argv[2])
    sam = ["sam", "deploy", "--template-file", str(folder / "template.yaml")]
    sam += ["--config-file", str(FILE.resolve()), "--config-env", stage.name]
    preview = Preview(stage.session(), stage.stack)
    if preview.exists():
        print(PROGRESS, flush=True)
        try:
            plan = preview.plan([*sam, "--no-confirm-changeset"])
        except PreviewFailed as error:
            sys.exit(f"error: {error}")
        if plan is None:
            print("No changes to deploy.")
            remind(stage)
            return
        if problems := refusals(plan):
            sys.exit("\n".join(["error: this deployment is refused.", *(f"  - {each}" for each in problems)]))
    elif not agreed(stage):
        sys.exit("Nothing was created.")
    if not sys.stdin.isatty():
        sam.append("--no-confirm-changeset")
    events = Events(stage.session(), stage.stack)
    status = subprocess.run(sam, check=False).returncode
    if status == 0:
        remind(stage)
    elif failures := events.failures():
        print("\n".join(["error: the deployment failed.", *(f"  - {each}" for each in failures), MENDING]))
    sys.exit(status)


def agreed(stage: Configuration) -> bool:
    """Asks the operator to accept a new stack's costs. Returns True without a terminal, as in a pipeline."""
    session = stage.session()
    account = session.client("sts").get_caller_identity()["Account"]
    print(
        f"{stage.stack} is new: this creates it in account {account}, {session.region_name}. "
        f"It costs about ${idle_cost(stage.name):.0f} a month without any calls (docs/scale-and-cost.md)."
    )
    return not sys.stdin.isatty() or input("Create it? [y/N] ").strip().lower() in ("y", "yes")


def idle_cost(name: str) -> float:
    """Returns US $ a month, by the prices of docs/scale-and-cost.md."""
    return sum(Bill(Model(load(ASSUMPTIONS), deployed(name)), load(PRICES)).idle().values())


def remind(stage: Configuration) -> None:
    own_database = not stage.parameters.get("DatabaseUrl")
    if stage.stage == "prod" and own_database and stage.parameters.get("DeletionProtection") != "true":
        print("note: the database can be deleted until samconfig.toml says DeletionProtection=true.")


if __name__ == "__main__":
    main()
