"""`python -m infra.local.token [USER]`: prints an access token for a user of the running stack."""

import sys

from infra.local.command import run
from infra.local.config import read_config
from infra.local.running_stack import read_state
from infra.local.users import DEMO, token_for


def main() -> None:
    state = read_state(read_config())
    username = sys.argv[1] if len(sys.argv) > 1 else DEMO
    print(token_for(username, state.database_url, state.issuer))


run(main)
