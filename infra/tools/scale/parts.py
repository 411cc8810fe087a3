"""The parts of the system with their limits, what to do at each, and what that costs."""

from infra.tools.scale.cost import HOURS, MONTH, Bill
from infra.tools.scale.model import Part, at_once

RAISE = "Service Quotas; AWS grants it within days"
NOTHING = "nothing by itself"


def parts(bill: Bill) -> list[Part]:
    model, deployed, prices = bill.model, bill.deployed, bill.prices
    values = model.values
    executions = values["limit.executions"]
    unit = f"${prices['aurora.acu_hour'] * HOURS:.2f} a month for each capacity unit used"
    ready = prices["lambda.provisioned_gb_second"] * bill.gb * MONTH
    thousand = prices["valkey.million_ecpu"] * 1e3 * MONTH / 1e6
    return [
        Part(
            "gateway: our throttle",
            "calls a second",
            lambda rate: rate,
            deployed.throttle,
            "raise the parameters `Rate` and `Burst`, as far as Lambda's quota reaches",
            NOTHING,
        ),
        Part(
            "gateway: the account",
            "calls a second",
            lambda rate: rate,
            values["limit.gateway"],
            f"{RAISE}; accounts beside each other, where it grants no more",
            NOTHING,
        ),
        Part(
            "Lambda: executions",
            "at once",
            lambda rate: at_once(rate, model.mean_duration),
            executions,
            RAISE,
            NOTHING,
        ),
        Part(
            "Lambda: calls",
            "a second",
            lambda rate: rate,
            executions * values["limit.calls_an_execution"],
            f"{RAISE}: ask for executions, ten calls a second come with each, though few are used at once",
            NOTHING,
        ),
        Part(
            "Lambda: from nothing at once",
            "executions of a function in 10 s",
            model.from_nothing,
            10 * values["limit.growth"],
            "fixed: who comes beyond that meets 503 for seconds; provisioned concurrency before a crowd",
            f"${ready:.2f} a month for each execution kept ready",
        ),
        Part(
            "KMS: signatures",
            "a second",
            lambda rate: rate * model.per_call("signatures"),
            values["limit.signatures"],
            f"{RAISE}; or tokens that live longer than 30 minutes",
            NOTHING,
        ),
        Part(
            "proxy: connections in use",
            "at once",
            model.connections,
            deployed.share_of_connections * model.max_connections(deployed.capacity),
            "raise `MaxCapacity` to 32 and reboot the writer: 5,000 is the most that the database takes",
            unit,
        ),
        Part(
            "database: capacity",
            "capacity units",
            model.capacity,
            deployed.capacity,
            f"raise `MaxCapacity`; public reads to readers, {values['limit.readers']:.0f} at most; a cache",
            f"{unit}; a reader ${bill.reader():.0f} at least",
        ),
        Part(
            "database: the one writer",
            "capacity units for writes",
            model.writes_capacity,
            values["limit.most_capacity"],
            "no instance is larger: Aurora DSQL, below",
            f"${prices['dsql.million_units']:.2f} a million units of work, and the port",
        ),
        Part(
            "cache: Valkey",
            "ECPU a second",
            lambda rate: rate * values["valkey.ecpu"],
            deployed.ecpu,
            "raise `ECPUPerSecond` in `infra/stacks/cache.yaml`: a limit on the bill, not of the service",
            f"${thousand:.2f} a month for each 1,000 ECPU a second used",
        ),
    ]
