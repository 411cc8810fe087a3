"""`python -m infra.local`: the whole API on this machine, until Ctrl-C."""

import asyncio
import sys

from infra.emulator.failure import Failure
from infra.local.config import Config, read_config


def run(config: Config) -> None:
    from infra.local.stack import serve  # a second of imports, not spent on a setting that cannot be used

    asyncio.run(serve(config))


try:
    run(read_config())
except Failure as failure:
    sys.exit(f"error: {failure}")
