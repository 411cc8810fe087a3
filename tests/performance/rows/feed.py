"""Feed and posts with counts cost the same at ten thousand and at a million posts, ten likes each.

Three databases, a process for each, called alternately; the cost of a call is the processor time that the
handler and its Postgres process spend, so that a busy machine does not show. Draws docs/feed.svg.
"""

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from shared.database.engines import engine

import sqlalchemy as sa

from infra.deployed.migrations import upgrade
from infra.deployed.migrations.bootstrap import create_roles
from infra.local.postgres import Cluster
from tests.performance.cursors import cursor_after
from tests.performance.curve import svg
from tests.performance.progress import step
from tests.performance.setup import Ground
from tests.performance.table import Figure
from tests.support.client import ROOT, UNLIMITED, Client

SIZES, LIMIT, ROUNDS = (10_000, 100_000, 1_000_000), 20, 60
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
HEAVY, CELEBRITY, MEDIAN = 1, 2, 3  # users: follows 10,000; is followed by all; follows 50
# As many users as posts; writes as its owner, whose session checks no foreign key.
FILL = """
    SET session_replication_role = replica;
    INSERT INTO users (username, username_key) SELECT 'u' || n, 'u' || n FROM generate_series(1, {size}) n;
    INSERT INTO posts (content, owner_id, timestamp)
        SELECT 'post ' || n, 1 + n * 7919::bigint % {size}, timestamptz '2026-01-01' + n * interval '10 s'
        FROM generate_series(1, {size}) n;
    INSERT INTO likes (post_id, user_id)
        SELECT p, 1 + (p * 31 + k * 99991) % {size}
        FROM generate_series(1, {size}) p, generate_series(1, 10) k;
    INSERT INTO retweets (post_id, user_id)
        SELECT p, 1 + p * 17 % {size} FROM generate_series(1, {size}, 2) p;
    INSERT INTO follows (follower_id, followed_id)
        SELECT 1, 3 + n * ({size} / 10000) FROM generate_series(0, 9996) n;
    INSERT INTO follows (follower_id, followed_id) SELECT n, 2 FROM generate_series(3, {size}) n;
    INSERT INTO follows (follower_id, followed_id)
        SELECT 3, 10 + n * ({size} / 60) FROM generate_series(1, 49) n;
    VACUUM ANALYZE
"""


def calls(size: int) -> dict[str, tuple[int, str]]:
    """Each measured call: who calls what."""
    last_shown = LIMIT + 1
    moment = EPOCH + timedelta(seconds=10 * last_shown)
    counts, feed = "/api/v1/posts/with_counts", "/api/v1/feed"
    return {
        "posts with counts": (MEDIAN, counts),
        "posts with counts, last page": (
            MEDIAN,
            f"{counts}?cursor={cursor_after(counts, '', moment, last_shown)}",
        ),
        "feed of who follows 50": (MEDIAN, feed),
        "feed of who follows 10,000": (HEAVY, feed),
        "feed of whom all follow": (CELEBRITY, feed),
    }


def serve(url: str, requests: Connection) -> None:
    """Answer (user, path) with the cost of the call in seconds."""
    os.environ |= {"DATABASE_URL": url, "DATABASE_LOGIN": "plain", "LOG_LEVEL": "ERROR"} | UNLIMITED
    with engine().connect() as db:
        backend = Path(f"/proc/{db.scalar(sa.text('SELECT pg_backend_pid()'))}/schedstat")

    def spent() -> float:
        return time.process_time() + int(backend.read_text().split()[0]) / 1e9

    while request := requests.recv():
        user, path = request
        before = spent()
        answer = Client(holds=False).as_user(user).get(path)
        cost = spent() - before
        assert answer.status == 200, answer.body
        requests.send((cost, len(answer.json())))
    engine().dispose()


def make(cluster: Cluster, size: int) -> str:
    """A full database of that size; the app's URL of it."""
    name = f"posts_{size}"
    owner = sa.create_engine(cluster.owner_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with owner.connect() as db:
        db.execute(sa.text(f"CREATE DATABASE {name}"))
    url = cluster.owner_url.rpartition("/")[0] + f"/{name}"
    create_roles(url, cluster.app_password)
    upgrade(url)
    with sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool).connect() as db:
        for statement in FILL.format(size=size).split(";"):
            db.execute(sa.text(statement))
    return cluster.app_url.rpartition("/")[0] + f"/{name}"


@contextmanager
def served(url: str) -> Iterator[Connection]:
    """The other end of `serve`."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(url, theirs))
    process.start()
    yield ours
    ours.send(None)
    process.join()


def measure(servers: dict[int, Connection]) -> dict[str, list[float]]:
    """The median cost in milliseconds of each call, for each size."""
    costs: dict[tuple[str, int], list[float]] = {}
    for turn in range(ROUNDS + 10):
        for size, server in servers.items():
            for name, call in calls(size).items():
                server.send(call)
                cost, rows = server.recv()
                assert rows == LIMIT or name == "feed of whom all follow", (name, rows)
                if turn >= 10:
                    costs.setdefault((name, size), []).append(cost * 1000)
    names = calls(SIZES[0])
    return {name: [statistics.median(costs[name, size]) for size in servers] for name in names}


def feed(ground: Ground) -> Iterator[Figure]:
    with ExitStack() as running:
        urls = {}
        for size in SIZES:
            step(f"{size:,} posts")
            urls[size] = make(ground.cluster, size)
        step("posts and feeds, in turns")
        found = measure({size: running.enter_context(served(url)) for size, url in urls.items()})
    least, most = SIZES[0], SIZES[-1]
    for name, (small, *_, large) in found.items():
        detail = f"{large:.3g} and {small:.3g} ms of processor time"
        yield Figure(f"{name}: {most:,} / {least:,} posts", large / small, 1.3, detail)
    page, last = (found[f"posts with counts{which}"][-1] for which in ("", ", last page"))
    name = f"posts with counts: page {most // LIMIT:,} / page 1"
    yield Figure(name, last / page, 1.3, f"{last:.3g} and {page:.3g} ms")
    heavy, median = (found[f"feed of who follows {number}"][-1] for number in ("10,000", "50"))
    yield Figure("feed of who follows 10,000 / who follows 50", heavy / median, 10)
    drawn = svg("A page of 20, from the front door", "ms of processor time", SIZES, found)
    (ROOT / "docs/feed.svg").write_text(drawn)
