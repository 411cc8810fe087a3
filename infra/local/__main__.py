"""`python -m infra.local`: the whole API on this machine, until Ctrl-C."""

import asyncio
import sys

from infra.emulator.failure import Failure
from infra.local.config import read_config
from infra.local.stack import serve

try:
    asyncio.run(serve(read_config()))
except Failure as failure:
    sys.exit(f"error: {failure}")
