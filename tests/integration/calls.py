"""The samples of all routes that reach the database, each on rows that were made for it."""

from collections.abc import Iterator
from typing import Any

from tests.support.client import ROOT
from tests.support.sample_calls import World, samples


def calls(world: World) -> Iterator[tuple[str, str, dict[str, Any] | None]]:
    """Operation, path and body; the rows are made when the call's turn comes."""
    modules = (ROOT / "functions").glob("*/*.py")
    there = {module.stem for module in modules if "shared.database" in module.read_text()}
    # The world's caller is gone after the last one.
    for operation, sample in sorted(samples().items(), key=lambda each: each[0] == "delete_me"):
        if operation in there:
            yield operation, world.path(sample.path), world.body(operation)
