"""`python -m infra.local.token [USER]`: an access token for a user of the running stack."""

import json
import sys

from infra.local.config import read_config
from infra.local.failure import Failure
from infra.local.keys import Issuer
from infra.local.users import DEMO, ensure_user


def main() -> None:
    config = read_config()
    try:
        state = json.loads(config.state_file.read_text())
    except FileNotFoundError:
        raise Failure(f"no stack is running with its data in {config.data_dir}: make run") from None
    user_id = ensure_user(state["database_url"], sys.argv[1] if len(sys.argv) > 1 else DEMO)
    print(Issuer(state["issuer"], state["audience"], config.key_file).access_token(user_id))


try:
    main()
except Failure as failure:
    sys.exit(f"error: {failure}")
