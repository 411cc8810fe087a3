"""Prices of what the benchmark compares with, and of what all of them pay."""

from infra.tools.scale.values import Values


def million_requests(prices: Values) -> float:
    """Returns Lambda's and the gateway's price at low volume; the gateway's falls with volume."""
    return prices["lambda.million_requests"] + prices.price("gateway.million_requests", 1)


def task_hour(prices: Values) -> float:
    """Returns the hourly price of a container with one processor and 2 GB."""
    return prices["fargate.vcpu_hour"] + 2 * prices["fargate.gb_hour"]


def balancer_hour(prices: Values) -> float:
    """Returns the hourly price of a load balancer with one capacity unit."""
    return prices["balancer.hour"] + prices["balancer.lcu_hour"]
