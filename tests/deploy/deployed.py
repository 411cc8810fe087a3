"""The deployed resources, as AWS's API lists them."""

from tests.deploy.cloud import STACK, Cloud


def variables(cloud: Cloud, name: str) -> set[str]:
    """The values of an environment variable behind `live`, over all functions."""
    found = (each["Environment"]["Variables"] for each in cloud.live().values())
    return {each[name] for each in found if name in each}


def versions(cloud: Cloud) -> dict[str, str]:
    return {name: each["Version"] for name, each in cloud.live().items()}


def code(cloud: Cloud) -> dict[str, tuple[str, ...]]:
    """The digests of each function and its layers behind `live`."""
    live, functions = cloud.live(), cloud.client("lambda")
    arns = {layer["Arn"] for each in live.values() for layer in each.get("Layers", [])}
    digests = {arn: functions.get_layer_version_by_arn(Arn=arn)["Content"]["CodeSha256"] for arn in arns}
    return {
        name: (each["CodeSha256"], *(digests[layer["Arn"]] for layer in each.get("Layers", [])))
        for name, each in live.items()
    }


def change_sets(cloud: Cloud) -> set[str]:
    found = cloud.client("cloudformation").list_change_sets(StackName=STACK)["Summaries"]
    return {each["ChangeSetName"] for each in found}


def snapstarted(cloud: Cloud) -> int:
    return sum(each["SnapStart"]["ApplyOn"] == "PublishedVersions" for each in cloud.live().values())


def protected(cloud: Cloud) -> bool:
    [database] = cloud.client("rds").describe_db_clusters()["DBClusters"]
    return bool(database["DeletionProtection"])


def signing_keys(cloud: Cloud) -> int:
    """As many as the issuer publishes."""
    [published] = variables(cloud, "KEY_SET")
    return published.count('"kid"')
