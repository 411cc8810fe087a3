"""The life of a deployment, by `make deploy` alone, in the order in which it happens."""

from collections.abc import Iterator

import pytest

from infra.migrations import newest
from tests.deploy.calls import Calls
from tests.deploy.cloud import STACK, Cloud, running_cloud

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LATER = "infra/migrations/versions/9999_later.py"
ISSUER = "issuer: !If [BuiltInIssuer, !GetAtt Identity.Outputs.Issuer, !Ref JwtIssuer]"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running_cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


def variables(cloud: Cloud, name: str) -> set[str]:
    """The values of an environment variable behind `live`, over all functions."""
    found = (each["Environment"]["Variables"] for each in cloud.live().values())
    return {each[name] for each in found if name in each}


def versions(cloud: Cloud) -> dict[str, str]:
    return {name: each["Version"] for name, each in cloud.live().items()}


def migration(body: str) -> str:
    return (
        f"from alembic import op\nrevision = '9999'\ndown_revision = '{newest()}'\n"
        f"def upgrade():\n    op.execute('{body}')\ndef downgrade(): ...\n"
    )


def test_the_first_deployment_answers(cloud: Cloud) -> None:
    cloud.deploy()
    status, item = cloud.call("POST", "/api/v1/items", {"name": "pen"})
    assert status == 201
    assert cloud.call("GET", f"/api/v1/items/{item['id']}") == (200, item)
    assert variables(cloud, "LOG_LEVEL") == {"INFO"}


def test_the_same_again_changes_nothing(cloud: Cloud) -> None:
    before = versions(cloud)
    said = cloud.deploy()
    assert "No changes to deploy" in said
    assert versions(cloud) == before


def test_a_parameters_new_value_is_live(cloud: Cloud) -> None:
    before = versions(cloud)
    cloud.parameters |= {"LogLevel": "DEBUG", "DeletionProtection": "true"}
    said = cloud.deploy()
    assert variables(cloud, "LOG_LEVEL") == {"DEBUG"}
    after = versions(cloud)
    assert [name for name in before if after[name] == before[name]] == [], said[-3000:]
    [database] = cloud.client("rds").describe_db_clusters()["DBClusters"]
    assert database["DeletionProtection"] is True
    assert cloud.call("GET", "/api/v1/items")[0] == 200


@pytest.mark.parametrize(
    "step",
    [{"PublishBothKeys": "true"}, {"SigningKey": "B"}, {"PublishBothKeys": "false"}],
    ids=["both-keys-are-published", "the-new-key-signs", "the-old-key-goes"],
)
def test_a_key_is_rotated_while_calls_go_on(cloud: Cloud, step: dict[str, str]) -> None:
    cloud.parameters |= step
    with Calls(cloud) as calls:
        cloud.deploy()
    cloud.hours_pass()
    print(step, calls.statuses)
    assert set(calls.statuses) == {200}
    assert cloud.call("GET", "/api/v1/items")[0] == 200


def test_a_change_of_a_layer_alone_is_served(cloud: Cloud) -> None:
    version = cloud.call("GET", "/", user=None)[1]["version"]
    cloud.edit("shared/__init__.py", f'__version__ = "{version}"', '__version__ = "9.9.9"')
    cloud.deploy()
    status, root = cloud.call("GET", "/", user=None)
    assert (status, root["version"]) == (200, "9.9.9")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"Zones": "eu-north-1a,eu-north-1b,eu-north-1c"},
            "Zones: with other subnets, proxy and cache take another NetworkGeneration too.",
        ),
        (
            {"DatabaseSnapshot": "arn:aws:rds:eu-north-1:000000000000:cluster-snapshot:old"},
            "Database/Cluster: another DatabaseSnapshot, or none, would put a new database in its place.",
        ),
        (
            {
                "VpcId": "vpc-1",
                "SubnetIds": "subnet-1,subnet-2",
                "NetworkGeneration": "2",
                "DeletionProtection": "false",
                "DatabaseUrl": "postgresql://routewise_app@proxy:5432/routewise",
                "DatabaseResourceId": "prx-1",
                "MasterDatabaseUrl": "postgresql://master@cluster:5432/routewise",
                "MasterDatabaseResourceId": "cluster-ABC",
                "DatabaseSecurityGroup": "sg-1",
            },
            "Database/Cluster: the database would be removed.",
        ),
    ],
    ids=["subnets", "a-snapshot", "an-existing-database"],
)
def test_what_would_cost_the_database_is_refused(cloud: Cloud, change: dict[str, str], sentence: str) -> None:
    before, live = cloud.parameters, versions(cloud)
    cloud.parameters = before | change
    deployed, said = cloud.try_deploy()
    cloud.parameters = before
    assert not deployed
    assert sentence in said, said[-3000:]
    assert versions(cloud) == live
    formation = cloud.client("cloudformation")
    assert formation.list_change_sets(StackName=STACK)["Summaries"] == []


def test_other_subnets_come_with_another_generation(cloud: Cloud) -> None:
    cloud.parameters |= {"Zones": "eu-north-1a,eu-north-1b,eu-north-1c", "NetworkGeneration": "2"}
    with Calls(cloud) as calls:
        cloud.deploy()
    assert set(calls.statuses) == {200}


def test_a_new_migration_is_applied(cloud: Cloud) -> None:
    (cloud.project / LATER).write_text(migration("CREATE TABLE later (id int)"))
    cloud.edit("infra/migration.yaml", f'Revision: "{newest()}"', 'Revision: "9999"')
    cloud.deploy()
    assert cloud.rows("SELECT version_num FROM alembic_version") == [("9999",)]
    assert cloud.call("GET", "/api/v1/items")[0] == 200


def test_a_migration_that_fails_changes_nothing(cloud: Cloud) -> None:
    live = versions(cloud)
    text = migration("CREATE TABLE half (id int); DROP TABLE nowhere").replace("9999", "99999")
    (cloud.project / "infra/migrations/versions/99999_broken.py").write_text(text.replace(newest(), "9999"))
    cloud.edit("infra/migration.yaml", 'Revision: "9999"', 'Revision: "99999"')
    deployed, said = cloud.try_deploy()
    (cloud.project / "infra/migrations/versions/99999_broken.py").unlink()
    cloud.edit("infra/migration.yaml", 'Revision: "99999"', 'Revision: "9999"')
    assert not deployed
    assert "The migration to 99999 failed:" in " ".join(said.split())
    assert cloud.rows("SELECT version_num, to_regclass('half') FROM alembic_version") == [("9999", None)]
    assert versions(cloud) == live
    assert cloud.call("GET", "/api/v1/items")[0] == 200


def test_a_deployment_that_fails_at_the_api_is_taken_back(cloud: Cloud) -> None:
    """By then the aliases have moved to the new versions."""
    release, digests = variables(cloud, "RELEASE"), code(cloud)
    cloud.edit("shared/__init__.py", '"9.9.9"', '"10.0.0"')
    cloud.edit("template.yaml", ISSUER, "issuer: https://127.0.0.1:9")
    deployed, said = cloud.try_deploy()
    cloud.edit("template.yaml", "issuer: https://127.0.0.1:9", ISSUER)
    cloud.edit("shared/__init__.py", '"10.0.0"', '"9.9.9"')
    assert not deployed
    assert "Aliaslive" in said.replace(" ", "").replace("\n", "")  # some had moved
    assert (variables(cloud, "RELEASE"), code(cloud)) == (release, digests)
    status, root = cloud.call("GET", "/", user=None)
    assert (status, root["version"]) == (200, "9.9.9")
    assert cloud.call("GET", "/api/v1/items")[0] == 200


def code(cloud: Cloud) -> dict[str, tuple[str, ...]]:
    return {
        name: (each["CodeSha256"], *(layer["Arn"] for layer in each.get("Layers", [])))
        for name, each in cloud.live().items()
    }


def test_the_end_comes_once_protection_is_off(cloud: Cloud) -> None:
    cloud.parameters["DeletionProtection"] = "false"
    cloud.deploy()
    cloud.delete()
    assert cloud.client("apigatewayv2").get_apis()["Items"] == []
    assert cloud.rows("SELECT count(*) FROM items") == [(1,)]
