"""The parts of the system: their loads and limits. parts.toml has their remedies and the remedies' prices."""

import tomllib
from collections.abc import Callable
from pathlib import Path

from infra.tools.scale.cost import MONTH, Bill
from infra.tools.scale.model import Part, at_once

TEXTS = tomllib.loads(Path(__file__).with_name("parts.toml").read_text())


def parts(bill: Bill) -> list[Part]:
    model, deployed, values = bill.model, bill.deployed, bill.model.values
    executions = values["limit.executions"]
    connections = deployed.share_of_connections * model.max_connections(deployed.capacity)
    loads: dict[str, tuple[Callable[[float], float], float]] = {
        "gateway: our throttle": (lambda rate: rate, deployed.throttle),
        "gateway: the account": (lambda rate: rate, values["limit.gateway"]),
        "Lambda: executions": (lambda rate: at_once(rate, model.mean_duration), executions),
        "Lambda: calls": (lambda rate: rate, executions * values["limit.calls_an_execution"]),
        "Lambda: from nothing at once": (model.from_nothing, 10 * values["limit.growth"]),
        "KMS: signatures": (lambda rate: rate * model.per_call("signatures"), values["limit.signatures"]),
        "proxy: connections in use": (model.connections, connections),
        "database: capacity": (model.capacity, deployed.capacity),
        "database: the one writer": (model.writes_capacity, values["limit.most_capacity"]),
        "cache: Valkey": (lambda rate: rate * values["valkey.ecpu"], deployed.ecpu),
    }
    figures = _figures(bill)
    return [
        Part(name, *loads[name], **{key: text.format(**figures) for key, text in texts.items()})
        for name, texts in TEXTS.items()
    ]


def _figures(bill: Bill) -> dict[str, float | str]:
    prices = bill.prices
    return {
        "quotas": "Service Quotas; AWS grants it within days",
        "readers": bill.model.values["limit.readers"],
        "ready": prices["lambda.provisioned_gb_second"] * bill.gb * MONTH,
        "capacity": bill.instance(1),
        "reader": bill.reader(),
        "dsql": prices["dsql.million_units"],
        "ecpu": prices["valkey.million_ecpu"] * 1e3 * MONTH / 1e6,
    }
