"""Changes that `make deploy` refuses."""

from collections.abc import Iterator

from infra.tools.deployment.preview import Change, Plan

DATABASE, SUBNET = "AWS::RDS::DBCluster", "AWS::EC2::Subnet"
# Parameters that determine the subnets. A proxy or cache changes subnets by replacement, under another name.
SUBNETS = ("Zones", "VpcId", "SubnetIds")
GENERATION = "NetworkGeneration"
# The database's origin. CloudFormation reads it once, but a change would replace the database.
ORIGIN = {
    "SnapshotIdentifier": "DatabaseSnapshot",
    "SourceDBClusterIdentifier": "DatabaseSource",
    "RestoreToTime": "DatabaseSourceTime",
    "UseLatestRestorableTime": "DatabaseSourceTime",
}
VERSION = "DatabaseVersion"


def refusals(plan: Plan) -> list[str]:
    """Returns a sentence for each forbidden change."""
    return [
        *(sentence for change in plan.changes for sentence in _of_database(change)),
        *(sentence for change in plan.changes for sentence in _of_addresses(change)),
        *_of_version(plan),
        *_of_subnets(plan),
    ]


def _of_database(change: Change) -> Iterator[str]:
    if change.type != DATABASE or change.action == "Add":
        return
    if change.action == "Remove":
        yield f"{change.where}: the database would be removed."
    elif origin := next((ORIGIN[name] for name in ORIGIN if name in change.properties), None):
        yield f"{change.where}: another {origin}, or none, would replace the database."
    elif change.replacement != "False":
        certainly = "would" if change.replacement == "True" else "may"
        properties = ", ".join(sorted(change.properties))
        yield f"{change.where}: the database {certainly} be replaced by an empty one ({properties})."


def _of_version(plan: Plan) -> Iterator[str]:
    before, after = plan.before.get(VERSION), plan.after.get(VERSION)
    if before and after and _number(after) < _number(before):
        yield f"{VERSION}: {after} is earlier than {before}, and RDS cannot downgrade a database."


def _number(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _of_addresses(change: Change) -> Iterator[str]:
    if change.type == SUBNET and change.replacement == "True":
        yield f"{change.where}: its zone cannot change, as the new subnet needs the old addresses."


def _of_subnets(plan: Plan) -> Iterator[str]:
    def differs(name: str) -> bool:
        return plan.before.get(name) != plan.after.get(name)

    if differs("VpcId") and not plan.before.get("DatabaseUrl") and not plan.after.get("DatabaseUrl"):
        yield "VpcId: the stack's own database cannot move to another network."
    changed = [name for name in SUBNETS if name in plan.before and differs(name)]
    if changed and not differs(GENERATION):
        yield f"{', '.join(changed)}: change {GENERATION} too, which replaces the proxy and the cache."
