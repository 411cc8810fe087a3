"""The feed and the posts with counts at ten thousand and at a million posts, in processor time."""

from collections.abc import Iterator
from contextlib import ExitStack

from tests.client import ROOT
from tests.performance import bench_feed as posts
from tests.performance.curve import svg
from tests.performance.ground import Ground
from tests.performance.progress import step
from tests.performance.table import Figure


def feed(ground: Ground) -> Iterator[Figure]:
    with ExitStack() as running:
        urls = {}
        for size in posts.SIZES:
            step(f"{size:,} posts")
            urls[size] = posts.make(ground.cluster, size)
        step("posts and feeds, in turns")
        found = posts.measure({size: running.enter_context(posts.served(url)) for size, url in urls.items()})
    least, most = posts.SIZES[0], posts.SIZES[-1]
    for name, (small, *_, large) in found.items():
        detail = f"{large:.3g} and {small:.3g} ms"
        yield Figure(f"{name}: {most:,} / {least:,} posts", large / small, 1.3, detail)
    first, last = (found[f"posts with counts{which}"][-1] for which in ("", ", last page"))
    name = f"posts with counts: page {most // posts.LIMIT:,} / page 1"
    yield Figure(name, last / first, 1.3, f"{last:.3g} and {first:.3g} ms")
    drawn = svg("A page of 20, from the front door", "ms of processor time", posts.SIZES, found)
    (ROOT / "docs/feed.svg").write_text(drawn)
