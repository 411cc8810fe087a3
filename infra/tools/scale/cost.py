"""Costs in US $: of an idle month, a million calls, a month at a rate. Prices: prices.toml."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.tools.scale.model import Model
from infra.tools.scale.stages import Deployed, alarm_metrics, edge_rules
from infra.tools.scale.values import Values

HOURS = 730  # of a month
MONTH = HOURS * 3600  # seconds
GB = 1024**3
ROUNDED = 0.0005  # seconds: rounding up to whole milliseconds adds half of one on average
GB_SECOND = {"arm64": "lambda.gb_second.arm64", "x86_64": "lambda.gb_second.x86_64"}


def million_times(prices: Values, architecture: str, seconds: float, gb: float = 1) -> float:
    """Returns the compute price of a million calls of `seconds` each."""
    return prices[GB_SECOND[architecture]] * seconds * gb * 1e6


@dataclass(frozen=True)
class Bill:
    model: Model
    prices: Values

    @property
    def deployed(self) -> Deployed:
        return self.model.deployed

    @property
    def gb(self) -> float:
        return self.deployed.memory / 1024

    def idle(self) -> Mapping[str, float]:
        """Returns the parts of a month without calls."""
        values, prices, deployed = self.model.values, self.prices, self.deployed
        return {
            "Aurora, capacity": deployed.instances * self.instance(deployed.least_capacity),
            "Aurora, storage": values["stored.database"] * prices["aurora.gb_month"],
            "RDS Proxy": self.proxy(deployed.instances * deployed.least_capacity),
            "KMS key": values["keys"] * prices["kms.key_month"],
            "KMS endpoint": values["zones"] * prices["endpoint.zone_hour"] * HOURS,
            "SnapStart": self.snapshots(deployed.snapshots),
            "Valkey": self.cache() if deployed.cache else 0,
            "Canary's alarms": deployed.canary_alarms * prices["alarm.metric_month"],
            "jobs, each minute": self.each_minute(2, scheduled=2),
        }

    def each_minute(self, functions: int, scheduled: int = 0) -> float:
        """Returns the cost of job functions that run each minute, `scheduled` of them by the scheduler."""
        prices, values = self.prices, self.model.values
        run = million_times(prices, "arm64", values["jobs.run"], values["jobs.memory"] / 1024)
        call = functions * (prices["lambda.million_requests"] + run)
        return HOURS * 60 / 1e6 * (call + scheduled * prices["scheduler.million_calls"])

    def options(self) -> Mapping[str, tuple[float, float]]:
        """Returns optional features with their cost of an idle month and of a million calls."""
        prices, values, model = self.prices, self.model.values, self.model
        chosen = sum(share for name, share in model.mix.items() if name in self.deployed.chosen)
        rules = edge_rules() * prices["waf.rule_month"]
        alarms = alarm_metrics() * prices["alarm.metric_month"]
        asked = values["valkey.ecpu"] * prices["valkey.million_ecpu"]
        slower = (values["valkey.function"] - 1) * model.average("function") * model.slower
        edge = prices["cloudfront.million_requests"] + prices["waf.million_requests"]
        return {
            "a reader instance, the proxy's endpoint for readers": (self.reader(), 0),
            "`Cache=valkey`": (self.cache(), asked + million_times(prices, "arm64", slower, self.gb)),
            "`SnapStart=chosen`": (self.snapshots(len(self.deployed.chosen)), chosen * self.restores()),
            "`SnapStart=all`": (self.snapshots(self.deployed.functions), self.restores()),
            "`Monitoring=on`": (alarms + prices["dashboard.month"] + prices["metric.month"], 0),
            f"`MailFrom`, and ${prices['ses.thousand_mails']:.2f} a thousand mails": (self.each_minute(2), 0),
            "the edge: CloudFront with WAF": (prices["waf.acl_month"] + rules, edge),
        }

    def restores(self) -> float:
        """Returns the cost of restoring snapshots in a million calls, minus the saved cold starts."""
        restored = self.model.values["cold.share"] * 1e6 * self.gb * self.prices["snapstart.restored_gb"]
        return restored - million_times(self.prices, "arm64", self.model.cold, self.gb)

    def instance(self, capacity: float) -> float:
        return capacity * self.prices["aurora.acu_hour"] * HOURS

    def reader(self) -> float:
        """Returns a reader's cost. AWS bills the proxy's second endpoint as an interface endpoint."""
        zones = self.model.values["zones"] * self.prices["endpoint.zone_hour"] * HOURS
        return self.instance(self.deployed.least_capacity) + zones

    def proxy(self, capacity: float) -> float:
        return max(capacity, self.prices["proxy.least_acu"]) * self.prices["proxy.acu_hour"] * HOURS

    def cache(self) -> float:
        """Returns the cache's cost without calls: AWS bills a minimum of storage."""
        return self.prices["valkey.least_gb"] * self.prices["valkey.gb_hour"] * HOURS

    def snapshots(self, functions: int) -> float:
        return functions * self.gb * self.prices["snapstart.cached_gb_second"] * MONTH

    def calls(self, millions: float) -> Mapping[str, float]:
        """Returns the parts of a month's calls, without the database's capacity: AWS bills it by the hour."""
        model, prices = self.model, self.prices
        values = model.values
        reads_io = values["aurora.io_of_a_read"]
        io = reads_io + model.per_call("commits") * values["aurora.io_of_a_commit"]
        return {
            "gateway": prices.price("gateway.million_requests", millions),
            "Lambda, calls": millions * prices["lambda.million_requests"],
            "Lambda, time": millions * million_times(prices, "arm64", model.mean_duration + ROUNDED, self.gb),
            "logs": prices.price("logs.gb", millions * 1e6 * values["log.bytes"] / GB),
            "answers": prices.price("transfer.gb", millions * 1e6 * values["answer.bytes"] / GB),
            "Aurora, I/O": millions * io * prices["aurora.million_io"],
            "KMS": millions * model.per_call("signatures") * prices["kms.million_signatures"],
        }

    def capacity_of_a_million(self) -> float:
        """Returns the cost of the database capacity that a million calls need above the minimum."""
        hours = self.model.capacity(1e6) / 3600
        return hours * self.prices["aurora.acu_hour"]

    def at(self, rate: float) -> Mapping[str, float]:
        """Returns the parts of a month at a constant rate of calls."""
        idle, values = dict(self.idle()), self.model.values
        capacity = max(self.model.capacity(rate), self.deployed.least_capacity)
        beside = (self.deployed.instances - 1) * self.deployed.least_capacity
        millions = rate * MONTH / 1e6
        idle["Aurora, capacity"] = self.instance(capacity + beside)
        idle["RDS Proxy"] = self.proxy(capacity + beside)
        if self.deployed.cache:
            idle["Valkey"] += millions * values["valkey.ecpu"] * self.prices["valkey.million_ecpu"]
        return {**self.calls(millions), **idle}
