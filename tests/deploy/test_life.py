"""The life of a deployment, by `make deploy` alone, in the order in which it happens.

A deployment takes most of a minute, so one may be several steps that have nothing to do with each other.
"""

from collections.abc import Iterator

from shared.runtime.product import IDENTIFIER, NAME

import pytest

from infra.deployed.migrations import newest
from infra.deployed.migrations.bootstrap import APP_ROLE
from tests.deploy.calls import Calls
from tests.deploy.cloud import PARAMETERS, Cloud
from tests.deploy.deployed import change_sets, code, protected, signing_keys, snapstarted, variables, versions
from tests.deploy.running import DATABASE_HOST, running_cloud

pytestmark = [pytest.mark.life, pytest.mark.timeout(900)]

NAMES = "SELECT name FROM users WHERE name IS NOT NULL"
VERSIONS = "infra/deployed/migrations/versions"
ISSUER = "issuer: !If [BuiltInIssuer, !GetAtt Identity.Outputs.Issuer, !Ref JwtIssuer]"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running_cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


def write_migration(cloud: Cloud, revision: str, after: str, body: str) -> None:
    (cloud.project / f"{VERSIONS}/{revision}_later.py").write_text(
        f"from alembic import op\nrevision = '{revision}'\ndown_revision = '{after}'\n"
        f"def upgrade():\n    op.execute('{body}')\ndef downgrade(): ...\n"
    )


def deploy_under_calls(cloud: Cloud, **parameters: str) -> None:
    """The deployment as it looks to a user, who signs in and reads all the while."""
    cloud.parameters |= parameters
    with Calls(cloud) as calls:
        cloud.deploy()
    assert set(calls.statuses) == {200}, calls.statuses
    cloud.hours_pass()
    assert cloud.call("GET", "/api/v1/users/me")[0] == 200


def test_the_first_deployment_answers(cloud: Cloud) -> None:
    cloud.deploy()
    status, profile = cloud.call("PUT", "/api/v1/users/me", {"name": "Pen"})
    assert status == 200
    assert cloud.call("GET", "/api/v1/users/me") == (200, profile)
    assert (variables(cloud, "LOG_LEVEL"), snapstarted(cloud), protected(cloud)) == ({"INFO"}, 0, False)


def test_the_same_again_changes_nothing(cloud: Cloud) -> None:
    before = versions(cloud)
    assert "No changes to deploy" in cloud.deploy()
    assert versions(cloud) == before


@pytest.mark.parametrize(
    ("change", "sentences"),
    [
        (
            {
                "Zones": "eu-north-1a,eu-north-1c",
                "DatabaseSnapshot": "arn:aws:rds:eu-north-1:000000000000:cluster-snapshot:old",
            },
            [
                "Database/Cluster: another DatabaseSnapshot, or none, would replace the database.",
                "Network/SubnetB: its zone cannot change, as the new subnet needs the old addresses.",
                "Zones: change NetworkGeneration too, which replaces the proxy and the cache.",
            ],
        ),
        (
            {
                "VpcId": "vpc-1",
                "SubnetIds": "subnet-1,subnet-2",
                "NetworkGeneration": "2",
                "DatabaseUrl": "postgresql://acme_app@proxy:5432/acme",
                "DatabaseResourceId": "prx-1",
                "MasterDatabaseUrl": "postgresql://master@cluster:5432/acme",
                "MasterDatabaseResourceId": "cluster-ABC",
                "DatabaseSecurityGroup": "sg-1",
            },
            ["Database/Cluster: the database would be removed."],
        ),
    ],
    ids=["another-snapshot-and-subnets", "an-existing-database"],
)
def test_what_would_cost_the_database_is_refused(
    cloud: Cloud, change: dict[str, str], sentences: list[str]
) -> None:
    before, live, known = cloud.parameters, versions(cloud), change_sets(cloud)
    cloud.parameters = before | change
    deployed, said = cloud.try_deploy()
    cloud.parameters = before
    assert not deployed
    assert [each for each in sentences if each not in said] == [], said[-3000:]
    assert (versions(cloud), change_sets(cloud)) == (live, known)


def test_parameters_new_values_are_live_and_both_keys_published(cloud: Cloud) -> None:
    before = versions(cloud)
    cloud.parameters |= {"LogLevel": "DEBUG", "SnapStart": "chosen", "DeletionProtection": "true"}
    cloud.parameters |= {"Tracing": "on"}
    deploy_under_calls(cloud, PublishBothKeys="true")
    assert (variables(cloud, "LOG_LEVEL"), protected(cloud), signing_keys(cloud)) == ({"DEBUG"}, True, 2)
    assert snapstarted(cloud) > 0
    assert {each["TracingConfig"]["Mode"] for each in cloud.live().values()} == {"PassThrough", "Active"}
    after = versions(cloud)
    assert [name for name in before if after[name] == before[name]] == []


def test_the_other_key_signs_and_other_subnets_come_with_another_generation(cloud: Cloud) -> None:
    cloud.parameters |= {"Zones": "eu-north-1a,eu-north-1b,eu-north-1c", "NetworkGeneration": "2"}
    [before] = variables(cloud, "SIGNING_KEY")
    deploy_under_calls(cloud, SigningKey="B", SnapStart="off")
    [after] = variables(cloud, "SIGNING_KEY")
    assert after != before
    assert signing_keys(cloud) == 2


def test_a_change_of_a_layer_alone_is_served(cloud: Cloud) -> None:
    version = cloud.call("GET", "/", user=None)[1]["version"]
    cloud.edit("shared/__init__.py", f'__version__ = "{version}"', '__version__ = "9.9.9"')
    cloud.deploy()
    status, root = cloud.call("GET", "/", user=None)
    assert (status, root["version"]) == (200, "9.9.9")


def test_a_new_migration_is_applied_and_the_old_key_goes(cloud: Cloud) -> None:
    write_migration(cloud, "9998", newest(), "CREATE TABLE later (id int)")
    deploy_under_calls(cloud, PublishBothKeys="false", DeletionProtection="false")
    assert cloud.rows("SELECT version_num FROM alembic_version") == [("9998",)]
    assert (signing_keys(cloud), protected(cloud)) == (1, False)


def test_a_migration_that_fails_changes_nothing(cloud: Cloud) -> None:
    release = variables(cloud, "RELEASE")
    write_migration(cloud, "9999", "9998", "CREATE TABLE half (id int); DROP TABLE nowhere")
    deployed, said = cloud.try_deploy()
    (cloud.project / f"{VERSIONS}/9999_later.py").unlink()
    assert not deployed
    assert "The migration to 9999 failed:" in " ".join(said.split()), said[-6000:]
    assert cloud.rows("SELECT version_num, to_regclass('half') FROM alembic_version") == [("9998", None)]
    assert variables(cloud, "RELEASE") == release
    assert cloud.call("GET", "/api/v1/users/me")[0] == 200


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
    assert cloud.call("GET", "/api/v1/users/me")[0] == 200


def test_what_is_deployed_stands_up_to_make_smoke(cloud: Cloud) -> None:
    passed, said = cloud.make("smoke")
    assert passed, said


def test_behind_an_edge_only_its_secrets_are_let_in(cloud: Cloud) -> None:
    """ministack keeps the gateway's own endpoint, so this call bypasses CloudFront."""
    endpoint, secrets = cloud.outputs()["ApiUrl"], ["n" * 32, "f" * 32]
    kept = {"Name": f"/{NAME}/test/origin-secret", "Value": ",".join(secrets), "Type": "String"}
    version = cloud.client("ssm").put_parameter(**kept)["Version"]
    cloud.parameters |= {
        "ApiDomain": "api.example.com",
        "Certificate": "arn:aws:acm:eu-north-1:123456789012:certificate/0a1b",
        "DefaultEndpoint": "off",
        "OriginSecret": f"{kept['Name']}:{version}",
    }
    cloud.deploy()
    for path in ("/health", "/docs", "/api/v1/health"):
        status, invalid_event_response = cloud.call("GET", path, user=None, url=endpoint)
        assert (status, invalid_event_response["error"]) == (403, "forbidden")
    for secret in secrets:
        assert cloud.call("GET", "/health", user=None, url=endpoint, **{"X-Origin-Secret": secret})[0] == 200
    outputs = cloud.outputs()
    assert outputs["ApiUrl"] == "https://api.example.com"
    assert outputs["Origin"].endswith(".amazonaws.com")
    [mapping] = cloud.client("apigatewayv2").get_api_mappings(DomainName="api.example.com")["Items"]
    assert mapping["Stage"] == "$default"


def test_the_end_takes_everything_but_the_data(cloud: Cloud) -> None:
    gone, said = cloud.make("destroy")
    assert gone, said
    assert cloud.client("apigatewayv2").get_apis()["Items"] == []
    assert cloud.rows(NAMES) == [("Pen",)]
    cloud.tokens.clear()


def existing(database: str, number: str) -> dict[str, str]:
    return {
        "DatabaseUrl": f"postgresql://{APP_ROLE}@{DATABASE_HOST}:5432/{database}",
        "DatabaseResourceId": f"prx-{number}",
        "MasterDatabaseUrl": f"postgresql://{IDENTIFIER}@{DATABASE_HOST}:5432/{database}",
        "MasterDatabaseResourceId": f"cluster-{number}",
    }


def test_a_stack_can_be_put_before_an_existing_database(cloud: Cloud) -> None:
    """In its own network. The tables and the users that it has stay what they are."""
    network = cloud.client("ec2")
    vpc = network.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        network.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{number}.0/24")["Subnet"]["SubnetId"]
        for number in range(2)
    ]
    group = network.create_security_group(VpcId=vpc, GroupName="database", Description="database")["GroupId"]
    cloud.parameters = PARAMETERS | existing(NAME, "1")
    cloud.parameters |= {"VpcId": vpc, "SubnetIds": ",".join(subnets), "DatabaseSecurityGroup": group}
    cloud.deploy()
    assert cloud.call("GET", "/api/v1/users/me")[1]["name"] == "Pen"


def test_another_database_that_is_empty_gets_its_schema_and_is_used(cloud: Cloud) -> None:
    cloud.execute("CREATE DATABASE second")
    cloud.parameters |= existing("second", "2")
    cloud.deploy()
    cloud.tokens.clear()
    assert cloud.rows("SELECT version_num FROM alembic_version", "second") == [("9998",)]
    assert cloud.call("PUT", "/api/v1/users/me", {"name": "New"})[0] == 200
    assert cloud.rows(NAMES, "second") == [("New",)]
    assert cloud.rows(NAMES) == [("Pen",)]
