"""A stage's resources and settings, from its templates and samconfig.toml."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from infra.emulator.cloudformation import Resolver
from infra.emulator.template_yaml import of_type, parse
from infra.tools.deployment.samconfig import configuration
from infra.tools.deployment.translation import defaults
from infra.tools.monitoring.alarms import ALARMS

ROOT = Path(__file__).parents[3]
ALARM = "AWS::CloudWatch::Alarm"


@dataclass(frozen=True)
class Deployed:
    name: str
    throttle: int  # calls a second
    memory: int  # MB of a function
    functions: int
    chosen: frozenset[str]  # operations with a snapshot under SnapStart=chosen
    snapshots: int  # billed ones
    least_capacity: float  # of an instance, in capacity units
    capacity: float  # at most
    instances: int
    share_of_connections: float  # for the proxy
    cache: bool
    ecpu: int  # a second, of a cache
    canary_alarms: int


@cache
def deployed(stage: str) -> Deployed:
    """Reads one of samconfig.toml's stages."""
    main = parse(ROOT / "template.yaml")
    given = defaults(main) | configuration(stage, ROOT / "samconfig.toml").parameters
    resources = main["Resources"]
    functions = dict(of_type(resources, "AWS::Serverless::Function"))
    pool = _properties("infra/stacks/proxy.yaml", "Targets")["ConnectionPoolConfigurationInfo"]
    usage = _properties("infra/stacks/cache.yaml", "Cache")["CacheUsageLimits"]
    chosen = frozenset(_operation(each) for each in functions.values() if "SnapStart" in each)
    snapshots = {"off": 0, "chosen": len(chosen), "all": len(functions)}
    release = parse(ROOT / "infra/stacks/release.yaml")["Resources"]
    return Deployed(
        name=given["Stage"],
        throttle=int(given["Rate"]),
        memory=main["Globals"]["Function"]["MemorySize"],
        functions=len(functions),
        chosen=chosen,
        snapshots=snapshots[given["SnapStart"]],
        least_capacity=float(given["MinCapacity"]),
        capacity=float(given["MaxCapacity"]),
        instances=_instances(given),
        share_of_connections=pool["MaxConnectionsPercent"] / 100,
        cache=given["Cache"] == "valkey",
        ecpu=usage["ECPUPerSecond"]["Maximum"],
        canary_alarms=len(list(of_type(release, ALARM))) if given["Canary"] == "true" else 0,
    )


def _operation(function: dict[str, Any]) -> str:
    return str(function["Handler"]).split(".")[-2]


def _properties(file: str, resource: str) -> Any:
    return parse(ROOT / file)["Resources"][resource]["Properties"]


def _instances(given: dict[str, str]) -> int:
    """Counts the writer and its reader, which prod and ReaderInstance add."""
    source = parse(ROOT / "infra/stacks/database.yaml")
    conditions = Resolver(given, source["Conditions"], {})
    instances = [each for each in source["Resources"].values() if each["Type"] == "AWS::RDS::DBInstance"]
    return sum(conditions.holds(each.get("Condition")) for each in instances)


def edge_rules() -> int:
    return len(_properties("infra/stacks/edge.yaml", "WebAcl")["Rules"])


def alarm_metrics() -> int:
    """Counts the metrics of the alarms of Monitoring=on; a percentage needs two."""
    return sum(2 if each.percent_of else 1 for each in ALARMS)
