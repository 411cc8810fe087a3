"""What goes over the wire to the database, and over how many connections."""

from collections.abc import Iterator
from dataclasses import replace

import sqlalchemy as sa

from tests.integration.conftest import pooler
from tests.integration.crowd import crowd
from tests.performance import comparison, events
from tests.performance.progress import step
from tests.performance.rows.functions import KEEPING, POWERTOOLS, PSYCOPG, STOCK
from tests.performance.setup import Ground, migrated
from tests.performance.table import Figure

ROUTES = (
    ("read", "get_item", events.READ, 1),
    ("list", "list_items", events.LIST, 1),
    ("single insert", "create_item", events.CREATE, 2),
    ("get, change, commit", "update_item", events.UPDATE, 3),
    ("create with Idempotency-Key", "create_item", events.CREATE_KEYED, 3),
    ("PUT book", "update_book", events.UPDATE_BOOK, 5),
)
PROCESSES, ROUNDS, SERVER_CONNECTIONS = 200, 1, 10


def round_trips(ground: Ground) -> Iterator[Figure]:
    step("round trips")
    for name, operation, event, target in ROUTES:
        _, measured = comparison.round_trips(ground, ground.ours(operation, event))
        bars = {f"this API: {name}": measured}
        yield Figure(f"round trips: {name}", measured, target, plot="round_trips", bars=bars)
    for other in (POWERTOOLS, KEEPING, STOCK, PSYCOPG):
        _, measured = comparison.round_trips(ground, other)
        name = f"read, {other.name}"
        yield Figure(f"round trips: {name}", measured, plot="round_trips", bars={name: measured})
    by_password = replace(ground.ours("readiness", events.READINESS), login="by_password:token")
    measured, _ = comparison.round_trips(ground, by_password)
    yield Figure("round trips: connect and first query", measured, 8, "TLS, the token inside it")


def connections(ground: Ground) -> Iterator[Figure]:
    """Environments as forked processes over the sources; that none pins is for the tests to say."""
    step(f"{PROCESSES} environments behind pgbouncer")
    folder = ground.scratch / "pgbouncer"
    folder.mkdir()
    with (
        migrated(ground.scratch / "crowd") as cluster,
        pooler(folder, ground.authority, cluster, SERVER_CONNECTIONS) as pool,
        sa.create_engine(cluster.owner_url, poolclass=sa.NullPool).connect() as owner,
    ):
        outcome = crowd(owner, pool.url, ground.authority.file, PROCESSES, ROUNDS)
    counts = dict(outcome.counts)
    requests, finished = counts.pop("requests"), counts.pop("finished")
    wrong = sum(counts.values()) + PROCESSES - finished
    detail = f"{requests:,} requests"
    yield Figure(f"database connections at {PROCESSES} environments", outcome.connections, 10, detail)
    yield Figure("wrong rows and errors among them", wrong, 0, ", ".join(counts))
