"""The size of the uploaded artifacts."""

from collections.abc import Iterator

from tests.performance.progress import step
from tests.performance.setup import Ground
from tests.performance.table import Figure
from tests.support.artifact import sizes


def size(ground: Ground) -> Iterator[Figure]:
    step("what pip installs")
    made, installed = sizes(ground.build, ground.scratch)
    detail = f"{made / 1e6:.1f} and {installed / 1e6:.1f} MB unzipped"
    yield Figure("artifact of a function with its layers / pip's", made / installed, 0.30, detail)
