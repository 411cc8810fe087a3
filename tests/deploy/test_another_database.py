"""From one existing database to another, which is empty: the deployment brings roles and schema."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from infra.migrations import newest
from tests.deploy.cloud import DATABASE_HOST, Cloud, running_cloud

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running_cloud(tmp_path_factory.mktemp("cloud")) as running:
        network = running.client("ec2")
        vpc = network.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            network.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{number}.0/24")["Subnet"]["SubnetId"]
            for number in range(2)
        ]
        group = network.create_security_group(VpcId=vpc, GroupName="database", Description="database")
        running.parameters |= {
            "VpcId": vpc,
            "SubnetIds": ",".join(subnets),
            "DatabaseSecurityGroup": group["GroupId"],
            **existing("routewise", "1"),
        }
        running.deploy()
        yield running


def existing(database: str, number: str) -> dict[str, str]:
    return {
        "DatabaseUrl": f"postgresql://routewise_app@{DATABASE_HOST}:5432/{database}",
        "DatabaseResourceId": f"prx-{number}",
        "MasterDatabaseUrl": f"postgresql://routewise@{DATABASE_HOST}:5432/{database}",
        "MasterDatabaseResourceId": f"cluster-{number}",
    }


def test_the_empty_one_gets_its_schema_and_is_used(cloud: Cloud) -> None:
    assert cloud.call("POST", "/api/v1/items", {"name": "old"})[0] == 201
    admin = sa.create_engine(cloud.cluster.owner_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as db:
        db.execute(sa.text("CREATE DATABASE second"))
    cloud.parameters |= existing("second", "2")
    cloud.deploy()
    assert cloud.rows("SELECT version_num FROM alembic_version", "second") == [(newest(),)]
    cloud.tokens.clear()
    assert cloud.call("POST", "/api/v1/items", {"name": "new"})[0] == 201
    assert cloud.rows("SELECT name FROM items", "second") == [("new",)]
    assert cloud.rows("SELECT name FROM items") == [("old",)]
