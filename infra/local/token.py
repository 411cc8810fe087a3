"""`python -m infra.local.token [USER]`: an access token for a user of the running stack."""

import json
import sys

from infra.local.config import read_config
from infra.local.failure import Failure
from infra.local.keys import Issuer


def main() -> None:
    config = read_config()
    try:
        state = json.loads(config.state_file.read_text())
    except FileNotFoundError:
        raise Failure(f"no stack is running with its data in {config.data_dir}: make run") from None
    user = sys.argv[1] if len(sys.argv) > 1 else "demo"
    print(Issuer(state["issuer"], state["audience"], config.key_file).access_token(user))


try:
    main()
except Failure as failure:
    sys.exit(f"error: {failure}")
