"""What must hold of network, database, roles and parameters, so that a deployment is safe or refused."""

import json
import re
from typing import Any

from infra.emulator.template_yaml import of_type, parse
from tests.infra.test_template import Resources, statements, translated
from tests.support.client import ROOT

MAIN = ROOT / "template.yaml"


def stack(name: str) -> Resources:
    return translated(ROOT / f"infra/stacks/{name}.yaml")


def main() -> Resources:
    return translated(MAIN)


def one(resources: Resources, type_: str) -> dict[str, Any]:
    [(_, properties)] = of_type(resources, type_)
    return properties


def test_the_proxy_takes_iam_over_tls_and_nothing_else() -> None:
    proxy = one(stack("proxy"), "AWS::RDS::DBProxy")
    assert (proxy["DefaultAuthScheme"], proxy["RequireTLS"]) == ("IAM_AUTH", True)
    assert "Auth" not in proxy  # which would name a secret


def test_the_proxy_comes_after_the_migration_that_makes_its_user() -> None:
    assert parse(MAIN)["Resources"]["Proxy"]["DependsOn"] == "Migration"


def test_the_master_user_has_no_password() -> None:
    cluster = one(stack("database"), "AWS::RDS::DBCluster")
    assert cluster["MasterUserAuthenticationType"]["Fn::If"][2] == "iam-db-auth"
    assert cluster["EnableIAMDatabaseAuthentication"] is True
    assert not {"MasterUserPassword", "ManageMasterUserPassword", "MasterUserSecret"} & set(cluster)


def test_the_database_is_encrypted_at_rest_and_on_the_way() -> None:
    assert one(stack("database"), "AWS::RDS::DBCluster")["StorageEncrypted"]["Fn::If"][2] is True
    assert one(stack("database"), "AWS::RDS::DBClusterParameterGroup")["Parameters"]["rds.force_ssl"] == "1"


def test_production_is_backed_up_for_longer() -> None:
    cluster = one(stack("database"), "AWS::RDS::DBCluster")
    assert cluster["BackupRetentionPeriod"] == {"Fn::If": ["Production", 35, 7]}


def test_a_custom_resource_can_answer_from_within_the_network() -> None:
    endpoints = dict(of_type(stack("network"), "AWS::EC2::VPCEndpoint"))
    [answers] = endpoints["S3Endpoint"]["PolicyDocument"]["Statement"]
    name, values = answers["Resource"]["Fn::Sub"]
    assert name == "arn:${AWS::Partition}:s3:::cloudformation-custom-resource-response-${Region}/*"
    assert values["Region"] == {"Fn::Join": ["", {"Fn::Split": ["-", {"Ref": "AWS::Region"}]}]}
    assert answers["Action"] == "s3:PutObject"


def test_nothing_leads_out_of_the_network() -> None:
    types = {resource["Type"] for resource in stack("network").values()}
    assert not types & {"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::Route"}


def test_groups_are_let_in_by_name_alone() -> None:
    for name, rule in of_type(stack("network"), "AWS::EC2::SecurityGroupIngress"):
        assert "SourceSecurityGroupId" in rule, name
        assert not {"CidrIp", "CidrIpv6"} & set(rule), name


def test_every_group_says_where_it_may_go() -> None:
    for name, group in of_type(stack("network"), "AWS::EC2::SecurityGroup"):
        assert group["SecurityGroupEgress"], name  # without one, CloudFormation allows all
        assert "SecurityGroupIngress" not in group, name


def test_a_role_signs_in_as_one_user() -> None:
    for template, user in (("roles", "DatabaseUserArn"), ("migration", "DatabaseUserArn")):
        [connect] = [each for _, each in statements(stack(template)) if each["Action"] == "rds-db:connect"]
        assert connect["Resource"] == {"Ref": user}
    [proxy] = [each for _, each in statements(stack("proxy")) if each["Action"] == "rds-db:connect"]
    assert proxy["Resource"]["Fn::Sub"][0].endswith("dbuser:${ClusterResourceId}/${Name}_app")
    parameters = parse(MAIN)["Resources"]["Roles"]["Properties"]["Parameters"]
    assert parameters["DatabaseUserArn"]["Fn::Sub"][0].endswith("dbuser:${ProxyId}/${Name}_app")


def roles_of_functions() -> dict[str, str]:
    return {
        name: function["Role"]["Fn::GetAtt"][1].removeprefix("Outputs.")
        for name, function in of_type(main(), "AWS::Lambda::Function")
    }


def test_what_gives_tokens_alone_may_sign() -> None:
    assert stack("roles")["Signing"]["Properties"]["Roles"] == [{"Ref": "SignInRole"}]
    signing = {name for name, role in roles_of_functions().items() if role == "SignInRole"}
    assert signing == {
        *("LoginFunction", "RefreshFunction", "WebLoginFunction", "WebRefreshFunction"),
        "IssueTokenFunction",
    }


def test_no_two_roles_have_the_same_rights() -> None:
    policies = dict(of_type(stack("roles"), "AWS::IAM::ManagedPolicy"))
    rights = {
        name: {arn["Ref"] for arn in role["ManagedPolicyArns"]}
        | {policy for policy, each in policies.items() if f'"{name}"' in json.dumps(each.get("Roles"))}
        for name, role in of_type(stack("roles"), "AWS::IAM::Role")
    }
    assert len({frozenset(each) for each in rights.values()}) == len(rights), rights


def test_a_role_reaches_the_database_where_the_function_does() -> None:
    """Both, or neither: the network without the role is of no use, the role without the network no need."""
    database = {
        name
        for name, role in of_type(stack("roles"), "AWS::IAM::Role")
        if {"Ref": "Network"} in role["ManagedPolicyArns"]
    }
    signs_in = json.dumps(stack("roles")["Database"]["Properties"]["Roles"])
    assert {
        name for name, _ in of_type(stack("roles"), "AWS::IAM::Role") if f'"{name}"' in signs_in
    } == database
    for name, function in of_type(main(), "AWS::Lambda::Function"):
        reaches = function["VpcConfig"] != {"Ref": "AWS::NoValue"}
        assert reaches == (roles_of_functions()[name] in database), name


def test_no_function_changes_before_the_schema_has() -> None:
    for name, function in of_type(main(), "AWS::Lambda::Function"):
        revision = function["Environment"]["Variables"]["SCHEMA_REVISION"]
        assert revision == {"Fn::GetAtt": ["Migration", "Outputs.Revision"]}, name


def test_the_migration_ends_before_cloudformation_stops_waiting() -> None:
    for template, type_ in (
        ("migration", "Custom::Schema"),
        ("identity", "Custom::KeySet"),
        ("identity", "Custom::Discovery"),
    ):
        resource = one(stack(template), type_)
        name = resource["ServiceToken"]["Ref"].removesuffix("Aliaslive")
        assert resource["ServiceTimeout"] > stack(template)[name]["Properties"]["Timeout"]


def test_the_issuer_is_known_once_it_answers() -> None:
    issuer = parse(ROOT / "infra/stacks/identity.yaml")["Outputs"]["Issuer"]["Value"]
    assert issuer == {"Fn::GetAtt": ["Discovery", "Issuer"]}
    for _, function in of_type(stack("identity"), "AWS::Lambda::Function"):
        assert "VpcConfig" not in function


def test_a_database_url_has_no_password() -> None:
    for name in ("DatabaseUrl", "MasterDatabaseUrl"):
        pattern = parse(MAIN)["Parameters"][name]["AllowedPattern"]
        assert re.fullmatch(pattern, "postgresql://user@host:5432/acme")
        assert not re.fullmatch(pattern, "postgresql://user:secret@host:5432/acme")
    for name, function in of_type(main(), "AWS::Lambda::Function"):
        own = function["Environment"]["Variables"]["DATABASE_URL"]["Fn::If"][1]["Fn::Sub"][0]
        assert own == "postgresql://${Name}_app@${Proxy.Outputs.Endpoint}:5432/${Name}", name


def test_snapstart_is_off_for_chosen_routes_or_for_all() -> None:
    chosen = {"Fn::If": ["SnapStartChosen", "PublishedVersions", "None"]}
    every = {"Fn::If": ["SnapStartAll", "PublishedVersions", "None"]}
    found = {
        function["Handler"]: function["SnapStart"]["ApplyOn"]
        for _, function in of_type(main(), "AWS::Lambda::Function")
    }
    assert every in found.values() and all(each in (chosen, every) for each in found.values())
    assert found["accounts.get_me.handler"] == chosen  # one that stays in a project without samples


def database_faults(database: Resources) -> set[str]:
    """What would write callers' values into a log, or a log that nobody empties."""
    settings = one(database, "AWS::RDS::DBClusterParameterGroup")["Parameters"]
    silent = {"log_parameter_max_length": "0", "log_error_verbosity": "terse"}
    found = {name for name, value in silent.items() if settings.get(name) != value}
    groups = {name: each["LogGroupName"] for name, each in of_type(database, "AWS::Logs::LogGroup")}
    ours = [name for name, each in groups.items() if each == {"Fn::Sub": DATABASE_LOG}]
    if ours != [database["Writer"].get("DependsOn")]:
        found.add("Aurora makes the log group before we do")
    return found


DATABASE_LOG = "/aws/rds/cluster/${Cluster}/postgresql"  # Aurora's own name for it


def test_the_databases_log_holds_no_values_and_is_ours() -> None:
    assert database_faults(stack("database")) == set()


def test_a_database_log_with_values_is_seen() -> None:
    for name, value in (("log_parameter_max_length", "-1"), ("log_error_verbosity", "default")):
        changed = stack("database")
        one(changed, "AWS::RDS::DBClusterParameterGroup")["Parameters"][name] = value
        assert database_faults(changed) == {name}
    late = stack("database")
    del late["Writer"]["DependsOn"]
    assert database_faults(late) == {"Aurora makes the log group before we do"}
