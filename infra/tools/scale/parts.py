"""The parts of the system: their limits, remedies and the remedies' prices."""

from infra.tools.scale.cost import HOURS, MONTH, Bill
from infra.tools.scale.model import Part, at_once

RAISE = "Service Quotas; AWS grants it within days"


def parts(bill: Bill) -> list[Part]:
    model, deployed, prices = bill.model, bill.deployed, bill.prices
    values = model.values
    executions = values["limit.executions"]
    unit = f"${prices['aurora.acu_hour'] * HOURS:.2f} a month for each capacity unit used"
    ready = prices["lambda.provisioned_gb_second"] * bill.gb * MONTH
    thousand = prices["valkey.million_ecpu"] * 1e3 * MONTH / 1e6
    return [
        Part(
            name="gateway: our throttle",
            unit="calls a second",
            needs=lambda rate: rate,
            limit=deployed.throttle,
            remedy="raise the parameters `Rate` and `Burst`, up to Lambda's quota",
        ),
        Part(
            name="gateway: the account",
            unit="calls a second",
            needs=lambda rate: rate,
            limit=values["limit.gateway"],
            remedy=f"{RAISE}; accounts beside each other, where it grants no more",
        ),
        Part(
            name="Lambda: executions",
            unit="at once",
            needs=lambda rate: at_once(rate, model.mean_duration),
            limit=executions,
            remedy=RAISE,
        ),
        Part(
            name="Lambda: calls",
            unit="a second",
            needs=lambda rate: rate,
            limit=executions * values["limit.calls_an_execution"],
            remedy=f"{RAISE}: ask for executions, each brings ten calls a second",
        ),
        Part(
            name="Lambda: from nothing at once",
            unit="executions of a function in 10 s",
            needs=model.from_nothing,
            limit=10 * values["limit.growth"],
            remedy="fixed: calls beyond it get 503 for seconds; provision concurrency before a crowd",
            price=f"${ready:.2f} a month for each execution kept ready",
        ),
        Part(
            name="KMS: signatures",
            unit="a second",
            needs=lambda rate: rate * model.per_call("signatures"),
            limit=values["limit.signatures"],
            remedy=f"{RAISE}; or tokens that live longer than 30 minutes",
        ),
        Part(
            name="proxy: connections in use",
            unit="at once",
            needs=model.connections,
            limit=deployed.share_of_connections * model.max_connections(deployed.capacity),
            remedy="raise `MaxCapacity` to 32 and reboot the writer: the database takes 5,000 at most",
            price=unit,
        ),
        Part(
            name="database: capacity",
            unit="capacity units",
            needs=model.capacity,
            limit=deployed.capacity,
            remedy=f"raise `MaxCapacity`; read from up to {values['limit.readers']:.0f} readers; a cache",
            price=f"{unit}; a reader ${bill.reader():.0f} at least",
        ),
        Part(
            name="database: the one writer",
            unit="capacity units for writes",
            needs=model.writes_capacity,
            limit=values["limit.most_capacity"],
            remedy="no instance is larger: move to Aurora DSQL",
            price=f"${prices['dsql.million_units']:.2f} a million units of work, and the port",
        ),
        Part(
            name="cache: Valkey",
            unit="ECPU a second",
            needs=lambda rate: rate * values["valkey.ecpu"],
            limit=deployed.ecpu,
            remedy="raise `ECPUPerSecond` in `infra/stacks/cache.yaml`, which limits the bill",
            price=f"${thousand:.2f} a month for each 1,000 ECPU a second used",
        ),
    ]
