"""What the rate limit and the cache cost and gain a warm request, with Redis and without."""

from collections.abc import Iterator

from tests.performance import comparison
from tests.performance.events import READ, READ_PROFILE
from tests.performance.setup import Ground
from tests.performance.table import Figure
from tests.support.redis_server import running

LIMITED = {"RATE_LIMIT": "999999"}


def cache(ground: Ground) -> Iterator[Figure]:
    folder = ground.scratch / "redis"
    folder.mkdir()
    with running(folder) as server:
        in_redis = {**LIMITED, "REDIS_URL": server.url}
        for name, operation, event, one, other in (
            ("a read, limit in memory / none", "get_item", READ, LIMITED, {}),
            ("a read, limit and caller in Redis / in memory", "get_item", READ, in_redis, LIMITED),
            (
                "a profile, limit and value in Redis / limit in memory",
                "get_user",
                READ_PROFILE,
                in_redis,
                LIMITED,
            ),
        ):
            sides = [ground.ours(operation, event, {"RATE_LIMIT": "0"} | each) for each in (one, other)]
            measured = comparison.warm(ground, *sides)
            yield Figure(name, measured.median, None, measured.spread(1e6, "µs"))
        cold = comparison.cold(ground, ground.ours(variables=in_redis), ground.ours())
        yield Figure("cold with Redis / without", cold.median, None, cold.spread(1e3, "ms"))
