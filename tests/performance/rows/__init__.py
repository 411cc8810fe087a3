"""The rows of the table, in its order: each measures, and yields its figures."""

from collections.abc import Callable, Iterator

from tests.performance.rows import artifact, cache, cost, documents, feed, functions, http, local, pages, wire
from tests.performance.setup import Ground
from tests.performance.table import Figure

ROWS: dict[str, Callable[[Ground], Iterator[Figure]]] = {
    "cold": functions.cold,
    "documents": documents.documents,
    "instructions": functions.instructions,
    "modules": functions.modules,
    "warm": functions.warm,
    "cache": cache.cache,
    "round_trips": wire.round_trips,
    "connections": wire.connections,
    "feed": feed.feed,
    "pages": pages.pages,
    "size": artifact.size,
    "local": local.local,
    "http": http.http,
    "cost": cost.cost,
}
